"""Keys: who may see more than public from elsewhere, until when, how often."""
