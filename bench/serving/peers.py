"""pygeoapi and tipg in an environment of their own, before the same table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from asking import Server, find_port, wait_for
from cluster import DATABASE, USER, MissingError
from points import AREA, ID, LAYER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cluster import Cluster

PACKAGES = ("pygeoapi==0.21.0", "tipg==1.6.1", "GeoAlchemy2", "psycopg2-binary", "starlette",
            "uvicorn", "uvloop", "httptools")
HOME = Path(__file__).resolve().parent.parent / ".venv"
# The same loop and parser as ours, no log of requests: nothing that costs them and not us.
UVICORN = ("--host", "127.0.0.1", "--loop", "uvloop", "--http", "httptools", "--no-access-log",
           "--log-level", "warning", "--workers", "1")


def make_environment() -> Path:
    """Install the peers, once; return their interpreter.

    Raises
    ------
    MissingError
        If the package index does not answer.
    """
    python, marker = HOME / "bin" / "python", HOME / "packages.txt"
    wanted = "\n".join(PACKAGES)
    if marker.is_file() and marker.read_text() == wanted:
        return python
    venv.create(HOME, with_pip=True, clear=True)
    done = subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", "-q", "install", *PACKAGES],
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError("pygeoapi and tipg from the package index")
    marker.write_text(wanted)
    return python


@contextmanager
def open_pygeoapi(python: Path, cluster: Cluster, folder: Path) -> Iterator[Server]:
    """Start pygeoapi, its starlette application."""
    port = find_port()
    base = f"http://127.0.0.1:{port}"
    config, document = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.yml"
    config.write_text(json.dumps(_configure(cluster, base)), encoding="utf-8")
    environment = {**os.environ, "PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)}
    subprocess.run([python, "-m", "pygeoapi", "openapi", "generate", config, "--output-file",
                    document], env=environment, check=False, capture_output=True)
    if not document.is_file():  # its generator wants the network: a document does without
        document.write_text('{"openapi": "3.0.2", "info": {}, "paths": {}}', encoding="utf-8")
    with _start(python, "pygeoapi.starlette_app:APP", environment, port) as pid:
        yield wait_for(Server("pygeoapi", base, pid, items=f"/collections/{LAYER}/items",
                              query="f=json"))


@contextmanager
def open_tipg(python: Path, cluster: Cluster) -> Iterator[Server]:
    """Start tipg's own application; its catalogue is read once, not every five minutes."""
    port = find_port()
    environment = {**os.environ, "DATABASE_URL": cluster.url, "TIPG_DB_SCHEMAS": '["public"]',
                   "TIPG_MAX_FEATURES_PER_QUERY": "10000", "TIPG_CATALOG_TTL": "0",
                   "TIPG_ADD_TILES_VIEWER": "false"}
    with _start(python, "tipg.main:app", environment, port) as pid:
        yield wait_for(Server("tipg", f"http://127.0.0.1:{port}", pid,
                              items=f"/collections/public.{LAYER}/items", query="f=geojson"))


@contextmanager
def _start(python: Path, application: str, environment: dict[str, str],
           port: int) -> Iterator[int]:
    process = subprocess.Popen(
        [python, "-m", "uvicorn", application, "--port", str(port), *UVICORN], env=environment,
        stdout=subprocess.DEVNULL, stderr=sys.stderr)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _configure(cluster: Cluster, base: str) -> dict[str, object]:
    named = {"en": "points"}
    host, port = "127.0.0.1", int(base.rpartition(":")[2])
    return {
        "server": {
            "bind": {"host": host, "port": port}, "url": base, "mimetype": "application/json",
            "encoding": "utf-8", "gzip": False, "languages": ["en-US"], "cors": False,
            "pretty_print": False, "limits": {"default_items": 10, "max_items": 10_000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": named, "description": named, "keywords": {"en": ["points"]},
                "keywords_type": "theme", "terms_of_service": "none", "url": base},
            "license": {"name": "none", "url": base},
            "provider": {"name": "none", "url": base},
            "contact": {"name": "none", "position": "none", "address": "none", "city": "none",
                        "stateorprovince": "none", "postalcode": "none", "country": "none",
                        "phone": "none", "fax": "none", "email": "none@localhost", "url": base,
                        "hours": "none", "instructions": "none", "role": "none"},
        },
        "resources": {LAYER: {
            "type": "collection", "title": named, "description": named,
            "keywords": {"en": ["points"]}, "links": [],
            "extents": {"spatial": {"bbox": list(AREA),
                                    "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
            "providers": [{
                "type": "feature", "name": "PostgreSQL", "id_field": ID, "table": LAYER,
                "geom_field": "geom",
                "data": {"host": host, "port": cluster.port, "dbname": DATABASE, "user": USER,
                         "password": "none", "search_path": ["public"]}}],
        }},
    }
