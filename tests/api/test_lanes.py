"""Who asks hard questions holds up neither what is sent, nor the look for a new run."""

from __future__ import annotations

import asyncio
import threading

import pytest
from http_doubles import make_door

from api.asking.ask import Ask, Doorway
from api.entrance import lanes
from api.errors import BusyError, find_problem
from api.stock.keeper import Keeper


def make_ask(endpoint, method="GET"):
    return Ask(room=None, settings=None, base="", path="/", query="", names={}, values={},
               texts={}, doorway=Doorway("/", endpoint, method=method), crew=None)


def test_lanes_hold_so_many_and_what_is_sent_has_its_own(monkeypatch):
    monkeypatch.setattr(lanes, "MOST_WAITING", 2)
    free, begun = threading.Event(), []

    def work(ask):
        begun.append(ask)
        assert free.wait(20)
        return "done"

    async def ask_all():
        own = lanes.Lanes()
        tasks = [asyncio.create_task(own.work(make_ask(work))) for _ in range(lanes.AT_ONCE + 2)]
        await asyncio.sleep(0.5)
        assert len(begun) == lanes.AT_ONCE
        with pytest.raises(BusyError):
            await own.work(make_ask(work))
        assert await own.work(make_ask(lambda _ask: "stored", "POST")) == "stored"
        free.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(ask_all()) == ["done"] * (lanes.AT_ONCE + 2)


def test_busy_says_when_to_try_again():
    problem = find_problem(BusyError("busy", retry_after_s=2))
    assert problem.status_code == 503
    assert problem.headers["retry-after"] == "2"


def test_a_look_that_takes_too_long_is_waited_for(monkeypatch):
    monkeypatch.setattr("api.stock.keeper.CHECK_EVERY_S", 0.0)
    monkeypatch.setattr("api.stock.keeper.PATIENCE_S", 0.0)
    later = make_door("public", run_id="20260102T000000Z-bbbbbbbb")
    door, slow = make_door("public", successor=later), threading.Event()
    keeper = Keeper(lambda _audience, _day: door, read_day=lambda: door.today)

    def look():
        slow.wait(5)
        return False

    async def ask_twice():
        await keeper.enter("public")
        door.is_current = look
        first = asyncio.create_task(keeper.enter("public"))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(keeper.enter("public"))
        await asyncio.sleep(0.1)
        assert not second.done()
        slow.set()
        return [(await task).room.door.run_id for task in (first, second)]

    assert asyncio.run(ask_twice()) == [later.run_id, later.run_id]


def test_who_finds_a_suite_finds_when_it_was_looked_at():
    door = make_door("public")
    keeper = Keeper(lambda _audience, _day: door, read_day=lambda: door.today)

    class Suites(dict):
        def __setitem__(self, audience, suite):
            assert {audience} == set(keeper._checked_s) == set(keeper._looked_s)
            super().__setitem__(audience, suite)

    keeper._suites = Suites()
    keeper.refresh("public")
    assert list(keeper._suites) == ["public"]


def test_the_run_before_is_let_go_after_its_time(monkeypatch):
    later = make_door("public", run_id="20260102T000000Z-bbbbbbbb")
    door = make_door("public", successor=later)
    keeper = Keeper(lambda _audience, _day: door, read_day=lambda: door.today)
    keeper.refresh("public")
    door.current = False
    keeper.refresh("public")
    keeper.refresh("public")
    assert keeper._suites["public"].before.door is door
    monkeypatch.setattr("api.stock.keeper.BEFORE_S", 0.0)
    keeper.refresh("public")
    assert keeper._suites["public"].before is None
    assert keeper._suites["public"].room.door is later


def test_a_run_that_another_process_opened_is_looked_for_at_once(monkeypatch):
    later = make_door("public", run_id="20260102T000000Z-bbbbbbbb")
    door, looks = make_door("public", successor=later), []
    keeper = Keeper(lambda _audience, _day: door, read_day=lambda: door.today)

    async def ask(run_id):
        suite = await keeper.enter("public", run_id=run_id)
        return suite.find(run_id).door

    async def ask_all():
        assert await ask("") is door
        door.current = False
        assert await ask("") is await ask(door.run_id) is await ask("2000") is door
        assert await ask(later.run_id) is door  # looked at just now: it has to wait a little
        monkeypatch.setattr("api.stock.keeper.AGAIN_S", 0.0)
        assert await ask(later.run_id) is later
        assert await ask(door.run_id) is door
        assert await ask("") is later
        later.is_current = lambda: looks.append("look") or True
        monkeypatch.setattr("api.stock.keeper.AGAIN_S", 60.0)
        for _ in range(5):
            assert await ask("9999") is later
        assert not looks

    asyncio.run(ask_all())
