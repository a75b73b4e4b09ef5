"""Siting asked for over HTTP: worked out in a process of its own, with a limit, and cancellable."""
