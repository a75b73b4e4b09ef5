"""Commands of georisk, called in this process or in one of their own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys

from surroundings import ROOT

import api.cli


def call_apart(*arguments, **environment):
    """A command as a shell starts it: an interpreter of its own, some 1.5 s of CPU."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
    )


def call_here(*arguments):
    """The same without a new interpreter: for what does not hang on one."""
    given = list(map(str, arguments))
    told, warned = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(warned):
        try:
            api.cli.main(given)
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
    return subprocess.CompletedProcess(given, code, told.getvalue(), warned.getvalue())
