"""Whatever is sent: a 4xx that says what is wrong, soon, and the server lives on."""

from __future__ import annotations

import http.client
import json
import socket
import time
from contextlib import suppress
from io import BytesIO
from urllib.parse import quote

import pytest
from described import Told, ask, fill_path, list_operations, resolve, serve

from api.app import DOORWAYS

PROBLEM = "application/problem+json"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
SLOW_S = 5
ITEMS = "/collections/boundaries/items"


@pytest.fixture(scope="module", params=["public", "restricted"])
def client(published_grid, request):
    with ask(published_grid, request.param) as client:
        client.audience = request.param
        yield client


@pytest.fixture(scope="module")
def told(client):
    return Told(client.get("/api").json())


@pytest.fixture(scope="module")
def server(published_grid):
    with serve(published_grid) as base:
        yield base.removeprefix("http://")


def check_problem(answer, *statuses):
    assert answer.status_code in (statuses or range(400, 500)), answer.text[:300]
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]


def send_raw(server, head, body=b"", *, wait_s=20.0):
    """Send bytes as they are; status, headers and body of the answer."""
    host, port = server.split(":")
    began = time.perf_counter()
    with socket.create_connection((host, int(port)), timeout=wait_s) as line:
        # It may be refused, and the line cut, before it is read to its end.
        with suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(head + body)
        received = b""
        with suppress(ConnectionResetError):
            while piece := line.recv(65_536):
                received += piece
                if b"\r\n\r\n" in received and _is_whole(received):
                    break
    assert time.perf_counter() - began < SLOW_S
    return _read_answer(received)


class _Line:
    def __init__(self, data):
        self._data = data

    def makefile(self, *_arguments):
        return BytesIO(self._data)


def _read_answer(received):
    answer = http.client.HTTPResponse(_Line(received))
    answer.begin()
    return answer.status, answer.headers, answer.read()


def _is_whole(received):
    try:
        _, headers, body = _read_answer(received)
    except http.client.HTTPException:
        return False
    return len(body) == int(headers.get("content-length", len(body)))


def request_raw(server, target, *headers, method=b"GET"):
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: " + server.encode(),
             b"Connection: close", *headers, b"", b""]
    return send_raw(server, b"\r\n".join(lines))


def check_raw_problem(answer, *statuses):
    status, headers, body = answer
    assert status in (statuses or range(400, 500)), body[:300]
    assert headers["content-type"] == PROBLEM
    assert json.loads(body)["status"] == status


def list_addresses(told, *methods):
    for path, method, operation in list_operations(told.document):
        if method in (methods or ("GET",)):
            yield fill_path(told.document, path, operation), operation


# Parameters, at every address ------------------------------------------------------------------

WRONG = {
    "limit": ("0", "-1", "abc", "1.5", "1e9", "", "+5", "%31%30x", "٣", "9" * 400),
    "bbox": ("", "1", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,nan,nan,nan", "inf,0,1,1",
             "0,0,1e999,1", "0,1,1,0", "-181,0,0,1", "0,-91,1,1", "0,0,0,91", "1,2,3,4,5,6,7",
             "0 ,0,1,1", "0x10,0,1,1", "1_0,0,11,1"),
    "datetime": ("", "..", "../..", "2024", "2024-13-01", "2024-02-30", "2024-01-02/2024-01-01",
                 "2024-01-01T25:00:00Z", "yesterday", "2024-01-01/2024-01-02/2024-01-03",
                 "2024-01-01T00:00:00+99:00", "0000-01-01", "99999-01-01"),
    "token": ("", "x", "%00", "a" * 3000, "é"),
    "crs": ("", "EPSG:99999", "http://www.opengis.net/def/crs/EPSG/0/1", "x" * 300),
    "bbox-crs": ("", "EPSG:0"), "filter-crs": ("", "EPSG:0"),
    "filter": ("", "(", "a b c", "nothing_here = 1", "\0", "'" * 100, "1", "length_km >",
               "S_INTERSECTS(geom,BBOX())", "(" * 2000 + "1=1" + ")" * 2000),
    "filter-lang": ("", "sql", "CQL2-TEXT"),
    "properties": ("nothing_here", "iso,", ",", "*"),
    "sortby": ("", "nothing_here", "-", "+", "a" * 500, ",".join("abcdefghi")),
    "f": ("", "xml", "JSON", "json,html", "../json"),
    "lang": ("", "xx", "EN"),
    "layer": ("", "x" * 81, "%0a"), "corridor": ("", "x" * 81, "%0a"), "leg": ("x" * 81,),
    "from": ("x" * 81,), "to": ("x" * 81,), "place": ("", "x" * 81),
    "service": ("", "nothing_here"), "admits": ("", "nothing_here"),
}


