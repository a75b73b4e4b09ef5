"""A group on the move: who sleeps where each night, who does not, and what would clear it."""
