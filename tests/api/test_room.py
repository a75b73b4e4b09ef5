"""The room behind the door: what it remembers lately has its bounds."""

from __future__ import annotations

import numpy as np
from http_doubles import make_door

from api.stock.room import Room


def test_few_results_of_jobs_are_kept_open_at_once():
    door = make_door()
    room, opened = Room(door), []

    def open_one(number):
        def build():
            opened.append(number)
            return Room(door, alias=(f"sites-{number}", "places"))
        return room.remember(("job", number), build)

    for number in range(9):
        open_one(number)
    for number in (8, 7, 6, 5):
        open_one(number)
    assert opened == [*range(9)]
    open_one(4)
    assert opened == [*range(9), 4]


def test_small_answers_are_kept_in_number():
    room, made = Room(make_door()), []

    def build():
        made.append(np.arange(10))
        return made[-1]

    for _ in range(2):
        for number in range(60):
            room.remember(number, build)
    assert len(made) == 60
