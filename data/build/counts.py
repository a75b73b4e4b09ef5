"""Write the SYNTHETIC counts of the embedded study: people served, and people passing.

    python counts.py --layers LAYERS --out LAYERS

``activity.csv``: people served per month and service at the illustrative assistance points and
some shelters, 2023-2024, from each place's made-up capacity. ``flows.csv``: people passing some
legs per month and direction, 2022-2024. Neither comes from, nor was fitted to, any count; the
levels, trends and seasons below are declared.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from pathlib import Path

import numpy as np

SEED = 20_261_102
ACTIVITY_YEARS = (2023, 2024)
ACTIVITY_SERVICES = {"water": 0.6, "hygiene": 0.25, "medical": 0.12, "phone": 0.3, "shelter": 0.7}
DAYS = 30
FLOW_YEARS = (2022, 2023, 2024)
# Declared people per month at the start, northwards.
FLOW_LEGS = {
    "acandi-bajo-chiquito": 5000, "bajo-chiquito-lajas-blancas": 6000, "david-paso-canoas": 6500,
    "esteli-ocotal": 6000, "trojes-danli": 7000, "agua-caliente-esquipulas": 8000,
    "tecun-uman-ciudad-hidalgo": 9000, "tonala-arriaga": 5000, "arriaga-ixtepec": 3500,
    "tenosique-palenque": 2000, "apizaco-lecheria": 4000, "altar-sasabe": 2500,
    "sasabe-arivaca": 1800,
}  # fmt: skip
# Share of all movement that goes back, by year; growth of the whole per year; yearly swing.
BACKWARD_SHARE = {2022: 0.03, 2023: 0.05, 2024: 0.12}
GROWTH = {2022: 1.0, 2023: 1.4, 2024: 1.1}
SEASON_SWING, NOISE = 0.25, 0.15


def make_stream(key: str) -> np.random.Generator:
    """Make a random stream that depends on a name alone."""
    return np.random.default_rng([SEED, zlib.crc32(key.encode())])


def draw_people(mean: float, *, month: int, growth: float, rng: np.random.Generator) -> int:
    """Draw a monthly count: declared mean, season (high in spring) and log-normal noise."""
    season = 1 + SEASON_SWING * np.cos(2 * np.pi * (month - 4) / 12)
    return round(float(mean * growth * season * rng.lognormal(0.0, NOISE)))


def make_activity(layers: Path) -> list[dict[str, object]]:
    """People served at every assistance point and every third shelter that states a capacity."""
    rows = []
    for name, every in (("assistance_points.csv", 1), ("shelters.csv", 3)):
        with (layers / name).open(encoding="utf-8", newline="") as stream:
            places = [row for row in csv.DictReader(stream) if row["capacity"]][::every]
        for place in places:
            rng = make_stream(place["place_id"])
            wanted = set(place["services"].split(";")) & set(ACTIVITY_SERVICES)
            if "shelter" in wanted:
                wanted = {"shelter"}
            rows += _fill_place(place, sorted(wanted), rng)
    keys = ("place_id", "month", "service")
    return sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys))


def _fill_place(
    place: dict[str, str], services: list[str], rng: np.random.Generator
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for year in ACTIVITY_YEARS:
        for month in range(1, 13):
            for service in services:
                mean = float(place["capacity"]) * DAYS * ACTIVITY_SERVICES[service] * 0.6
                people = draw_people(mean, month=month, growth=GROWTH[year], rng=rng)
                # Nobody sleeps in a bed that is not there; served people per day have no such cap.
                if service == "shelter":
                    people = min(people, int(place["capacity"]) * DAYS)
                rows.append({
                    "place_id": place["place_id"], "month": f"{year}-{month:02d}",
                    "service": service, "people": people, "synthetic": "true",
                })  # fmt: skip
    return rows


def make_flows() -> list[dict[str, object]]:
    """People passing a leg per month, forward and backward."""
    rows: list[dict[str, object]] = []
    for leg_id, start in sorted(FLOW_LEGS.items()):
        rng = make_stream(leg_id)
        for year in FLOW_YEARS:
            for month in range(1, 13):
                total = draw_people(start, month=month, growth=GROWTH[year], rng=rng)
                back = round(total * BACKWARD_SHARE[year] * float(rng.lognormal(0.0, NOISE)))
                for direction, people in (("backward", back), ("forward", total - back)):
                    rows.append({
                        "place_or_leg": leg_id, "month": f"{year}-{month:02d}",
                        "direction": direction, "people": people,
                        "source": "illustrative, see SOURCES.md", "synthetic": "true",
                    })  # fmt: skip
    return rows


def write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    """Write rows that share their columns."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{path.name}: {len(rows)} synthetic rows")


def main() -> None:
    """Write both tables; run after ``facilities.py``."""
    parser = argparse.ArgumentParser(description="Write the synthetic counts")
    parser.add_argument("--layers", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    write_rows(arguments.out / "activity.csv", make_activity(arguments.layers))
    write_rows(arguments.out / "flows.csv", make_flows())


if __name__ == "__main__":
    main()