def test_unknown_parameters_are_refused_everywhere(client, told):
    for address, _ in list_addresses(told):
        check_problem(client.get(f"{address}?nonsense=1"), 400)
        check_problem(client.get(f"{address}?LIMIT=1&%6Eonsense"), 400)


def test_parameters_given_twice_are_refused_everywhere(client, told):
    for address, operation in list_addresses(told):
        for one in operation["parameters"]:
            parameter = resolve(told.document, one)
            if parameter["in"] == "query":
                name = parameter["name"]
                check_problem(client.get(f"{address}?{name}=1&{name}=1"), 400)


def test_wrong_values_are_refused_everywhere(client, told):
    for address, operation in list_addresses(told):
        for one in operation["parameters"]:
            parameter = resolve(told.document, one)
            for value in WRONG[parameter["name"]] if parameter["in"] == "query" else ():
                query = f"{parameter['name']}={quote(value, safe='%')}"
                if parameter["name"] in {"filter-lang", "filter-crs", "bbox-crs"}:
                    query += "&bbox=0,0,1,1"
                began = time.perf_counter()
                answer = client.get(f"{address}?{query}")
                assert time.perf_counter() - began < SLOW_S, query[:80]
                check_problem(answer, 400, 404, 410, 413, 422)


def test_limits_that_are_right(client):
    for value, returned in (("1", 1), ("00002", 2), ("10000", 2), ("1000000000", 2)):
        answer = client.get(f"{ITEMS}?limit={value}")
        assert answer.status_code == 200
        assert answer.json()["numberReturned"] == returned


@pytest.mark.parametrize("box", [
    "0,0,0,0", "180,90,180,90", "-180,-90,180,90", "170,-10,-170,10", "180,0,-180,0",
    "179.9999999,-90,-179.9999999,90", "-0.0,-0.0,0.0,0.0", "1e-300,0,1e-299,1",
    "0,0,-1e9,1,1,1e9", "-90,14,-90,15",
])
def test_odd_boxes_have_an_answer(client, box):
    for name in ("boundaries", "corridors", "routes"):
        assert client.get(f"/collections/{name}/items?bbox={box}").status_code == 200


# Addresses and queries as bytes ----------------------------------------------------------------

@pytest.mark.parametrize("query", [
    b"limit=%", b"limit=%zz", b"filter=%ff%fe", b"filter=%c3%28", b"datetime=%00",
    b"%00=1", b"%ff=1", b"limit", b"=", b"limit=1;limit=2", b"?", b"limit=1%0d%0aX: y",
    b"&".join(b"a%d=1" % n for n in range(500)), b"limit=" + b"1" * 9000,
    b"bbox=" + b"1," * 4000, b"sortby=" + b"a," * 4000, b"filter=" + b"%28" * 2700,
    b"filter=%F0%9F%92%A9", b"filter=" + b"%00" * 100, b"\xff\xfe=1", b"filter=\xe9",
])
def test_malformed_queries(server, query):
    check_raw_problem(request_raw(server, ITEMS.encode() + b"?" + query), 400, 413, 422)


@pytest.mark.parametrize("target", [
    b"/%", b"/%zz", b"/%00", b"/%ff", b"/collections/%00", b"/collections/%ff/items",
    b"/collections/%2e%2e%2f%2e%2e%2fetc%2fpasswd", b"/../../etc/passwd", b"//", b"//collections",
    b"/collections//items", b"/collections/boundaries/items/" + b"a" * 5000,
    b"/collections/" + b"a" * 30_000, b"/" + b"a/" * 10_000, b"/collections/boundaries/items/%0a",
    b"/collections/boundaries/items/%F0%9F%92%A9", b"/collections/Boundaries",
    b"/collections/boundaries/", b"/maps/..%2f..%2fetc", b"/\xc3\xa9", b"/tileMatrixSets/%20",
    b"/collections/boundaries/tiles/99/0/0.mvt", b"/collections/boundaries/tiles/-1/0/0.mvt",
    b"/collections/boundaries/tiles/1/1e1/0.mvt", b"/collections/boundaries/tiles/0/0/x.mvt",
    b"/collections/boundaries/tiles/" + b"9" * 4000 + b"/0/0.mvt",
])
def test_malformed_paths(server, target):
    check_raw_problem(request_raw(server, target), 400, 404)


def test_ten_megabytes_of_filter(server, client):
    check_raw_problem(
        request_raw(server, ITEMS.encode() + b"?filter=" + b"a" * 10_000_000), 400, 413, 414, 431)
    began = time.perf_counter()
    scope_query = "filter=" + "a" * 60_000
    check_problem(client.get(f"{ITEMS}?{scope_query}"), 400, 413, 414)
    assert time.perf_counter() - began < SLOW_S


