"""The door: what it has made once it keeps, however many ask at the same time."""

from __future__ import annotations

import threading

import pytest

from georisk import doors

PATIENCE_S = 60


@pytest.fixture
def door(published_grid):
    return doors.open("restricted", runs=published_grid / "runs")


def test_who_asks_at_the_same_time_waits_for_the_first(door):
    begun, going_on, made, got = threading.Event(), threading.Event(), [], []

    def make():
        made.append(1)
        begun.set()
        # Without a lock the second comes in here too, and nobody is kept waiting.
        going_on.wait(0.5)
        return object()

    threads = [threading.Thread(target=lambda: got.append(door._keep("key", make)))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    assert begun.wait(PATIENCE_S)
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(made) == 1
    assert len(got) == 3
    assert len(set(map(id, got))) == 1


def test_what_is_kept_is_free_and_another_key_waits_for_nobody(door):
    ready = door._keep("ready", object)

    def look_elsewhere():
        assert door._keep("ready", list) is ready
        return door._keep("other", object)

    done = []
    thread = threading.Thread(
        target=lambda: done.append(door._keep("key", look_elsewhere)), daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert done == [door._keep("other", list)]


def test_a_fault_is_not_kept_and_keeps_nobody_out(door):
    with pytest.raises(ZeroDivisionError):
        door._keep("key", lambda: 1 // 0)
    assert door._keep("key", lambda: 7) == 7
