"""The same clients from elsewhere, with a key: what it opens is there, and nothing else."""

from __future__ import annotations

import pyogrio
import pytest
from command import call_here
from expected import compare
from owslib.ogcapi.features import Features
from reading import split_features, split_frame
from test_client_gdal import run_gdal
from test_client_owslib import read_all

NAMES = ("segments", "stretches", "shelters", "gaps")


@pytest.fixture(scope="module")
def key(published_embedded):
    """A key that opens restricted, made as a steward makes it."""
    done = call_here("key", "create", "--audience", "restricted", "--holder", "EXAMPLE - office",
                     "--rate", "6000", "-s", published_embedded, "--quiet")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(params=["X-API-Key: {}", "Authorization: Bearer {}"])
def header(key, request, tmp_path):
    """A file with the header: GDAL reads it in every edition, and no list of processes shows it."""
    path = tmp_path / "header.txt"
    path.write_text(request.param.format(key) + "\n", encoding="ascii")
    return path


@pytest.fixture
def sending(header):
    """GDAL within pyogrio sends the key with every request."""
    pyogrio.set_gdal_config_options({"GDAL_HTTP_HEADER_FILE": str(header)})
    yield
    pyogrio.set_gdal_config_options({"GDAL_HTTP_HEADER_FILE": None})


def list_layers(address, header):
    return run_gdal("ogrinfo", "-ro", "-q", "--config", "GDAL_HTTP_HEADER_FILE", header,
                    f"OAPIF:{address}")


def test_gdal_lists_what_the_key_opens(servers, snapshot, header):
    told = list_layers(servers["public"], header)
    assert told.returncode == 0, told.stderr
    names = [line.split()[1] for line in told.stdout.splitlines()]
    assert sorted(names) == sorted(snapshot["restricted"])


@pytest.mark.usefixtures("sending")
def test_pyogrio_reads_what_the_key_opens(servers, snapshot):
    for name in NAMES:
        frame = pyogrio.read_dataframe(f"OAPIF:{servers['public']}", layer=name,
                                       PAGE_SIZE=10_000)
        assert compare(snapshot["restricted"][name], *split_frame(frame)) == [], name


def test_owslib_reads_what_the_key_opens(servers, snapshot, key):
    client = Features(servers["public"], headers={"X-API-Key": key})
    try:
        assert sorted(client.feature_collections()) == sorted(snapshot["restricted"])
        for name in NAMES:
            found = split_features(read_all(client, name))
            assert compare(snapshot["restricted"][name], *found) == [], name
    finally:
        # OWSLib keeps the headers of one client for all that follow.
        client.headers.pop("X-API-Key")


def test_without_the_key_it_is_public_and_a_wrong_one_opens_nothing(
        servers, snapshot, key, tmp_path):
    assert sorted(Features(servers["public"]).feature_collections()) == sorted(snapshot["public"])
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    header = tmp_path / "header.txt"
    header.write_text(f"X-API-Key: {wrong}\n", encoding="ascii")
    told = list_layers(servers["public"], header)
    assert told.returncode != 0
    assert "401" in told.stderr
