"""The documentation says what the code does: generated pages, names, links and words."""

from __future__ import annotations

import doctest
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest
import typer.main

from api.app import create_app
from api.asking.parameters import PARAMETERS
from api.cli import app
from api.settings import Settings
from georisk.config import (
    CorridorConfig,
    LayerConfig,
    ReferenceConfig,
    RiskConfig,
    SitingConfig,
    StudyConfig,
)
from georisk.parameters import Parameters
from georisk.scenario_config import OpenedPoint, ScenarioConfig
from georisk.snapshot import Snapshot
from georisk.steps import STEPS
from layers.catalog import load_catalog
from layers.disclosure import RELEASES, SEALED_KINDS, VIEWS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
REFERENCE = DOCS / "reference"
READ = [*PAGES, ROOT / "README.md"]
# SAFETY, "Words and signs". A term with no right use at all, and one with very few.
FORBIDDEN = re.compile(r"\b(illegals?|illegally|coyotes?|polleros?|caravans?)\b", re.IGNORECASE)
PERMISSIVE = re.compile(r"\bsafe(ly|ty|st|r)?\b", re.IGNORECASE)
PERMITTED = re.compile(r"(not|never|no|are)\s+\"safe\"|safe headers", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])/(tmp|work|home|root|Users|var|mnt)/")


def name_page(path):
    return str(path.relative_to(ROOT))


def read_section(text, title):
    """Text below one heading, up to the next of its level or above."""
    level = title.split(" ")[0]
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text,
                      re.MULTILINE | re.DOTALL)
    assert found, f"no heading {title!r}"
    return found.group(1)


def load_builder():
    found = importlib.util.spec_from_file_location("build_reference", DOCS / "build_reference.py")
    module = importlib.util.module_from_spec(found)
    sys.modules["build_reference"] = module
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def snapshot(published_grid):
    return Snapshot.open(published_grid / "runs")


# -- generated pages ---------------------------------------------------------------------------


def test_generated_pages_are_what_the_code_says_now():
    for path, text in load_builder().write_pages().items():
        same = path.read_text(encoding="utf-8") == text
        assert same, f"{name_page(path)} is outdated: run `python docs/build_reference.py`"


def test_the_builder_tells_its_examples_true():
    failed, tried = doctest.testmod(load_builder())
    assert tried
    assert not failed


def test_every_layer_and_parameter_is_on_its_page():
    layers = (REFERENCE / "layers.md").read_text(encoding="utf-8")
    for name, spec in load_catalog().items():
        section = read_section(layers, f"### `{name}`")
        assert not [c for c in spec.columns if f"| `{c}` |" not in section]
    parameters = (REFERENCE / "parameters.md").read_text(encoding="utf-8")
    assert not [n for n in Parameters.read().entries if f"| `{n}` |" not in parameters]


def test_the_table_of_audiences_agrees_with_a_run(snapshot):
    """Levels that the page computes from the specs are those that a run recorded."""
    levels = load_builder().find_inputs_levels()
    for step in STEPS:
        if step.publishes:
            assert snapshot.provenance(step.name).inputs_level == levels[step.name], step.name


def test_every_view_release_and_sealed_kind_is_explained():
    text = (DOCS / "explanation" / "disclosure.md").read_text(encoding="utf-8")
    assert not [name for name in (*VIEWS, *RELEASES, *SEALED_KINDS) if f"`{name}`" not in text]


# -- names -------------------------------------------------------------------------------------


def list_commands():
    """Every command by its whole name: those of a group, such as `key create`, one by one."""
    found = {}
    for name, command in typer.main.get_command(app).commands.items():
        within = getattr(command, "commands", None)
        found |= ({name: command} if within is None
                  else {f"{name} {inner}": it for inner, it in within.items()})
    return sorted(found.items())


