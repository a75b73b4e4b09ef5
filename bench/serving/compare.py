"""What an answer costs beside pygeoapi and tipg on PostGIS: CPU seconds, bodies equal.

    PYTHONPATH=. python bench/serving/compare.py [features]

100,000 invented points with ten attributes unless told otherwise. CPU of each server's processes
and, for the peers, of the whole PostgreSQL cluster; the client is counted for nobody. Servers
take turns, a few questions each, in every round. Ours is asked with a restricted key that it
checks, answers with a validator, and checks every parameter. What is missing on this machine is
named and left out. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from asking import Answer, Line, Server, find_difference, list_features
from cluster import MissingError, fill_table, open_cluster
from meter import read_cpu_s
from ours import make_key, open_ours, publish_points
from peers import make_environment, open_pygeoapi, open_tipg
from points import make_boxes, make_points

if TYPE_CHECKING:
    from collections.abc import Callable

FEATURES, ROUNDS, TURNS, PAGE = 100_000, 3, 10, 10_000
OURS = "georisk"
RESULTS = Path(__file__).resolve().parent.parent / "results.json"


@dataclass(frozen=True)
class Question:
    """What is asked, how often in a turn (of us more often: an answer of ours is soon given).

    ``list_queries`` takes how many and a seed: no box is asked for twice, so that nobody can
    answer from memory of the last time.
    """

    name: str
    bar: float
    list_queries: Callable[[int, int], list[str]]
    each_turn: int = 12
    ours_each_turn: int = 100


QUESTIONS = (
    Question("limit=10", 20, lambda count, _: ["limit=10"] * count),
    Question("limit=1000", 50, lambda count, _: ["limit=1000"] * count),
    Question("bbox, limit=1000", 20, lambda count, seed: [
        f"bbox={box}&limit=1000" for box in make_boxes(count, seed=seed)]),
    Question("export by pages", 20, lambda count, _: [""] * count, each_turn=1, ours_each_turn=4),
)
EXPORT_TURNS = 4


@dataclass(frozen=True)
class Party:
    """A server and all processes that work for it."""

    server: Server
    line: Line
    roots: tuple[int, ...]
    ours: bool


def ask(party: Party, queries: list[str]) -> None:
    """Ask; an empty query is for all pages of all features."""
    for query in queries:
        if query:
            party.line.read_items(query)
        else:
            for _ in party.line.follow_pages(PAGE):
                pass


def measure_round(parties: list[Party], question: Question, seed: int) -> dict[str, float]:
    """CPU milliseconds of one answer, by server, in turns."""
    turns = EXPORT_TURNS if question.each_turn == 1 else TURNS
    spent_s = {party.server.name: 0.0 for party in parties}
    for turn in range(turns):
        for party in parties:
            times = question.ours_each_turn if party.ours else question.each_turn
            queries = question.list_queries(times, seed * turns + turn)
            before = read_cpu_s(*party.roots)
            ask(party, queries)
            spent_s[party.server.name] += (read_cpu_s(*party.roots) - before) / times
    return {name: seconds / turns * 1000 for name, seconds in spent_s.items()}


def check_equal(parties: list[Party]) -> None:
    """Compare bodies feature by feature; check that ours are validated and parameters checked."""
    ours = next(party for party in parties if party.ours)
    for other in parties:
        if other.ours:
            continue
        for question in QUESTIONS[:3]:
            for query in dict.fromkeys(question.list_queries(25, 0)):
                _compare(ours, other, query)
        pages = zip(ours.line.follow_pages(PAGE), other.line.follow_pages(PAGE), strict=True)
        for number, (one, two) in enumerate(pages):
            _stop_at_difference(f"page {number}", one, two)
        print(f"{ours.server.name} and {other.server.name}: bodies equal, feature by feature")


def _compare(one: Party, two: Party, query: str) -> None:
    _stop_at_difference(query, one.line.read_items(query), two.line.read_items(query))


def _stop_at_difference(query: str, one: Answer, two: Answer) -> None:
    found = find_difference(list_features(one), list_features(two))
    if found:
        raise SystemExit(f"{query}: the bodies differ: {found}")


def check_ours(party: Party) -> None:
    """Check that ours does what it is measured with: a key, a validator, checked parameters."""
    line, target = party.line, party.line.name_items("limit=10")
    etag = line.read(target).headers.get("etag", "")
    stranger = Line(replace(party.server, headers={}))
    expected = {
        "a validator": len(etag) > 2,
        "a validator known again": line.ask(target, **{"If-None-Match": etag}).status == 304,
        "parameters checked": line.ask(line.name_items("limit=10&foo=bar")).status == 400,
        "nothing without the key": stranger.ask(target).status == 404,
    }
    missing = [name for name, there in expected.items() if not there]
    if missing:
        raise SystemExit(f"ours is without: {', '.join(missing)}")


def tell_costs(rounds: list[dict[str, dict[str, float]]]) -> tuple[dict[str, object], bool]:
    """Print the table; return it, and whether every bar is met."""
    table: dict[str, object] = {}
    kept = True
    for question in QUESTIONS:
        of_question = [costs[question.name] for costs in rounds]
        ours = [costs[OURS] for costs in of_question]
        row: dict[str, object] = {"georisk_ms": spread(ours), "bar": question.bar}
        told = f"{question.name:18} georisk {tell(ours)} ms"
        for peer in sorted(of_question[0].keys() - {OURS}):
            ratios = [costs[peer] / costs[OURS] for costs in of_question]
            row[f"{peer}_ms"] = spread([costs[peer] for costs in of_question])
            row[f"{peer}_ratio"] = spread(ratios)
            told += f"; {peer} {median(c[peer] for c in of_question):,.4g} ms, {tell(ratios)} times"
            kept &= peer != "pygeoapi" or min(ratios) >= question.bar
        print(f"{told} (bar {question.bar:g})")
        table[question.name] = row
    return table, kept


def spread(values: list[float]) -> dict[str, float]:
    """Least, median and most."""
    return {"min": min(values), "median": median(values), "max": max(values)}


def tell(values: list[float]) -> str:
    """Median, with least and most."""
    return f"{median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def keep_results(title: str, table: dict[str, object]) -> None:
    """Add a table to the results of the other benches."""
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    results[title] = table
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def open_parties(stack: ExitStack, folder: Path, count: int) -> list[Party]:
    """Start every server there is."""
    study = publish_points(folder, count)
    headers = make_key(study)
    server = stack.enter_context(open_ours(study, headers=headers))
    parties = [Party(server, Line(server), (server.pid,), ours=True)]
    try:
        python = make_environment()
        cluster = stack.enter_context(open_cluster())
        fill_table(cluster, make_points(count))
        peers = (stack.enter_context(open_pygeoapi(python, cluster, folder)),
                 stack.enter_context(open_tipg(python, cluster)))
        parties += [Party(peer, Line(peer), (peer.pid, cluster.pid), ours=False) for peer in peers]
    except MissingError as missing:
        print(f"left out, since this machine has no {missing}: the comparison with peers")
    return parties


def main() -> None:
    """Print the table and keep it; exit with 1 where a bar is missed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FEATURES
    with tempfile.TemporaryDirectory(prefix="georisk-bench-") as name, ExitStack() as stack:
        parties = open_parties(stack, Path(name), count)
        check_ours(parties[0])
        check_equal(parties)
        for party in parties:
            for question in QUESTIONS:
                ask(party, question.list_queries(question.each_turn, 0))
        rounds = [
            {question.name: measure_round(parties, question, seed) for question in QUESTIONS}
            for seed in range(1, ROUNDS + 1)]
    table, kept = tell_costs(rounds)
    keep_results(f"serving {count:,} features, CPU ms per answer", table)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
