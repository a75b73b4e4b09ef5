"""Whether a point would draw people onto a deadlier way."""
