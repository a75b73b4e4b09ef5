"""Reports from the field: read in a closed vocabulary, stored, reviewed, never shown before."""
