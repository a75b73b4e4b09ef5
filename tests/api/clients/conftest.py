from __future__ import annotations

import pytest
from expected import read_expected
from serving import listen, serve


@pytest.fixture(scope="session", params=["public", "restricted"])
def audience(request):
    """Who asks: anybody, or a planner on the machine itself."""
    return request.param


@pytest.fixture(scope="session")
def servers(published_embedded, tmp_path_factory):
    """One server per audience, over the published embedded study."""
    folder = tmp_path_factory.mktemp("servers")
    with serve(published_embedded, "public", folder) as public, \
            serve(published_embedded, "restricted", folder) as restricted:
        yield {"public": public, "restricted": restricted}


@pytest.fixture(scope="session")
def snapshot(published_embedded):
    """What each audience must find."""
    runs = published_embedded / "runs"
    return {name: read_expected(runs, name) for name in ("public", "restricted")}


@pytest.fixture
def expected(snapshot, audience):
    return snapshot[audience]


@pytest.fixture
def heard(servers, audience, tmp_path):
    """The server of an audience, with somebody who writes down what it is asked."""
    with listen(servers[audience], tmp_path) as listener:
        yield listener
