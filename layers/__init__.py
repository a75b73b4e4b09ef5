"""Files, and the truth of a table. Knows nothing of risk."""
