"""A real browser without a network: what a page says, complains of and asks for."""

from __future__ import annotations

import json
import subprocess

from surroundings import require_tool

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-extensions", "--proxy-server=127.0.0.1:9",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=3000",
)  # fmt: skip


def open_page(path, folder, *, size):
    browser = require_tool("chromium", "chromium-browser", "google-chrome")
    log = folder / "net.json"
    call = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}",
            f"--window-size={size}", "--enable-logging=stderr", "--dump-dom", path.as_uri()]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console, list_requests(log)


def list_requests(log):
    """Addresses that a page asked for; the browser's own errands name no origin."""
    text = log.read_text(encoding="utf-8")
    try:
        document = json.loads(text)
    except json.JSONDecodeError:
        # The browser may be gone before it closes the list.
        document = json.loads(text.rstrip().rstrip(",") + "]}")
    kinds = document["constants"]["logEventTypes"]
    wanted = kinds["URL_REQUEST_START_JOB"]
    asked = [event.get("params", {}) for event in document["events"] if event["type"] == wanted]
    return [it["url"] for it in asked if it.get("initiator", "not an origin") != "not an origin"]
