"""OpenStreetMap extracts (`.osm`, `.osm.pbf`): places by tag, and the network of ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from layers.osm.extracts import SOURCE
from layers.osm.places import SEALED_NAME, Found, read_places
from layers.osm.ways import Network, read_network
from layers.sources import Adapter, Haul, Sample, Wanted

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

PLACE_LAYERS = ("assistance_points", "shelters", "health_facilities")
WAYS = "ways"
OFF_COAST_KM = 10.0


def recognise_osm(sample: Sample) -> str:
    """Say why a file is an OpenStreetMap extract; empty if it is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> recognise_osm(Sample(Path("a.bin"), "pbf"))
    'an OpenStreetMap extract (pbf)'
    """
    return f"an OpenStreetMap extract ({sample.format})" if sample.format in {"osm", "pbf"} else ""


def read_osm(path: Path, wanted: Wanted) -> Haul:
    """Read the places or the ways of an extract for one layer.

    Raises
    ------
    ValueError
        If the file is not a sound extract, the layer is not one that OpenStreetMap fills, or
        the extra is not installed.
    OSError
        If the file cannot be opened.
    """
    layer = wanted.spec.name
    if layer == WAYS:
        network = read_network(path, area=wanted.area)
        return Haul(network.frame, notes=_tell_network(network, cut=wanted.area is not None))
    if layer not in PLACE_LAYERS:
        raise ValueError(
            f"OpenStreetMap fills {', '.join((*PLACE_LAYERS, WAYS))}, not {layer}")
    found = read_places(path, layer)
    unmapped = {f"{key}, value not in the table": dict(values)
                for key, values in found.unknown.items()}
    if found.aside:
        unmapped["looks like a place, left aside"] = dict(found.aside)
    return Haul(fill_countries(found.frame), notes=_write_notes(found), unmapped=unmapped)


def _tell_network(network: Network, *, cut: bool) -> tuple[str, ...]:
    notes = [f"{len(network.frame)} ways between junctions", f"source: {SOURCE}"]
    if cut:
        notes.append("cut to the corridor of the legs while it was read")
    if network.cut:
        notes.append(f"{network.cut} ways go on beyond it: each ends at the first node outside")
    if network.holed:
        notes.append(f"{network.holed} ways have nodes that the file lacks: broken there")
    return tuple(notes)


def _write_notes(found: Found) -> tuple[str, ...]:
    sealed = int((found.frame["name"] == SEALED_NAME).sum())
    notes = [f"{len(found.frame)} places by tag (osm_tags.toml)", f"source: {SOURCE}",
             "no operator was asked: publish_ok stays empty, which is no"]
    notes += [f"the file also holds {count} {layer}: import it with --layer {layer}"
              for layer, count in found.elsewhere.items()]
    if sealed:
        notes.append(f"{sealed} are sealed by kind: name removed, position to 0.1 degree, "
                     "shown to nobody")
    return tuple(notes)


def fill_countries(frame: pd.DataFrame) -> pd.DataFrame:
    """Put in the country that each position lies in, where the map does not state one.

    The gazetteer's coasts are coarse: a place up to 10 km off one belongs to the nearest country.
    """
    blank = ((frame["country"] == "") & (frame["lon"] != "")).to_numpy()
    if not blank.any():
        return frame
    from layers.gazetteer import find_country, load_gazetteer, measure_to_country_km

    world = load_gazetteer()
    lon, lat = (frame.loc[blank, axis].to_numpy(float) for axis in ("lon", "lat"))
    found = find_country(lon, lat, gazetteer=world)
    off = np.flatnonzero(found == "")
    if len(off):
        nearest = shapely.STRtree(world.country_shapes).nearest(shapely.points(lon[off], lat[off]))
        for number in np.unique(nearest):
            iso2, rows = world.countries.index[number], off[nearest == number]
            km = measure_to_country_km(lon[rows], lat[rows], iso2, gazetteer=world)
            found[rows[km <= OFF_COAST_KM]] = iso2
    countries = frame["country"].to_numpy(object, copy=True)
    countries[blank] = found
    return frame.assign(country=countries)


ADAPTER = Adapter("osm", (*PLACE_LAYERS, WAYS), recognise_osm, read_osm)
