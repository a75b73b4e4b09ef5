"""Generate the SYNTHETIC incident register of the embedded study.

    python incidents.py --layers LAYERS --out LAYERS/incidents.csv

Reads ``routes.geojson``, ``hazard_temperature.tif``, ``hazard_rain.tif`` and
``hazard_landcover.tif`` from LAYERS. Every parameter, the seed (``SEED = 20241231``) and the places
that come out high or silent are declared in ``incident_model.py``: no row says anything about
the world. Same input, same bytes.

The model is an inhomogeneous Poisson cluster process on the legs (after Thomas 1949): pieces of
10 km get a rate from mode, declared windows and a log-normal factor; 70 % of incidents come in
clusters about parents, the rest singly; years follow a declared trend and months the heat, cold
or rain of the place. A position is then blurred by the precision its source works to, and lies on
land unless its leg is by boat.
"""

from __future__ import annotations

import argparse
import calendar
import csv
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import incident_model as model
import numpy as np
from incident_world import Climate, Leg, World, read_world

if TYPE_CHECKING:
    from collections.abc import Sequence

KM_PER_DEGREE = 111.2
COLUMNS = (
    "incident_id", "lon", "lat", "date", "date_precision", "class", "subtype", "dead", "missing",
    "injured", "n_victims", "coord_precision_km", "source", "source_url", "synthetic",
)  # fmt: skip
TRIES = 12


def contains_point(box: tuple[float, float, float, float], lon: float, lat: float) -> bool:
    """Tell whether a position lies in a box W S E N."""
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def is_silent(lon: float, lat: float, year: int) -> bool:
    """Tell whether a declared silence holds at a position in a year."""
    return any(
        year >= window.since_year and contains_point(window.box, lon, lat)
        for window in model.SILENCES
    )


def weigh_pieces(leg: Leg, rng: np.random.Generator) -> np.ndarray:
    """Relative weight of each piece of a leg and class, shape (pieces, 5)."""
    count = max(1, round(leg.length_km / model.PIECE_KM))
    base = np.array(model.BASE_RATE[leg.mode])
    if leg.mode == "train" and leg.length_km > model.LONG_TRAIN_KM:
        base[0] *= model.LONG_TRAIN_SEC
    if leg.mode == "boat" and leg.length_km <= model.CROSSING_KM:
        base = base * model.CROSSING_FACTOR
    spread = model.PIECE_SPREAD
    # Mean 1, so that the spread moves incidents along a leg without adding any.
    uneven = rng.lognormal(-(spread**2) / 2, spread, size=(count, 1))
    weights: np.ndarray = uneven * base * leg.length_km / count
    for piece in range(count):
        lon, lat = leg.locate((piece + 0.5) * leg.length_km / count)
        for window in model.HOTSPOTS:
            if contains_point(window.box, lon, lat):
                weights[piece] *= window.factors
        if is_silent(lon, lat, model.FIRST_YEAR):
            weights[piece] = 0.0
    return weights


