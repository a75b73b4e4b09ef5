"""What a cell means: numbers, quantities, days, and what of it may be repeated."""
