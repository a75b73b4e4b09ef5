"""Fitted intensity: a place model, kernels that follow it, and how they are weighed."""
