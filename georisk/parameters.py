"""The one parameter file: every value with its unit, range and source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layers.errors import CallError, StudyError
from layers.layer import hash_text

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS_FILE = Path(__file__).parent / "defaults.toml"
_ALLOWED = frozenset({"value", "unit", "range", "source", "decl", "measure", "author", "date"})


@dataclass(frozen=True)
class Parameters:
    """Parameters in force, by dotted name.

    Examples
    --------
    >>> Parameters.read().value("speed.train")
    25.0
    """

    entries: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path | None = None) -> Parameters:
        """Read the defaults, and a study's own values over them.

        Raises
        ------
        StudyError
            Listing every unknown name, missing source and value out of range.
        """
        entries = _flatten(_parse(DEFAULTS_FILE))
        faults: list[str] = []
        if path is not None:
            own = _flatten(_parse(path))
            for name, entry in own.items():
                known = name in entries
                if not known:
                    faults.append(f"{path.name}: {name}: no such parameter")
                elif not _is_narrower(entry.get("range"), entries[name].get("range")):
                    faults.append(f"{path.name}: {name}: range may be narrowed, not widened")
                    continue
                elif "source" not in entry:
                    faults.append(f"{path.name}: {name}: say where the value comes from (source)")
                entries[name] = {**entries.get(name, {}), **entry}
        faults += _check(entries, path.name if path else DEFAULTS_FILE.name)
        if faults:
            raise StudyError("\n".join(faults))
        return cls(dict(sorted(entries.items())))

    def value(self, name: str) -> Any:  # noqa: ANN401 - a number or a word, as the file says
        """Value of one parameter."""
        if name not in self.entries:
            raise CallError(f"no parameter named {name!r}")
        return self.entries[name]["value"]

    def section(self, prefix: str) -> dict[str, Any]:
        """Values of all parameters below a prefix, by the rest of their names."""
        start = prefix + "."
        return {
            name.removeprefix(start): entry["value"]
            for name, entry in self.entries.items()
            if name.startswith(start)
        }

    def replace(self, **values: float) -> Parameters:
        """Return a copy with some values changed; dots in names are written as two underscores."""
        entries = dict(self.entries)
        for key, value in values.items():
            name = key.replace("__", ".")
            if name not in entries:
                raise CallError(f"no parameter named {name!r}")
            entries[name] = {**entries[name], "value": value}
        return Parameters(entries)

    @property
    def sha256(self) -> str:
        """Hash of the parameters in force."""
        return hash_text(self.to_toml())

    def to_toml(self) -> str:
        """Write the parameters in force as TOML."""
        blocks = []
        for name, entry in self.entries.items():
            lines = [f"[{name}]"]
            lines += [f"{key} = {_write(entry[key])}" for key in sorted(entry)]
            blocks.append("\n".join(lines))
        return "\n\n".join(blocks) + "\n"


def _write(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_write(item) for item in value) + "]"
    return repr(value)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyError(f"{path.name}: cannot be read: {error}") from error


def _flatten(table: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for key, entry in table.items():
        if not isinstance(entry, dict):
            out[f"{prefix}{key}"] = {"value": entry}
        elif "value" in entry:
            out[f"{prefix}{key}"] = entry
        else:
            out.update(_flatten(entry, f"{prefix}{key}."))
    return out


def _is_narrower(own: list[float] | None, known: list[float] | None) -> bool:
    """A study may not move the bounds of a parameter outwards: some of them protect people."""
    if own is None or known is None:
        return True
    return len(own) == len(known) and known[0] <= own[0] <= own[1] <= known[1]


def _check(entries: Mapping[str, Mapping[str, Any]], where: str) -> list[str]:
    faults = []
    for name, entry in entries.items():
        unknown = set(entry) - _ALLOWED
        if unknown:
            faults.append(f"{where}: {name}: unknown keys {sorted(unknown)}")
        value, bounds = entry.get("value"), entry.get("range")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            faults.append(f"{where}: {name}: {value!r} is not a number")
        elif bounds and not bounds[0] <= value <= bounds[1]:
            low, high = bounds
            faults.append(f"{where}: {name}: {value} is outside its range {low} to {high}")
    return faults