@pytest.mark.parametrize(("name", "command"), list_commands())
def test_every_option_of_a_command_is_in_its_section(name, command):
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    section = read_section(text, f"## georisk {name}")
    options = [o for p in command.params for o in p.opts if o.startswith("-")]
    missing = [option for option in options if f"`{option}`" not in section]
    assert options
    assert not missing, f"commands.md, georisk {name}: no word about {missing}"


def test_no_command_is_described_that_does_not_exist():
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^## georisk (.+)$", text, re.MULTILINE))
    assert told == {name for name, _ in list_commands()}
    assert "`--version`" in text


@pytest.mark.parametrize(
    ("model", "title"),
    [
        (StudyConfig, "## At the top"),
        (LayerConfig, "## `[layers]`"),
        (CorridorConfig, "## `[corridors.ID]`"),
        (ReferenceConfig, "## `[reference]`"),
        (SitingConfig, "## `[siting]`"),
        (RiskConfig, "## `[risk]`"),
        (ScenarioConfig, "## `[scenario.NAME]`"),
        (OpenedPoint, "## `[scenario.NAME]`"),
    ],
)
def test_every_key_of_a_study_is_described(model, title):
    section = read_section((REFERENCE / "study.md").read_text(encoding="utf-8"), title)
    assert not [key for key in model.model_fields if f"`{key}`" not in section]


def test_every_manifest_key_and_file_is_described(snapshot):
    text = (REFERENCE / "snapshot.md").read_text(encoding="utf-8")
    section = read_section(text, "## manifest.json")
    told = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert told == set(snapshot.manifest)
    written = {path.name for path in snapshot.path.iterdir()}
    assert not [name for name in written if name not in text]


def test_every_route_and_parameter_is_described():
    text = (REFERENCE / "api.md").read_text(encoding="utf-8")
    routes = {route.path for route in create_app(Settings(runs=Path("runs"))).routes}
    table = text[: text.index("## Who sees what")]
    told = set(re.findall(r"`(?:POST )?(/[^`]*)`", table))
    assert told == routes
    assert not [name for name in PARAMETERS if f"`{name}`" not in text]


# -- links, words, examples --------------------------------------------------------------------


def slug_heading(title):
    text = re.sub(r"[^\w\s-]", "", title.replace("`", "").lower()).strip()
    return re.sub(r"[-\s]+", "-", text)


def list_anchors(page):
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {slug_heading(title) for title in titles}


@pytest.mark.parametrize("page", READ, ids=name_page)
def test_relative_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{name_page(page)}: {target}"
        if anchor and path.suffix == ".md":
            assert anchor in list_anchors(path), f"{name_page(page)}: {target}"


def test_every_page_is_in_the_navigation():
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r": (\S+\.md)$", nav, re.MULTILINE))
    assert listed == {str(page.relative_to(DOCS)) for page in PAGES}


@pytest.mark.parametrize("page", READ, ids=name_page)
def test_words_are_those_that_may_be_used(page):
    text = page.read_text(encoding="utf-8")
    assert not FORBIDDEN.findall(text)
    assert not MACHINE_PATH.findall(text)
    left = PERMISSIVE.search(PERMITTED.sub("", " ".join(text.split())))
    assert left is None, f"{name_page(page)}: {left.group()!r} may be taken for permission"


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_python_in_a_page_runs(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"),
                        re.MULTILINE | re.DOTALL)
    runner = doctest.DocTestRunner()
    for number, block in enumerate(blocks):
        test = doctest.DocTestParser().get_doctest(block, {}, f"{page.name} {number}", None, 0)
        assert test.examples, f"{name_page(page)}: a python block without >>>"
        runner.run(test)
    assert not runner.failures


def test_json_shapes_in_the_reference_are_json():
    """Examples without an ellipsis can be read by a program."""
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
    shapes = [b for b in blocks if b.lstrip().startswith("{") and "…" not in b]
    assert shapes
    for shape in shapes:
        json.loads(shape)
