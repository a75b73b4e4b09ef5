"""Pages for a person: what they say, what they never hold, how large they are."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from http_doubles import (
    make_door,
    open_client,
)

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGES = (
    "/", "/conformance", "/collections", "/collections/segments", "/collections/segments/items",
    "/collections/segments/items/a-0001", "/collections/segments/schema",
    "/collections/segments/queryables", "/collections/activity", "/collections/activity/items",
    "/collections/activity/items/x-1", "/collections/places/items", "/collections/shelters/items",
    "/collections/shelters/tiles", "/collections/shelters/tiles/WebMercatorQuad", "/corridors",
    "/corridors/north/profile", "/places?layer=shelters&corridor=north", "/maps", "/manifest",
    "/coverage", "/coverage?corridor=north", "/nearest?place=Arriaga", "/tileMatrixSets",
    "/tileMatrixSets/WebMercatorQuad",
)


class Collector(HTMLParser):
    """Elements with their attributes, and the words between them."""

    def __init__(self):
        super().__init__()
        self.elements, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


def read(text):
    found = Collector()
    found.feed(text)
    return found


def visible(text):
    bare = re.sub(r"<(style|title)>.*?</\1>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def fetch(client, path):
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


@pytest.mark.parametrize("path", PAGES)
def test_each_page_says_for_whom_of_what_day_and_from_which_run(client, path):
    said = visible(fetch(client, path))
    assert "data as of 2025-12-31" in said
    assert "run 20260101T000000Z-aaaaaaaa" in said
    assert "Restricted: for planners, not to be passed on." in said
    assert "restricted: holder not named, until 2026-04-15" in said


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_fetched_and_nothing_runs(client, path):
    text = fetch(client, path)
    for tag, attributes in read(text).elements:
        assert tag not in {"script", "iframe", "object", "embed", "link", "img", "base"}
        assert not any(name.startswith("on") for name in attributes)
        assert not attributes.get("href", "").lower().startswith(("javascript:", "data:"))
    assert "url(http" not in text
    assert "@import" not in text


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_of_pages_allows_what_they_do(client, path):
    policy = client.get(path, headers=HTML).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy


@pytest.mark.parametrize("path", PAGES)
def test_the_same_page_is_the_same_bytes(client, path):
    assert fetch(client, path) == fetch(client, path)


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_gets_a_page_and_a_program_does_not(client, path):
    assert client.get(path).headers["content-type"].startswith("application/")


@pytest.mark.parametrize("path", PAGES)
def test_links_of_a_page_lead_somewhere(client, path):
    links = {attributes["href"] for tag, attributes in read(fetch(client, path)).elements
             if tag == "a" and "href" in attributes}
    for href in links:
        if href.startswith("#") or "opengis.net" in href or "%7B" in href or "{" in href:
            continue
        address = href if href.startswith("http") else path.rpartition("/")[0] + "/" + href
        if "/api" in address or "/maps/" in address:
            continue
        assert client.get(address, headers=HTML).status_code == 200, (path, href)


def test_classes_come_with_the_sentences_that_belong_to_them(client):
    for path in ("/collections/segments/items", "/collections/segments/items/a-0001",
                 "/corridors/north/profile"):
        said = visible(fetch(client, path))
        assert "Robbery, kidnapping and sexual violence are not measured here." in said
        assert "this is not “safe”" in said
        assert "few reported" in said
        assert "Where little is reported, little is known" in said
    assert "not measured here" not in visible(fetch(client, "/collections/places/items"))


def test_insufficient_evidence_is_grey_hatch_and_words(client):
    text = fetch(client, "/collections/segments/items")
    assert '<i class="k0"></i>insufficient evidence' in text
    assert ".k0,i.k0{background:repeating-linear-gradient" in text
    assert "insufficient" in visible(fetch(client, "/collections/segments/items/b-0003"))


def test_a_score_for_ranking_never_stands_beside_one_of_risk(client):
    one = visible(fetch(client, "/collections/segments/items/a-0001"))
    assert "Risk score" in one
    assert "Priority score" not in one


def test_values_are_in_the_words_of_a_reader(client):
    one = visible(fetch(client, "/collections/segments/items/a-0001"))
    assert "Length 1 km" in one
    assert "reports nearby" in one
    shelters = visible(fetch(client, "/collections/shelters/items"))
    assert "water, food" in shelters


def test_synthetic_rows_are_banners(client):
    banner = "SYNTHETIC: illustrative data, says nothing about the world"
    assert banner in visible(fetch(client, "/collections/segments/items"))
    assert banner not in visible(fetch(client, "/conformance"))


def test_the_public_page_has_no_handling_and_no_hidden_layer(public_client):
    said = visible(fetch(public_client, "/"))
    assert "For everybody: public content only." in said
    assert "holder" not in said
    assert "by segment" not in said


def test_forms_can_be_sent_as_they_stand(client):
    text = fetch(client, "/collections/segments/items?limit=3&bbox=-90,14,-80,16")
    forms = re.findall(r"<form action=\"([^\"]+)\">(.*?)</form>", text, flags=re.DOTALL)
    assert len(forms) == 4
    for action, body in forms:
        fields = {a["name"]: a.get("value", "") for tag, a in read(body).elements
                  if tag in {"input", "textarea"}}
        fields["f"] = "html"
        whole = "Get the file" in body
        if "filter" in fields:
            fields["filter"] = "mode = 'foot'"
        if fields.get("bbox") == "":
            fields["bbox"] = "-90,14,-80,16"
        assert fields["limit"] == ("10000" if whole else "3")
        answer = client.get(action, params=fields)
        assert answer.status_code == 200, answer.text
        assert "5\xa0features" in answer.text


def test_a_file_holds_all_that_is_shown_or_says_that_it_does_not(client):
    text = fetch(client, "/collections/segments/items?limit=3&bbox=-90,14,-80,16")
    assert "all 5\xa0features" in text
    (form,) = [it for it in re.findall(r"<form .*?</form>", text, flags=re.DOTALL)
               if "Get the file" in it]
    fields = {a["name"]: a["value"] for tag, a in read(form).elements if tag == "input"}
    choices = [a["value"] for tag, a in read(form).elements if tag == "option"]
    assert choices == ["geojson", "geojsonseq", "csv", "flatgeobuf", "geoparquet"]
    told = client.get("/collections/segments/items", params={**fields, "f": "geojson"}).json()
    assert told["numberReturned"] == told["numberMatched"] == 5
    table = fetch(client, "/collections/activity/items")
    assert 'value="flatgeobuf"' not in table
    links = re.findall(r'href="([^"]*limit=10000[^"]*)"', fetch(client, "/collections/places"))
    assert len(links) == 5
    assert all("f=" in link for link in links)


def test_a_coloured_sketch_has_its_classes_beside_it(client):
    for page in ("/collections/segments", "/collections/segments/items"):
        text = fetch(client, page)
        for said in ("insufficient evidence", "few reported", "extreme"):
            assert re.search(rf'<i class="k[0-5]"></i>{said}', text)
    assert '<i class="k5">' not in fetch(client, "/collections/places")


def test_a_filter_stays_in_its_box(client):
    asked = "near_place <> 'a\"<b>' AND length_km > 0"
    text = client.get("/collections/segments/items", params={"filter": asked, "f": "html"}).text
    (box,) = re.findall(r"<textarea[^>]*>(.*?)</textarea>", text)
    assert html.unescape(box) == asked
    assert "<details open>" in text


def test_pages_lead_to_the_next(client):
    text = fetch(client, "/collections/places/items?limit=10")
    (href,) = re.findall(r'href="([^"]+)" rel="next"', text)
    second = fetch(client, html.unescape(href))
    assert "p-000010" in second
    assert "p-000009" not in second


def test_columns_asked_for_are_the_ones_shown(client):
    text = fetch(client, "/collections/segments/items?properties=risk_score")
    heads = re.findall(r"<thead><tr>(.*)\n", text)[0]
    assert heads == "<th>Segment id<th class=n>Risk score (0-10)"


def test_a_job_asks_again_while_it_runs_and_not_after():
    from types import SimpleNamespace

    from api.keys.holders import Holder
    from api.pages import render_page

    room = SimpleNamespace(door=make_door("restricted"), collections=())
    ask = SimpleNamespace(room=room, base="", path="/sites/a", texts={}, names={},
                          holder=Holder("restricted", "k1", "Ana <P.>"),
                          doorway=SimpleNamespace(formats=("html",), page="job"))
    links = [{"rel": "results", "title": "The points", "href": "/collections/a", "type": ""}]
    running = render_page("job", {"state": "running", "links": []}, ask).decode()
    done = render_page("job", {"state": "done", "links": links}, ask).decode()
    assert '<meta http-equiv="refresh" content="5">' in running
    assert "refresh" not in done
    assert '<a href="/collections/a">The points</a>' in done
    assert "restricted: Ana &lt;P.&gt;, until 2026-04-15" in done


def test_any_document_is_a_page(client):
    from api.pages.layout import lay_out

    parts = list(lay_out({
        "n": 1, "empty": None, "deep": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}},
        "rows": [{"a": 1}, {"b": [{"c": 1}]}], "list": list(range(20)),
        "sides": {"x": [1], "y": [2]}, "none": {}, "mixed": [1, {"a": 2}],
    }))
    assert [part.title for part in parts if part.table] == ["Rows", "Sides"]
    assert parts[0].facts == (("Number", "1"), ("Empty", "not known"))
    assert "WebMercatorQuad" in visible(fetch(client, "/tileMatrixSets/WebMercatorQuad"))


def test_what_is_not_shown_is_no_page(public_client):
    assert public_client.get("/collections/segments", headers=HTML).status_code == 404


def test_an_error_keeps_what_was_asked_and_leads_back(client):
    asked = "walk_h > '</textarea>"
    answer = client.get("/collections/segments/items", headers=HTML,
                        params={"filter": asked, "limit": "3", "token": "x"})
    assert answer.status_code == 400
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    (box,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, flags=re.DOTALL)
    assert html.unescape(box) == asked
    assert '<input name="limit" value="3" required>' in answer.text
    assert 'name="token"' not in answer.text
    links = [attributes.get("href") for _, attributes in read(answer.text).elements]
    assert "/collections/segments" in links
    assert "/maps" in links


def test_an_unknown_address_is_a_page_with_the_way_on(client):
    answer = client.get("/collections/'\"<x>/items/y", headers=HTML)
    assert answer.status_code == 404
    assert "x" not in {tag for tag, _ in read(answer.text).elements}
    assert '<a href="/collections">Collections</a>' in answer.text


def test_words_of_a_filter_are_listed(client):
    for path in ("/collections/segments", "/collections/segments/queryables"):
        assert "<code>few_reported</code> <code>moderate</code>" in fetch(client, path)
    assert "<code>water</code>" in fetch(client, "/collections/coverage/queryables")


def test_every_page_is_to_be_had_as_json(client):
    for path in PAGES:
        assert re.search(r'This page as .*rel="alternate">(Geo)?JSON', fetch(client, path)), path


def test_places_are_headed_by_their_names(client):
    text = fetch(client, "/collections/shelters/items")
    assert '<a href="items/mx-ex-1">EXAMPLE - One</a>' in text
    assert "Reported status" not in visible(fetch(client, "/collections/shelters/items/mx-ex-1"))


def test_a_town_is_asked_for_with_a_form(client):
    text = client.get("/nearest", headers=HTML).text
    assert '<input name="place" required' in text
    assert "<option disabled selected>any" in text
    assert "Walk (h)" in fetch(client, "/nearest?place=Arriaga")


def test_coverage_of_one_corridor_is_open(client):
    assert "<details open>" in fetch(client, "/coverage?corridor=north")


CAVEAT = "Since this was worked out, EXAMPLE."


@pytest.mark.parametrize(("path", "said"), [
    ("/collections/segments/items", 1), ("/collections/segments/items/a-0001", 1),
    ("/corridors/north/profile", 1), ("/coverage", 1), ("/collections/segments", 1),
    ("/collections/places/items", 0), ("/collections/shelters/items", 0),
])
def test_pages_of_what_was_worked_out_say_once_that_places_changed_since(path, said):
    for caveat in ("", CAVEAT):
        with open_client(make_door(caveat=caveat)) as client:
            page = client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert page.text.count(CAVEAT) == (said if caveat else 0)
