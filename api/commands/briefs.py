"""Decision briefs of ``georisk site -o``: one page a point, for planners or for an authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from api.commands.site_answers import Proposed
    from georisk.siting.answers.answers import SiteBrief
    from georisk.study import Study
    from layers.crs import FloatArray
    from maps.brief_sketch import Sketch

MOST_BRIEFS = 20
_AROUND_KM = 140.0
_DECIMALS = 2
_MOST_TOWNS = 9


def write_briefs(
    study: Study, proposed: Proposed, folder: Path, *, reader: str, form: str, lang: str,
    holder: str,
) -> list[Path]:
    """Write one brief for each of the first points; earlier ones of the same kind go.

    Parameters
    ----------
    folder : Path
        Made readable by its owner alone.

    Returns
    -------
    list of Path
    """
    from georisk.marking import Marking
    from maps.brief import Cover, draw_brief, name_brief, name_slug
    from maps.brief_pdf import print_page
    from maps.catalogues import load_words

    words, answer = load_words(lang), proposed.answer
    marking = Marking.restrict(study.today, holder=holder, synthetic=answer.synthetic,
                               parameters_sha256=study.parameters.sha256)
    cover = Cover(study.config.name, study.as_of, marking,
                  float(study.parameters.value("work.max_walk_h")))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _clear(folder, reader)
    paths = []
    for site in _list_told(proposed, reader):
        html = draw_brief(answer, site, cover, words, reader=reader,
                          sketch=gather_sketch(proposed, site))
        alike = sum(name_slug(one.place) == name_slug(site.place)
                    for one in answer.sites[: site.rank - 1]) if reader == "authority" else 0
        name = name_brief(site, marking, reader=reader, lang=lang, again=alike)
        path = folder / f"{name}.{form}"
        path.write_bytes(print_page(html) if form == "pdf" else html.encode())
        path.chmod(0o600)
        paths.append(path)
    return paths


def _list_told(proposed: Proposed, reader: str) -> list[SiteBrief]:
    """Points that a reader may be told of; of places without consent in date planners alone are."""
    from layers.disclosure import find_consented_places

    sites = list(proposed.answer.sites[:MOST_BRIEFS])
    if reader != "authority":
        return sites
    agreed = find_consented_places(proposed.study.value("facilities"), today=proposed.study.today)
    known = {f"upgrade-{name}" for name in agreed.index[agreed]}
    return [site for site in sites if site.option != "upgrade" or site.candidate_id in known]


def _clear(folder: Path, reader: str) -> None:
    """No brief of an earlier answer may stand beside those of this one."""
    stem = "brief-authority-*" if reader == "authority" else "brief-[0-9]*"
    for form in ("html", "pdf"):
        for old in folder.glob(f"{stem}.until-*.{form}"):
            old.unlink()


def gather_sketch(proposed: Proposed, site: SiteBrief) -> Sketch:
    """The way near a point, what it brings within reach, and what stands there."""
    from maps.brief_sketch import Sketch, choose_half_km

    scene, crs = proposed.scene, proposed.study.config.crs_metric
    lines = scene.ground.segments.geometry.to_numpy()
    near = _find_near(lines, site)
    row = int(scene.candidates.index.get_loc(site.candidate_id))
    mine = scene.reach.indices[scene.reach.indptr[row] : scene.reach.indptr[row + 1]]
    demand = scene.demand["segment"].to_numpy(np.int64)
    gained, missing = set(demand[mine].tolist()), set(demand.tolist())
    paths: dict[str, list[tuple[tuple[float, float], ...]]] = {
        "gained": [], "out": [], "covered": []}
    for at in near.tolist():
        kind = "gained" if at in gained else "out" if at in missing else "covered"
        path = _lay_path(np.array(lines[at].coords)[:, :2], site, crs)
        drawn = paths[kind]
        if drawn and drawn[-1][-1] == path[0]:  # or dashes would begin anew with each segment
            drawn[-1] = (*drawn[-1], *path[1:])
        else:
            drawn.append(path)
    standing = np.unique(np.concatenate(
        [np.zeros(0, np.int64), *scene.ground.standing.values()]).astype(np.int64))
    places = [lines[at].interpolate(0.5, normalized=True).coords[0][:2]
              for at in standing[np.isin(standing, near)].tolist()]
    others = [(one.lon, one.lat) for one in proposed.answer.sites
              if one.candidate_id != site.candidate_id]
    return Sketch(
        tuple(paths["covered"]), tuple(paths["out"]), tuple(paths["gained"]),
        _lay_points(places, site, crs), _lay_points(others, site, crs),
        _list_towns(proposed, site), choose_half_km(paths["gained"]))


def _find_near(lines: np.ndarray, site: SiteBrief) -> np.ndarray:
    """Rows of segments within a box around a point; a degree is at most 111.4 km."""
    import shapely

    bounds = shapely.bounds(lines)
    tall = _AROUND_KM / 110.0
    wide = tall / max(np.cos(np.radians(site.lat)), 0.1)
    return np.flatnonzero(
        (bounds[:, 2] >= site.lon - wide) & (bounds[:, 0] <= site.lon + wide)
        & (bounds[:, 3] >= site.lat - tall) & (bounds[:, 1] <= site.lat + tall))


def _lay_path(
    lonlat: FloatArray, site: SiteBrief, crs_metric: str
) -> tuple[tuple[float, float], ...]:
    """Km east and north of a point, to 10 m: a sketch leads nobody."""
    from layers.crs import project_xy_m

    here = project_xy_m(np.array([site.lon]), np.array([site.lat]), crs_metric=crs_metric)
    xy = (project_xy_m(lonlat[:, 0], lonlat[:, 1], crs_metric=crs_metric) - here) / 1000.0
    return tuple((round(float(x), _DECIMALS), round(float(y), _DECIMALS)) for x, y in xy)


def _lay_points(
    points: list[tuple[float, float]], site: SiteBrief, crs_metric: str
) -> tuple[tuple[float, float], ...]:
    if not points:
        return ()
    return _lay_path(np.array(points, float), site, crs_metric)


def _list_towns(proposed: Proposed, site: SiteBrief) -> tuple[tuple[str, float, float], ...]:
    """Waypoints of the study nearest to a point, for who knows the country by its towns."""
    study = proposed.study
    if "waypoints" not in study.config.layers:
        return ()
    frame = study.layer("waypoints").frame
    names = frame["name"] if "name" in frame else frame.index.to_series()
    xy = _lay_points(list(zip(frame.geometry.x, frame.geometry.y, strict=True)), site,
                     study.config.crs_metric)
    towns = sorted(
        ((name, x, y) for name, (x, y) in zip(names, xy, strict=True) if isinstance(name, str)),
        key=lambda town: (town[1] ** 2 + town[2] ** 2, town[0]))
    return tuple(towns[:_MOST_TOWNS])
