"""The process of a job: limits upon itself first, then the command."""

from __future__ import annotations

import resource
import sys

MOST_BYTES = 8 * 1024**3


def limit_process(cpu_s: int) -> None:
    """Limit the processor time and the memory of this process, and of all that it starts."""
    for kind, most in ((resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_AS, MOST_BYTES)):
        _, allowed = resource.getrlimit(kind)
        # A service may be given less than we would give: more than that is refused.
        limit = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(kind, (limit, limit))


if __name__ == "__main__":
    limit_process(int(sys.argv[1]))
    from api.cli import main

    main(sys.argv[2:])