@pytest.mark.parametrize("text", [
    "S_INTERSECTS(geom,POLYGON((" + ",".join(f"{n} {n % 7}" for n in range(900)) + ",0 0)))",
    "S_INTERSECTS(geom,POLYGON((0 0,1 1,0 1,1 0,0 0)))",
    "S_INTERSECTS(geom,POINT(1e400 0))",
    "S_INTERSECTS(geom,BBOX(nan,0,1,1))",
    "S_WITHIN(geom,BBOX(170,-10,-170,10))",
    " OR ".join(["iso='MX'"] * 700),
    "NOT " * 1500 + "iso='MX'",
    "iso LIKE '" + "%" * 3000 + "'",
    "iso IN (" + ",".join(["'x'"] * 1500) + ")",
    "+".join(["1"] * 2500) + "=1",
    "1/0 = 1", "iso = 1", "9999999999999999999999 = 1e308*10",
])
def test_heavy_filters_end_soon(client, text):
    began = time.perf_counter()
    answer = client.get(ITEMS, params={"filter": text})
    assert time.perf_counter() - began < SLOW_S
    if answer.status_code != 200:
        check_problem(answer, 400, 413, 422)


# Headers ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("header", [
    b"X-Long: " + b"a" * 200_000, b"Accept: " + b"text/html," * 20_000, b"No colon",
    b"X\x00: 1", b"Content-Length: -1", b"Content-Length: abc",
    b"Transfer-Encoding: nonsense\r\nContent-Length: 3",
    b"X-API-Key: \xff\xfe", b"X-API-Key: nonsense", b"Authorization: Bearer " + b"a" * 4000,
    b"Authorization: Bearer", b"Authorization: Bearer \xc3\xa9",
    b"\r\n".join(b"X-%d: 1" % n for n in range(20_000)),
])
def test_malformed_headers(server, header):
    check_raw_problem(request_raw(server, b"/collections", header), 400, 401, 413, 431)


@pytest.mark.parametrize("header", [
    b"Accept: ", b"Accept: ;;;,,,", b"Accept: text/html;q=nonsense", b"Accept: */*;q=0",
    b"Accept: image/png", b"Accept-Encoding: \xff, gzip;q=x", b"If-None-Match: W/", b"Range: x",
    b"If-None-Match: " + b'"a",' * 5000, b"If-Modified-Since: yesterday", b"Cookie: a=b",
    b"If-Modified-Since: Thu, 99 Nov 99999 99:99:99 GMT", b"Expect: nonsense",
    b"Authorization: Basic dTpw", b"X-Forwarded-For: 1.2.3.4", b"Range: bytes=0-1",
])
def test_odd_headers_are_no_fault(server, header):
    status, _, _ = request_raw(server, b"/collections", header)
    assert status in {200, 304, 401}


@pytest.mark.parametrize("head", [
    b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"G\0T / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1 x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
])
def test_what_is_no_request(server, head):
    check_raw_problem(send_raw(server, head), 400, 405, 505)
    assert request_raw(server, b"/healthz")[0] == 200


def test_a_host_that_is_none(server):
    for host in (b"", b"a b", b"\xff", b"evil.example/path", b"x" * 5000):
        lines = [b"GET /collections HTTP/1.1", b"Host: " + host, b"Connection: close", b"", b""]
        status, headers, body = send_raw(server, b"\r\n".join(lines))
        assert status in {200, 400}
        assert b"evil.example" not in body
        assert headers["content-type"] in {"application/json", PROBLEM}


# Methods ---------------------------------------------------------------------------------------

def test_other_methods_are_refused_and_the_right_ones_named(client, told):
    taken = {}
    for path, method, operation in list_operations(told.document):
        address = fill_path(told.document, path, operation)
        taken.setdefault(address, set()).update({method, *({"HEAD"} if method == "GET" else ())})
    for address, right in taken.items():
        for method in METHODS:
            if method not in right:
                answer = client.request(method, address)
                assert answer.status_code == 405
                if method != "HEAD":
                    check_problem(answer, 405)
                allowed = {it.strip() for it in answer.headers["allow"].split(",")}
                assert allowed == right, (method, address)


def test_head_is_get_without_a_body(client, told):
    for address, operation in list_addresses(told):
        formats = next((resolve(told.document, one)["schema"]["enum"]
                        for one in operation["parameters"]
                        if resolve(told.document, one)["name"] == "f"), [""])
        for name in formats:
            full = f"{address}?f={name}" if name else address
            got, head = client.get(full), client.head(full)
            assert head.status_code == got.status_code, full
            assert head.content == b""
            assert dict(head.headers) == dict(got.headers), full


