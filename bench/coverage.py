"""Coverage of the embedded study for eight profiles, ten services and both directions.

    PYTHONPATH=. python bench/coverage.py

CPU seconds of one process, on top of the study's own layers; the bar is 20 s.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

from georisk import Study
from georisk.coverage.asking import Question, ask_coverage, ask_gaps
from georisk.services import GROUP_OF_PROFILE

TEN = ("water", "food", "shelter", "medical", "emergency_care", "hygiene", "phone", "internet",
       "legal", "psychosocial")
BAR_S = 20.0
STUDY = Path(__file__).resolve().parent.parent / "data" / "mesoamerica"


def bench_profiles(study: Study, month: int | None) -> float:
    """CPU seconds for all profiles: arrays, and the layer laid out as a table."""
    started = time.process_time()
    for profile in GROUP_OF_PROFILE:
        ask_coverage(study, Question(profile, month, services=TEN)).tabulate()
    return time.process_time() - started


def bench_gaps(study: Study, month: int | None) -> float:
    """CPU seconds for the gaps of one more profile's coverage."""
    started = time.process_time()
    ask_gaps(study, Question("family", month, services=TEN))
    return time.process_time() - started


def main() -> None:
    """Print the figures."""
    study = Study.open(STUDY, today=dt.date(2026, 1, 1))
    study.layer("coverage")
    study.value("hourly_heat")
    segments = len(study.value("lines"))
    for month in (None, 6):
        when = "year" if month is None else "June"
        spent = bench_profiles(study, month)
        print(f"{segments} segments x {len(TEN)} services x 2 directions x "
              f"{len(GROUP_OF_PROFILE)} profiles, {when}: {spent:.1f} s CPU (bar {BAR_S:g} s)")
        print(f"gaps of one profile, {when}: {bench_gaps(study, month):.1f} s CPU")


if __name__ == "__main__":
    main()
