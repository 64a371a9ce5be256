import random
from itertools import pairwise

import trio

from server.demo.chat import WELCOME_EVERY_S, Heard, Visitor
from server.demo.lines import ANSWERS, TALKS, WELCOMES
from server.demo.people import Guest

ADA = Guest("usr_A", "Ada", "token")


def visitor(*, begins=True):
    return Visitor(ADA, "usr_B", random.Random(1), begins=begins)


async def test_a_friend_is_answered_line_by_line(autojump_clock):
    for talk in TALKS:
        for line, answer in pairwise(talk):
            assert visitor().answer(Heard("usr_B", line)) == answer
        assert visitor().answer(Heard("usr_B", talk[-1])) is None


async def test_somebody_new_is_welcomed_by_one_and_not_all_the_time(autojump_clock):

    first, second = visitor(), visitor(begins=False)
    assert first.answer(Heard("usr_C", "hello")) in WELCOMES
    assert second.answer(Heard("usr_C", "hello")) is None
    assert first.answer(Heard("usr_C", "hello?")) is None
    await trio.sleep(WELCOME_EVERY_S)
    assert first.answer(Heard("usr_C", "anybody?")) in WELCOMES


def test_each_line_is_said_in_one_place_alone_and_is_short_enough():
    lines = [line for talk in TALKS for line in talk]
    assert len(lines) == len(set(lines))
    assert len(ANSWERS) == len(lines) - len(TALKS)
    assert max(len(line) for line in (*lines, *WELCOMES)) < 200


def test_all_talks_come_before_one_comes_again():
    openings = visitor()._openings
    said = [next(openings) for _ in range(2 * len(TALKS))]
    assert set(said[: len(TALKS)]) == set(said[len(TALKS) :]) == {talk[0] for talk in TALKS}
