"""Declared parameters of the synthetic incident register.

Nothing here was fitted to any register, and nothing generated from it says anything about the
world: the values were chosen by hand so that the embedded study has the shape that the method
must cope with (clusters, seasons, imprecise positions, several sources, silence). That the
Darien, the lower Rio Bravo / Rio Grande and the Sonoran desert come out high is DECLARED in
``HOTSPOTS``, not found. That some stretches stay without any row is declared in ``SILENCES``.
"""

from __future__ import annotations

from dataclasses import dataclass

SEED = 20_241_231
FIRST_YEAR, LAST_YEAR = 2014, 2024
EXPECTED_INCIDENTS = 3000
CLASSES = ("sec", "acc", "env", "wat", "unk")

# Relative rate per km of leg and class; only ratios matter, the total is scaled.
BASE_RATE = {
    "foot": (1.0, 0.3, 1.6, 0.5, 0.5),
    "train": (1.8, 2.4, 0.3, 0.02, 0.5),
    "road": (0.5, 0.9, 0.1, 0.02, 0.2),
    "boat": (0.3, 0.2, 0.1, 4.0, 0.5),
}
# Train legs longer than this carry more violence: few stops, few people looking.
LONG_TRAIN_KM, LONG_TRAIN_SEC = 200.0, 1.5
# A boat leg up to this length is a river crossing: its rate per km is raised, since it is short.
CROSSING_KM, CROSSING_FACTOR = 10.0, 20.0
# The rate varies along a leg: log-normal per piece with this spread, pieces of PIECE_KM.
PIECE_KM, PIECE_SPREAD = 10.0, 0.9

# Thomas-like clusters: parents along legs, offspring normally scattered about them.
CLUSTERED_SHARE = 0.7
MEAN_OFFSPRING = 6.0
CLUSTER_ALONG_KM, CLUSTER_ACROSS_KM = 8.0, 1.5

YEAR_TREND = {
    2014: 0.60, 2015: 0.65, 2016: 0.75, 2017: 0.80, 2018: 0.90, 2019: 1.00,
    2020: 0.70, 2021: 1.20, 2022: 1.45, 2023: 1.50, 2024: 1.30,
}  # fmt: skip
# Month weights: env grows with each degree of the monthly mean beyond these two, wat with rain;
# the other classes are even over the year.
HEAT_FROM_DEGC, COLD_BELOW_DEGC, ENV_PER_DEGC = 26.0, 10.0, 0.25
WAT_PER_100_MM = 0.35


@dataclass(frozen=True)
class Window:
    """A box in degrees, W S E N, with what is declared about it.

    Attributes
    ----------
    factors : tuple of float
        Multiplier of the rate per class, in the order of `CLASSES`; zero silences.
    since_year : int
        First year in which it holds.
    """

    name: str
    box: tuple[float, float, float, float]
    factors: tuple[float, float, float, float, float]
    since_year: int = FIRST_YEAR


RIVER = (1.0, 1.0, 1.0, 80.0, 1.0)
HOTSPOTS = (
    Window("Darien", (-78.4, 7.2, -76.6, 9.1), (8.0, 4.0, 10.0, 7.0, 8.0)),
    Window("lower Rio Bravo / Rio Grande", (-101.0, 25.6, -97.0, 29.2), (4.0, 2.5, 12.0, 2.0, 8.0)),
    Window("at the river: Matamoros to Reynosa", (-98.9, 25.7, -97.0, 26.5), RIVER),
    Window("at the river: Nuevo Laredo", (-99.9, 27.1, -99.2, 28.0), RIVER),
    Window("at the river: Piedras Negras", (-100.9, 28.3, -100.2, 29.1), RIVER),
    Window("Sonoran desert", (-114.2, 30.6, -110.4, 32.9), (2.5, 1.2, 45.0, 0.5, 10.0)),
    Window("Suchiate", (-92.6, 14.4, -92.0, 15.1), (2.5, 1.0, 1.0, 3.0, 1.5)),
    Window("Isthmus and Veracruz by train", (-97.2, 16.2, -94.2, 19.0), (2.0, 1.5, 1.0, 1.0, 1.0)),
)
NONE = (0.0, 0.0, 0.0, 0.0, 0.0)
SILENCES = (
    Window("southern Nicaragua and northern Costa Rica", (-87.2, 9.9, -83.4, 12.3), NONE),
    Window("Nayarit and southern Sinaloa", (-107.6, 21.3, -104.2, 24.6), NONE),
    Window("northern Peten and eastern Tabasco", (-92.2, 16.2, -89.2, 18.4), NONE, 2021),
)

