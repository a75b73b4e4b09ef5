"""The wheel holds four packages; a folder imports only folders to its left."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile

import pytest
from surroundings import ROOT

PACKAGES = ("layers", "georisk", "maps", "api")
DOORS = ("maps", "api/routes", "api/app.py")
FORBIDDEN = ("georisk.study", "georisk.snapshot", "georisk.publishing", "layers.store")


def find_imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_imports_only_folders_to_its_left(package):
    right = PACKAGES[PACKAGES.index(package) + 1 :]
    for path in (ROOT / package).rglob("*.py"):
        wrong = [name for name in find_imports(path) if name.split(".")[0] in right]
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def lint_imports(folder, *options):
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
               "--no-cache", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_doors_reach_no_undisclosed_layer():
    for place in DOORS:
        paths = [ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py")
        for path in paths:
            wrong = [n for n in find_imports(path) if n.startswith(FORBIDDEN)]
            assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("layers/crs.py", "import georisk.risk"),
        ("georisk/risk.py", "import maps.theme"),
        ("maps/theme.py", "import georisk.snapshot"),
        ("api/routes/maps.py", "from layers.store import read_layer"),
    ],
)
def test_the_import_contract_turns_red_when_broken(tmp_path, file, line):
    pytest.importorskip("importlinter", reason="needs import-linter (make check installs it)")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package,
                        ignore=shutil.ignore_patterns("__pycache__", "assets"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    clean = lint_imports(tmp_path)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    with (tmp_path / file).open("a", encoding="utf-8") as handle:
        handle.write(f"\n{line}\n")
    broken = lint_imports(tmp_path)
    assert broken.returncode != 0
    assert "BROKEN" in broken.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("layers/crs.py", "import layers.geometry"),
        ("layers/cells.py", "def read():\n    from layers.values.days import read_days"),
        ("georisk/travel.py", "def ask():\n    import georisk.coverage.asking"),
    ],
)
def test_the_contract_of_circles_turns_red_when_broken(tmp_path, file, line):
    pytest.importorskip("importlinter", reason="needs import-linter (make check installs it)")
    for package in PACKAGES[:3]:
        shutil.copytree(ROOT / package, tmp_path / package,
                        ignore=shutil.ignore_patterns("__pycache__", "assets"))
    shutil.copy(ROOT / "circles.toml", tmp_path)
    clean = lint_imports(tmp_path, "--config", "circles.toml")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    with (tmp_path / file).open("a", encoding="utf-8") as handle:
        handle.write(f"\n{line}\n")
    broken = lint_imports(tmp_path, "--config", "circles.toml")
    assert broken.returncode != 0
    assert "No cycles are allowed" in broken.stdout


def test_every_module_is_short():
    long = {
        str(path.relative_to(ROOT)): n
        for package in PACKAGES for path in (ROOT / package).rglob("*.py")
        if (n := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert not long


def test_the_wheel_holds_exactly_four_packages(tmp_path):
    hatchling = pytest.importorskip("hatchling", reason="needs hatchling to build the wheel")
    del hatchling
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
                   cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == set(PACKAGES)
    for needed in ("layers/specs/routes.toml", "layers/specs/base/facility.toml",
                   "georisk/defaults.toml", "layers/adapters/iom_causes.toml",
                   "maps/assets/leaflet.js", "maps/words/ht.toml"):
        assert needed in names
    assert not [name for name in names if name.startswith("data/")]
