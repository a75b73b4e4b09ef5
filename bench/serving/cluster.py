"""A PostgreSQL cluster with PostGIS of our own, in a folder that goes away."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from asking import find_port
from points import COLUMNS, ID, LAYER

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

# One question at a time on one core: a plan compiled or shared out would only cost them more.
SETTINGS = {
    "listen_addresses": "127.0.0.1", "shared_buffers": "512MB", "work_mem": "64MB",
    "effective_cache_size": "4GB", "random_page_cost": "1.1", "jit": "off",
    "max_parallel_workers_per_gather": "0", "fsync": "off", "autovacuum": "off",
}
DATABASE, USER = "serving", "serving"


class MissingError(RuntimeError):
    """Something that this machine has not; the message names it."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    pid: int
    port: int
    programs: Path
    account: str | None

    @property
    def url(self) -> str:
        """Address as libpq takes it."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def run_sql(self, sql: str, *, database: str = DATABASE, given: str | None = None) -> None:
        """Run statements; ``given`` is what COPY reads."""
        command = [str(self.programs / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                   "-p", str(self.port), "-U", USER, "-d", database, "-c", sql]
        _run(command, self.account, given=given)


def find_programs() -> Path:
    """Folder of the newest PostgreSQL with PostGIS.

    Raises
    ------
    MissingError
        Naming what is not installed.
    """
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name)
    found = shutil.which("initdb")
    folders += [Path(found).resolve().parent] if found and not folders else []
    for folder in reversed(folders):
        if (folder / "initdb").is_file() and (folder / "psql").is_file():
            shared = (folder.parent / "share", Path("/usr/share/postgresql") / folder.parent.name)
            if any((path / "extension" / "postgis.control").is_file() for path in shared):
                return folder
            raise MissingError("PostGIS for PostgreSQL")
    raise MissingError("PostgreSQL")


@contextmanager
def open_cluster() -> Iterator[Cluster]:
    """Make a cluster, start it, and stop and remove it afterwards."""
    programs, account, port = find_programs(), _choose_account(), find_port()
    folder = Path(tempfile.mkdtemp(prefix="georisk-postgres-"))
    if account:
        shutil.chown(folder, account)
    try:
        _run([programs / "initdb", "-D", folder / "data", "-U", USER, "--auth=trust", "-E", "UTF8",
              "--locale=C.UTF-8"], account)
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=account, cwd=folder)
        try:
            _wait(programs, port)
            cluster = Cluster(server.pid, port, programs, account)
            cluster.run_sql(f"CREATE DATABASE {DATABASE}", database="postgres")
            cluster.run_sql("CREATE EXTENSION postgis")
            yield cluster
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill_table(cluster: Cluster, points: gpd.GeoDataFrame) -> None:
    """Copy the points into a table with a primary key and a GiST index; vacuum and analyse it."""
    columns = ", ".join(f"{name} {kind}" for name, (_, kind, _) in COLUMNS.items())
    cluster.run_sql(f'CREATE TABLE {LAYER} ({ID} text COLLATE "C" PRIMARY KEY, {columns}, '
                    "geom geometry(Point, 4326))")
    rows = points.drop(columns="geometry").assign(geom=points.geometry.to_wkt(rounding_precision=6))
    rows["geom"] = "SRID=4326;" + rows["geom"]
    cluster.run_sql(f"COPY {LAYER} FROM STDIN WITH (FORMAT csv)",
                    given=rows.to_csv(header=False, index=False))
    cluster.run_sql(f"CREATE INDEX ON {LAYER} USING gist (geom)")
    cluster.run_sql(f"VACUUM (FREEZE, ANALYZE) {LAYER}")


def _choose_account() -> str | None:
    """PostgreSQL refuses to run as root: then as its own account, or as nobody."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run(command: list[object], account: str | None, *, given: str | None = None) -> None:
    done = subprocess.run(list(map(str, command)), input=given, capture_output=True, text=True,
                          check=False, user=account, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-500:]}")


def _wait(programs: Path, port: int, most_s: float = 30.0) -> None:
    ends = time.monotonic() + most_s
    while time.monotonic() < ends:
        if not subprocess.run([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)],
                              check=False).returncode:
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")
