"""Kernels that spread incidents over a plane or along a network."""