SUBTYPES = {
    "sec": (("kidnapping", 0.25), ("homicide", 0.3), ("assault", 0.2), ("robbery", 0.2),
            ("extortion", 0.05)),
    "acc-train": (("train_fall", 0.65), ("train_strike", 0.35)),
    "acc": (("vehicle", 0.8), ("fall", 0.2)),
    "env-heat": (("heat", 0.5), ("dehydration", 0.4), ("illness", 0.1)),
    "env-cold": (("cold", 0.7), ("illness", 0.3)),
    "env": (("illness", 0.6), ("dehydration", 0.4)),
    "wat": (("drowning", 1.0),),
    "unk": (("unknown", 1.0),),
}  # fmt: skip
# What happens to the people of an incident: chance of dead, missing, injured per person.
OUTCOMES = {
    "kidnapping": (0.1, 0.8, 0.1), "homicide": (1.0, 0.0, 0.0), "assault": (0.1, 0.0, 0.9),
    "robbery": (0.05, 0.0, 0.95), "extortion": (0.0, 0.1, 0.9), "train_fall": (0.4, 0.0, 0.6),
    "train_strike": (0.8, 0.0, 0.2), "vehicle": (0.4, 0.0, 0.6), "fall": (0.5, 0.0, 0.5),
    "heat": (0.85, 0.1, 0.05), "cold": (0.9, 0.05, 0.05), "dehydration": (0.8, 0.1, 0.1),
    "illness": (0.8, 0.0, 0.2), "drowning": (0.65, 0.35, 0.0), "unknown": (0.9, 0.1, 0.0),
}  # fmt: skip
MEAN_FURTHER_VICTIMS = 0.45
MASS_EVENT_CHANCE, MASS_EVENT_VICTIMS = 0.006, (8, 35)

# Sources are invented. Each files from its own box, with its own precision (km, chance).
SOURCES = {
    "SYN-A": ((-118.0, 25.0, -96.0, 33.0), ((0.1, 0.7), (0.3, 0.2), (2.0, 0.1))),
    "SYN-B": ((-118.0, 14.0, -86.0, 33.0), ((0.3, 0.2), (2.0, 0.5), (10.0, 0.3))),
    "SYN-C": ((-93.0, 6.0, -76.0, 18.5), ((2.0, 0.4), (10.0, 0.4), (30.0, 0.2))),
    "SYN-D": ((-83.5, 6.0, -76.0, 10.5), ((0.3, 0.2), (2.0, 0.5), (10.0, 0.3))),
    "SYN-E": ((-118.0, 6.0, -76.0, 33.0), ((2.0, 0.3), (10.0, 0.5), (30.0, 0.2))),
    "SYN-F": ((-118.0, 6.0, -76.0, 33.0), ((0.3, 0.3), (2.0, 0.5), (10.0, 0.2))),
}
SECOND_SOURCE_CHANCE = 0.25
DATE_PRECISION = (("day", 0.86), ("month", 0.11), ("year", 0.03))
# No position of a leg by land lies nearer than this to a cell of water (0.05 degrees wide).
COAST_MARGIN_DEG = 0.03
# Decimals kept per precision: an imprecise position must not look exact.
DECIMALS = {0.1: 4, 0.3: 3, 2.0: 2, 10.0: 2, 30.0: 1}
