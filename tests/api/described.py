"""A published study behind the application, as each audience is served it and told of it."""

from __future__ import annotations

import json
import threading
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from openapi_schema_validator import OAS30ReadValidator

from api.app import create_app
from api.entrance.protocol import BoundedProtocol
from api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

HOME = "http://localhost"


def choose_settings(folder: Path, audience: str, **more: Any) -> Settings:
    """Settings for a folder with a study and its ``runs``; what is written goes beside it."""
    state = folder / f"state-{audience}"
    state.mkdir(exist_ok=True)
    chosen = {"state": state, "study": folder / "study.toml", **more}
    return Settings(runs=folder / "runs", audience=audience, **chosen)


@contextmanager
def ask(folder: Path, audience: str = "public", **more: Any) -> Iterator[TestClient]:
    app = create_app(choose_settings(folder, audience, **more))
    with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
        yield client


@contextmanager
def serve(folder: Path, audience: str = "public", **more: Any) -> Iterator[str]:
    """A real server on this machine."""
    app = create_app(choose_settings(folder, audience, **more))
    server = uvicorn.Server(uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", access_log=False, ws="none",
        http=BoundedProtocol,
    ))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def list_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def resolve(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def fill_path(document: dict[str, Any], path: str, operation: dict[str, Any]) -> str:
    """A path with the examples of its names."""
    for one in operation["parameters"]:
        told = resolve(document, one)
        if told["in"] == "path":
            path = path.replace(f"{{{told['name']}}}", str(told["schema"].get("example", "x")))
    return path


class Told:
    """A description, and what does not keep to it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[str, Any] = {}

    def find_faults(self, operation: dict[str, Any], answer: Any) -> list[str]:
        told = operation["responses"].get(str(answer.status_code))
        if told is None:
            return [f"status {answer.status_code} is not told of"]
        content = resolve(self.document, told).get("content", {})
        media = ";".join(
            part.strip() for part in answer.headers.get("content-type", "").split(";")
            if not part.strip().startswith(("charset=", "header="))
        )
        if not content and not answer.content:
            return []
        if media not in content:
            return [f"{media} is not told of with {answer.status_code}"]
        if "json" not in media or media.endswith("seq"):
            return []
        return self.check(content[media]["schema"], answer.json())

    def check(self, schema: dict[str, Any], value: Any) -> list[str]:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            if "$ref" in schema:
                whole = {"allOf": [schema], "components": self.document["components"]}
            self._validators[key] = OAS30ReadValidator(whole)
        errors = self._validators[key].iter_errors(value)
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                for error in errors]
