"""Maximal coverage: reduced, bounded, chosen by exchange, proven where that closes."""
