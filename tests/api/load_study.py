"""A study to be served under load, and runs of it that differ in what every row says."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
from dataclasses import replace

import geopandas as gpd
import grid_study
import numpy as np
import pandas as pd

from georisk.snapshot import Snapshot
from georisk.switching import switch_run
from layers.disclosure import disclose
from layers.layer import hash_file
from layers.served import write_served
from layers.spec import AUDIENCES
from layers.store import write_layer

ROWS, KEPT = 5000, 3
_SPEC = """name = "marks"
kind = "vector"
role = "context"
geometry = "Point"
id = "mark_id"
meaning = "Invented points that say which run they belong to"
level = "public"
geometry_level = "public"
title = { en = "EXAMPLE - marks" }

[columns]
edition = { dtype = "integer", meaning = "Number of the run", level = "public" }
name = { dtype = "string", meaning = "Invented", level = "public" }
share = { dtype = "number", meaning = "Invented", level = "public" }
synthetic = { dtype = "boolean", meaning = "Invented", level = "public", nullable = false }
"""


def write_study(folder):
    """The grid study, and 5,000 points that say of which edition they are (0)."""
    study = grid_study.write_grid_study(folder)
    rng = np.random.default_rng(5)
    west, south = grid_study.locate(0, 0)
    east, north = grid_study.locate(4, 4)
    frame = pd.DataFrame({
        "mark_id": [f"m-{n:05d}" for n in range(ROWS)], "edition": 0,
        "name": [f"EXAMPLE - {n % 40}" for n in range(ROWS)],
        "share": rng.uniform(0, 1, ROWS).round(3), "synthetic": "true",
    })
    xy = rng.uniform((west, south), (east, north), (ROWS, 2)).round(5)
    frame.assign(lon=xy[:, 0], lat=xy[:, 1]).to_csv(folder / "marks.csv", index=False)
    (folder / "marks.toml").write_text(_SPEC, encoding="utf-8")
    declared = '\n[layers.marks]\npath = "marks.csv"\nspec = "marks.toml"\n'
    study.write_text(study.read_text(encoding="utf-8") + declared, encoding="utf-8")
    return folder


class Press:
    """Publishes edition after edition of a run: a copy in which every mark has its number."""

    def __init__(self, runs):
        self.runs = runs
        self.first = Snapshot.open(runs)
        self.marks = self.first.layer("marks")
        self.editions = {0: str(self.first.manifest["run_id"])}

    def publish(self):
        """Write the next edition aside, then switch to it; the oldest of several goes away."""
        edition = len(self.editions)
        moment = dt.datetime(2030, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=edition)
        run_id = f"{moment:%Y%m%dT%H%M%SZ}-{edition:08x}"
        work = self.runs / f".tmp-load-{edition}"
        shutil.copytree(self.first.path, work)
        frame = self.marks.frame.assign(edition=pd.array([edition] * ROWS, dtype="Int64"))
        layer = replace(self.marks, frame=frame)
        write_layer(layer, work / "layers" / "marks.parquet")
        today = dt.datetime.now(tz=dt.UTC).date()
        for audience in AUDIENCES:
            write_served(disclose(layer, audience, today=today), work / "serve" / audience)
        manifest = {**self.first.manifest, "run_id": run_id}
        manifest["files"] = {name: hash_file(work / name) for name in manifest["files"]}
        (work / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        self.editions[edition] = run_id
        work.replace(self.runs / run_id)
        switch_run(self.runs, run_id)
        gone = self.editions.get(edition - KEPT)
        if gone is not None and edition > KEPT:
            shutil.rmtree(self.runs / gone)
        return edition


def read_editions(body, form):
    """Which editions the rows of an answer are of, in any format."""
    if form == "geojson":
        return {feature["properties"]["edition"] for feature in json.loads(body)["features"]}
    if form == "geojsonseq":
        texts = [text for text in body.split(b"\x1e") if text]
        return {json.loads(text)["properties"]["edition"] for text in texts}
    if form == "mvt":
        import mapbox_vector_tile

        layers = mapbox_vector_tile.decode(body).values()
        return {row["properties"]["edition"] for layer in layers for row in layer["features"]}
    read = {"csv": pd.read_csv, "flatgeobuf": gpd.read_file, "geoparquet": pd.read_parquet}
    return {int(edition) for edition in read[form](io.BytesIO(body))["edition"]}
