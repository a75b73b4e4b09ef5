"""Ink: maps and their legends, drawn from what a door shows."""
