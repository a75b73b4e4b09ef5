"""Spreadsheets out and back: templates, sheets, cells as text, and what was edited."""
