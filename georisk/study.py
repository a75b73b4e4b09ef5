"""A study: its layers, read and computed, by name."""

from __future__ import annotations

import datetime as dt
import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from georisk.amending import NOTHING_AMENDED, Amendments, amend_input, find_file, read_amendments
from georisk.config import StudyConfig, find_study_file, read_config, validate_config
from georisk.corridors import find_corridor_faults
from georisk.inputs import read_input, read_own_spec
from georisk.made import Made, derive_provenance, wrap_outcome
from georisk.parameters import Parameters
from georisk.services import find_group, tabulate_services
from georisk.steps import STEPS, Settings, Step, find_absent
from georisk.variables import list_files
from layers.catalog import load_catalog
from layers.crs import project_xy_m
from layers.errors import CallError, LayerError, StudyError
from layers.intake import Intake, Limits
from layers.layer import Layer, RasterLayer, hash_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shapely import MultiPolygon, Polygon

    from layers.spec import LayerSpec

AnyLayer = Layer | RasterLayer
_REPORTED = frozenset({"facility", "incident", "place"})


@dataclass(frozen=True)
class Study:
    """Layers of one study, inputs and results alike, kept in a store that pickling drops.

    Attributes
    ----------
    file : Path
        The study file.
    config : StudyConfig
    parameters : Parameters
    today : datetime.date
        The real date, injected: nothing dated later is believed.
    amendments : Amendments
        What reports have changed in its places.
    """

    file: Path
    config: StudyConfig
    parameters: Parameters
    today: dt.date
    amendments: Amendments = NOTHING_AMENDED
    _store: dict[str, Made] = field(default_factory=dict, repr=False, compare=False)
    _intakes: dict[str, Intake] = field(default_factory=dict, repr=False, compare=False)
    _inputs: Mapping[str, Made] = field(default_factory=dict, repr=False, compare=False)
    _answers: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def open(
        cls, path: Path | str, *, today: dt.date | None = None, state: Path | None = None
    ) -> Study:
        """Open a study by its file or folder; nothing is read yet but the two TOML files.

        Raises
        ------
        StudyError
            If a file is missing or wrong, or ``as_of`` lies after today.
        """
        file = find_study_file(Path(path))
        config = read_config(file)
        own = file.parent / config.parameters if config.parameters else None
        today = today or dt.datetime.now(tz=dt.UTC).date()
        amended = find_file(file.parent, read_only=config.read_only, state=state)
        study = cls(file, config, Parameters.read(own), today, read_amendments(amended))
        study._check_choices()
        return study

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the store."""
        return {**self.__dict__, "_store": {}, "_intakes": {}, "_answers": {}}

    def with_changes(
        self, *, parameters: Parameters | None = None, inputs: Mapping[str, Made] | None = None,
        **config: object,
    ) -> Study:
        """Return another study, a scenario, with some choices changed and an empty store.

        Layers in ``inputs`` stand in the place of those that would be read.
        """
        changed = validate_config({**self.config.model_dump(), **config}, where="scenario")
        study = replace(self, config=changed, parameters=parameters or self.parameters,
                        _store={}, _intakes={}, _answers={},
                        _inputs={**self._inputs, **(inputs or {})})
        study._check_choices()  # noqa: SLF001 - its own
        return study

    def _check_choices(self) -> None:
        """Refuse choices that cannot be: a day to come, a name that is not, a bad CRS."""
        as_of = self.config.as_of
        if as_of is not None and as_of > self.today:
            raise StudyError(f"as_of {as_of} lies in the future; today is {self.today}")
        reserved = {step.name for step in STEPS} & set(self.config.layers)
        if reserved:
            raise StudyError(f"layers: {', '.join(sorted(reserved))}: the name of a result")
        tabulate_services(
            self.parameters, {*self.config.services, *self.config.siting.services})
        find_group(self.config.reference.profile)
        self.input_files()
        project_xy_m(np.zeros(1), np.zeros(1), crs_metric=self.config.crs_metric)

    # -- names ---------------------------------------------------------------------------

    def names(self) -> tuple[str, ...]:
        """Names of all layers, inputs and results."""
        results = [step.name for step in STEPS if step.publishes and step.name not in self.absent]
        return (*sorted(self.config.layers), *results)

    @property
    def absent(self) -> dict[str, tuple[str, ...]]:
        """Steps that the study lacks the layers for, as `georisk.steps.find_absent`."""
        return find_absent(frozenset(self.config.layers))

    def spec(self, name: str) -> LayerSpec:
        """Return the description of a layer: the study's own, or a built-in one."""
        entry = self.config.layers.get(name)
        if entry is not None and entry.spec:
            return read_own_spec(self.file.parent, name, entry)
        catalog = load_catalog()
        if name not in catalog:
            raise CallError(f"no layer named {name!r}; there are: {', '.join(self.names())}")
        return catalog[name]

    # -- inputs --------------------------------------------------------------------------

    def check(self) -> tuple[dict[str, Intake], list[LayerError]]:
        """Read and validate every input layer.

        Returns
        -------
        intakes : dict
            Of the vector and table layers that can be used.
        errors : list of LayerError
            One for each that cannot; nothing is raised, so that all faults are seen at once.
        """
        intakes, errors = {}, []
        for name in self.config.layers:
            try:
                self._make(name)
                if name in self._intakes:
                    intakes[name] = self._intakes[name]
            except LayerError as error:
                errors.append(error)
        if not errors and "routes" in self.config.layers:
            faults = find_corridor_faults(self.layer("routes").frame, self.settings().corridors)
            errors += [LayerError(faults)] if faults else []
        return intakes, errors

    def input_files(self) -> dict[str, tuple[Path, ...]]:
        """Files of each input layer; variables in their paths are filled in."""
        return {name: list_files(entry.path, self.file.parent, os.environ,
                                 where=f"{self.file.name}: layers.{name}.path")
                for name, entry in self.config.layers.items()}

    def limits(self, spec: LayerSpec) -> Limits:
        """Where and until when rows can be; for points that somebody reported, the gazetteer."""
        if spec.geometry != "Point" or spec.role not in _REPORTED:
            return Limits(self.today, self.config.area)
        from layers.gazetteer import load_gazetteer

        return Limits(self.today, self.config.area, load_gazetteer())

    def corridor(self, name: str) -> Polygon | MultiPolygon | None:
        """Land around the legs that an extract for a layer is cut to; None: read all of it."""
        if name != "ways":
            return None
        from georisk.ways.area import draw_corridor

        lines = self.layer("routes").frame.geometry.to_numpy()
        return draw_corridor(lines, reach_km=self.parameters.value("network.strip_km"))

    def _read_input(self, name: str) -> Made:
        spec = self.spec(name)
        made, intake = read_input(
            spec, self.config.layers[name], self.input_files()[name],
            limits=self.limits(spec), segment_km=self.config.segment_km, area=self.corridor(name))
        if intake is not None:
            self._intakes[name] = intake
        return amend_input(made, self.amendments)

    # -- results -------------------------------------------------------------------------

    def settings(self) -> Settings:
        """Scientific choices that steps may read."""
        config = self.config
        corridors = {name: entry.steps for name, entry in config.corridors.items()}
        return Settings(config, self.parameters, self.as_of, self.today, corridors)

    @property
    def as_of(self) -> dt.date:
        """Day of the analysis: the study's, else that of the latest accepted incident."""
        if self.config.as_of is not None:
            return self.config.as_of
        if "incidents" in self.config.layers:
            latest = self.layer("incidents").frame["date"].max()
            if pd.notna(latest):
                return dt.date.fromisoformat(f"{latest:%Y-%m-%d}")
        return self.today

    def layer(self, name: str) -> Layer:
        """Return a vector or table layer, read or computed.

        Raises
        ------
        CallError
            If there is none of that name.
        """
        value = self._make(name).value
        if not isinstance(value, Layer):
            raise CallError(f"{name} is not a vector or table layer")
        return value

    def raster(self, name: str) -> RasterLayer:
        """Return a raster layer, read or computed."""
        value = self._make(name).value
        if not isinstance(value, RasterLayer):
            raise CallError(f"{name} is not a raster layer")
        return value

    def made(self, name: str) -> Made:
        """Return a layer with what it rests on, its warnings and its time."""
        return self._make(name)

    def everything_made(self) -> dict[str, Made]:
        """All that was read or computed so far, by name."""
        return dict(self._store)

    def answer(self, question: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - as `value`
        """Keep what was made of these layers beside the steps, until the study is let go."""
        if question not in self._answers:
            self._answers[question] = make()
        return self._answers[question]

    def value(self, name: str) -> Any:  # noqa: ANN401 - a step may make anything
        """Value of a step that is no layer of its own, such as the network."""
        return self._make(name).value

    def _make(self, name: str) -> Made:
        if name in self._store:
            return self._store[name]
        step = next((step for step in STEPS if step.name == name), None)
        if name in self.absent:
            raise CallError(f"this study has no layer {' or '.join(self.absent[name])}, on which "
                            f"{name} rests: give it in {self.file.name}")
        if step is not None:
            made = self._compute(step)
        elif name in self._inputs:
            made = self._inputs[name]
        elif name in self.config.layers:
            made = self._read_input(name)
        else:
            raise CallError(f"no layer named {name!r}; there are: {', '.join(self.names())}")
        self._store[name] = made
        return made

    def _gather(self, step: Step) -> dict[str, Made | None]:
        gathered: dict[str, Made | None] = {}
        for need in step.needs:
            if need.startswith("@"):
                for name in sorted(self.config.layers):
                    if self.spec(name).role == need[1:]:
                        gathered[name] = self._make(name)
            elif need in self.config.layers or any(s.name == need for s in STEPS):
                gathered[need] = self._make(need)
            else:
                gathered[need] = None
        return gathered

    def _compute(self, step: Step) -> Made:
        gathered = self._gather(step)
        settings = self.settings()
        present = {name: made for name, made in gathered.items() if made is not None}
        key = hash_text(step.name, str(step.version), settings.sha256,
                        *(f"{name}={made.key}" for name, made in sorted(present.items())))
        started = time.perf_counter()
        inputs: Mapping[str, Any] = {
            name: made.value if made else None for name, made in gathered.items()
        }
        outcome = step.compute(inputs, settings)
        provenance = derive_provenance(present, key)
        value = wrap_outcome(step, outcome, provenance)
        return Made(value, key, provenance, outcome.warnings, time.perf_counter() - started)