def test_head_over_the_wire(server):
    for target in (b"/collections", ITEMS.encode(), ITEMS.encode() + b"?f=csv", b"/nothing"):
        lines = [b"HEAD " + target + b" HTTP/1.1", b"Host: " + server.encode(),
                 b"Connection: close", b"", b""]
        host, port = server.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as line:
            line.sendall(b"\r\n".join(lines))
            received = b""
            while piece := line.recv(65_536):
                received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        assert body == b""
        assert b"content-length: " in head.lower()


def test_a_page_from_elsewhere(published_grid):
    asked = {"Origin": "https://map.example", "Access-Control-Request-Method": "GET"}
    with ask(published_grid) as client:
        assert "access-control-allow-origin" not in client.get("/", headers=asked).headers
        check_problem(client.options("/collections", headers=asked), 405)
    with ask(published_grid, cors_origins=("https://map.example",)) as client:
        answer = client.options("/collections", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://map.example"
        assert "GET" in answer.headers["access-control-allow-methods"]
        got = client.get("/collections", headers={"Origin": "https://map.example"})
        assert got.headers["access-control-allow-origin"] == "https://map.example"
        assert "Origin" in got.headers["vary"]
        other = {**asked, "Origin": "https://other.example"}
        refused = client.options("/collections", headers=other)
        assert 400 <= refused.status_code < 500
        assert "access-control-allow-origin" not in refused.headers


# Formats ---------------------------------------------------------------------------------------

def test_formats_that_are_not_to_be_had(client, told):
    for address, operation in list_addresses(told):
        if any(resolve(told.document, one)["name"] == "f" for one in operation["parameters"]):
            check_problem(client.get(f"{address}?f=nonsense"), 400)
        plain = client.get(address)
        assert client.get(address, headers={"Accept": "image/webp"}).headers[
            "content-type"] == plain.headers["content-type"]


def test_a_table_has_no_format_for_what_is_drawn(published_grid):
    with ask(published_grid, "restricted") as client:
        check_problem(client.get("/collections/coverage/items?f=flatgeobuf"), 406)
        check_problem(client.get("/collections/coverage/tiles"), 404)


# Bodies ----------------------------------------------------------------------------------------

BODIES = (
    b"", b"nonsense", b"null", b"[]", b"1", b'"x"', b"{}", b"{" * 1000, b"[" * 900,
    b'{"a":' * 300 + b"1" + b"}" * 300, b'{"type":"Point","coordinates":[1e999,0]}',
    b'{"type":"Point","coordinates":[NaN,0]}', b'{"type":"Point","coordinates":"0,0"}',
    b'{"type":"Point","coordinates":[0,0,0]}', b'{"type":"Point","coordinates":[0,0],"x":1}',
    b'{"type":"Point","coordinates":[181,0]}', b"\xff\xfe\x00", b'{"services":[]}',
    '{"services":["water"],"k":-1}'.encode("utf-16"), b'{"services":["water"],"k":1e400}',
    b'{"services":["\\ud800"]}', b'{"place_id":"\\u0000","status":"OPEN","date":"2026-01-05"}',
    b'{"services":["' + b"a" * 500 + b'"]}', b"GR1 x OPEN 2026-01-05 00", b"\0" * 100,
)


def list_takers(client):
    order = ("public", "partner", "restricted")
    return [it for it in DOORWAYS
            if it.method == "POST" and order.index(it.least) <= order.index(client.audience)]


def test_bodies_that_say_nothing(client):
    assert list_takers(client)
    for doorway in list_takers(client):
        for media in doorway.bodies:
            for body in BODIES:
                began = time.perf_counter()
                answer = client.post(
                    doorway.path, content=body, headers={"Content-Type": media})
                assert time.perf_counter() - began < SLOW_S
                check_problem(answer, 400, 413, 422, 429)


def test_bodies_of_another_kind_or_too_large(client):
    for doorway in list_takers(client):
        for media in ("", "text/html", "application/xml", "multipart/form-data", "x", "a/b/c",
                      "application/x-www-form-urlencoded", "image/png"):
            answer = client.post(doorway.path, content=b"{}", headers={"Content-Type": media})
            check_problem(answer, 415, 429)
        for media in doorway.bodies:
            big = b" " * (doorway.max_body_bytes + 1)
            check_problem(
                client.post(doorway.path, content=big, headers={"Content-Type": media}), 413, 429)


def test_a_body_without_an_end(server):
    head = b"\r\n".join([
        b"POST /nearest HTTP/1.1", b"Host: " + server.encode(), b"Connection: close",
        b"Content-Type: application/json", b"Transfer-Encoding: chunked", b"", b"",
    ])
    check_raw_problem(send_raw(server, head, b"10000\r\n" + b" " * 65_536), 413)
    long = head.replace(b"Transfer-Encoding: chunked", b"Content-Length: 100000000000")
    check_raw_problem(send_raw(server, long, b" " * 100_000), 413)