def draw_chainages(leg: Leg, expected: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Draw the chainages (km) of one class on one leg: clusters first, then single ones."""
    step = leg.length_km / len(expected)
    chainages: list[float] = []
    for piece, mean in enumerate(expected):
        parents = rng.poisson(model.CLUSTERED_SHARE * mean / model.MEAN_OFFSPRING)
        for _ in range(parents):
            centre = (piece + rng.random()) * step
            children = rng.poisson(model.MEAN_OFFSPRING)
            chainages += rng.normal(centre, model.CLUSTER_ALONG_KM, children).tolist()
        singles = rng.poisson((1 - model.CLUSTERED_SHARE) * mean)
        chainages += ((piece + rng.random(singles)) * step).tolist()
    # Reflected at the ends of the leg: clipping would pile incidents up on towns.
    folded = [abs(at) if at < leg.length_km else 2 * leg.length_km - at for at in chainages]
    return [min(max(at, 0.0), leg.length_km) for at in folded]


def weigh_months(cls: str, lon: float, lat: float, climate: Climate) -> np.ndarray:
    """Chance of each month for a class at a place; sums to 1."""
    temperature, rain = climate.read_months(lon, lat)
    weights = np.ones(12)
    if cls == "env":
        beyond = np.maximum(temperature - model.HEAT_FROM_DEGC, model.COLD_BELOW_DEGC - temperature)
        weights = np.exp(model.ENV_PER_DEGC * np.maximum(beyond, 0.0))
    elif cls == "wat":
        weights = 1.0 + model.WAT_PER_100_MM * rain / 100
    chances: np.ndarray = weights / weights.sum()
    return chances


def choose(pairs: Sequence[tuple[str | float, float]], rng: np.random.Generator) -> str | float:
    """Choose one of (value, chance)."""
    chances = np.array([chance for _, chance in pairs])
    return pairs[int(rng.choice(len(pairs), p=chances / chances.sum()))][0]


def choose_subtype(cls: str, mode: str, degc: float, rng: np.random.Generator) -> str:
    """Choose a subtype from class, mode and the month's mean temperature."""
    key = cls
    if cls == "acc" and mode == "train":
        key = "acc-train"
    elif cls == "env" and degc >= model.HEAT_FROM_DEGC:
        key = "env-heat"
    elif cls == "env" and degc < model.COLD_BELOW_DEGC:
        key = "env-cold"
    return str(choose(model.SUBTYPES[key], rng))


def draw_victims(subtype: str, rng: np.random.Generator) -> tuple[int, int, int]:
    """Draw dead, missing and injured; together at least one."""
    people = int(rng.geometric(1 / (1 + model.MEAN_FURTHER_VICTIMS)))
    if rng.random() < model.MASS_EVENT_CHANCE:
        people = int(rng.integers(*model.MASS_EVENT_VICTIMS))
    dead, missing, injured = rng.multinomial(people, model.OUTCOMES[subtype])
    return int(dead), int(missing), int(injured)


def draw_sources(lon: float, lat: float, rng: np.random.Generator) -> tuple[str, float]:
    """Draw one or two sources that file from a place, and the best precision (km) among them."""
    filing = [name for name, (box, _) in model.SOURCES.items() if contains_point(box, lon, lat)]
    count = 2 if rng.random() < model.SECOND_SOURCE_CHANCE else 1
    chosen = sorted(rng.choice(filing, size=count, replace=False).tolist())
    precision_km = min(float(choose(model.SOURCES[name][1], rng)) for name in chosen)
    return ";".join(chosen), precision_km


def draw_date(year: int, month: int, rng: np.random.Generator) -> tuple[str, str]:
    """Draw a date and its precision; an unknown day is the 15th, an unknown month is July."""
    precision = str(choose(model.DATE_PRECISION, rng))
    day = int(rng.integers(1, calendar.monthrange(year, month)[1] + 1))
    if precision == "month":
        day = 15
    elif precision == "year":
        month, day = 7, 1
    return f"{year:04d}-{month:02d}-{day:02d}", precision


def blur_position(
    lon: float, lat: float, *, sigma_km: float, decimals: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Move a position by a normal error, cut at two sigma, and round it."""
    east_km, north_km = np.clip(rng.normal(0.0, 1.0, 2), -2, 2) * sigma_km
    moved_lon = lon + east_km / (KM_PER_DEGREE * np.cos(np.radians(lat)))
    return round(moved_lon, decimals), round(lat + north_km / KM_PER_DEGREE, decimals)


def report_position(
    leg: Leg, at: tuple[float, float], *, precision_km: float, world: World, year: int,
    rng: np.random.Generator,
) -> tuple[float, float] | None:  # fmt: skip
    """Position as reported, or None where no try lies on land and outside a silence."""
    decimals = model.DECIMALS[precision_km]
    for _ in range(TRIES):
        true = blur_position(*at, sigma_km=model.CLUSTER_ACROSS_KM, decimals=6, rng=rng)
        lon, lat = blur_position(*true, sigma_km=precision_km, decimals=decimals, rng=rng)
        dry = leg.mode == "boat" or world.land.contains_point(
            lon, lat, margin_deg=model.COAST_MARGIN_DEG
        )
        if dry and not is_silent(lon, lat, year):
            return lon, lat
    return None


def make_row(
    leg: Leg, cls: str, at_km: float, *, world: World, rng: np.random.Generator
) -> dict[str, object] | None:
    """Make one row of the register, or None where it cannot be placed."""
    lon, lat = leg.locate(at_km)
    year = int(choose([(str(y), w) for y, w in model.YEAR_TREND.items()], rng))
    month = int(rng.choice(12, p=weigh_months(cls, lon, lat, world.climate))) + 1
    degc = float(world.climate.read_months(lon, lat)[0][month - 1])
    subtype = choose_subtype(cls, leg.mode, degc, rng)
    dead, missing, injured = draw_victims(subtype, rng)
    source, precision_km = draw_sources(lon, lat, rng)
    date, date_precision = draw_date(year, month, rng)
    position = report_position(
        leg, (lon, lat), precision_km=precision_km, world=world, year=year, rng=rng
    )
    if position is None or not dead + missing + injured:
        return None
    return {
        "lon": position[0], "lat": position[1], "date": date, "date_precision": date_precision,
        "class": cls, "subtype": subtype, "dead": dead, "missing": missing, "injured": injured,
        "n_victims": dead + missing + injured, "coord_precision_km": precision_km,
        "source": source, "source_url": "", "synthetic": "true",
    }  # fmt: skip


def generate_incidents(world: World) -> list[dict[str, object]]:
    """Generate the register, in order of date and position.

    Each leg has a random stream of its own, so that a leg added later moves no other leg's rows
    except through the common scale.
    """
    streams = [
        np.random.default_rng([model.SEED, zlib.crc32(leg.leg_id.encode())]) for leg in world.legs
    ]
    weights = [weigh_pieces(leg, rng) for leg, rng in zip(world.legs, streams, strict=True)]
    scale = model.EXPECTED_INCIDENTS / sum(float(w.sum()) for w in weights)
    rows = []
    for leg, rng, weight in zip(world.legs, streams, weights, strict=True):
        for number, cls in enumerate(model.CLASSES):
            for at_km in draw_chainages(leg, weight[:, number] * scale, rng):
                row = make_row(leg, cls, at_km, world=world, rng=rng)
                rows += [row] if row else []
    rows.sort(key=lambda row: tuple(str(row[column]) for column in COLUMNS[1:]))
    rows.sort(key=lambda row: str(row["date"]))
    return [{"incident_id": f"syn-{n:05d}"} | row for n, row in enumerate(rows, start=1)]


def write_incidents(rows: list[dict[str, object]], path: Path) -> None:
    """Write the register as CSV, UTF-8, lines ended by a line feed."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write the register."""
    parser = argparse.ArgumentParser(description="Generate the synthetic incident register")
    parser.add_argument("--layers", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = generate_incidents(read_world(arguments.layers))
    write_incidents(rows, arguments.out)
    print(f"{len(rows)} synthetic incidents")


if __name__ == "__main__":
    main()
