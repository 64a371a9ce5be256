import pytest

from server.edge.seats import Seats
from server.edge.sessions import SESSION_ALIVE_S


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seats(clock: Clock) -> Seats:
    return Seats(3, clock)


def mark(number: int) -> bytes:
    return number.to_bytes(2, "big")


def seated(seats: Seats, *numbers: int, licence: str = "one") -> list[int]:
    return [number for number in numbers if seats.take(licence, mark(number))]


def test_the_newest_takes_the_seat_of_the_oldest(seats: Seats) -> None:
    assert seated(seats, 1, 2, 3) == [1, 2, 3]
    assert seated(seats, 1, 2, 3) == [1, 2, 3], "in any order, as often as they like"
    assert seated(seats, 4) == [4]
    assert seated(seats, 1, 2, 3, 4) == [2, 3, 4]
    assert seated(seats, 9, 2, 3, 4) == [9, 3, 4]
    assert seated(seats, 1, licence="another") == [1]


def test_the_oldest_is_by_its_making_not_by_its_use(seats: Seats, clock: Clock) -> None:
    assert seated(seats, 5, 6, 7) == [5, 6, 7]
    clock.now_s += 1
    assert seated(seats, 5, 8) == [5, 8]
    assert seated(seats, 5, 6, 7, 8) == [6, 7, 8]


def test_who_is_gone_leaves_a_free_seat(seats: Seats, clock: Clock) -> None:
    assert seated(seats, 2, 3, 4) == [2, 3, 4]
    clock.now_s += SESSION_ALIVE_S - 1
    assert seated(seats, 3, 4) == [3, 4]
    assert seated(seats, 1) == []
    clock.now_s += 1
    assert seated(seats, 1) == [1], "nobody has seen 2 for a while"
    assert seated(seats, 2) == [2], "which is back, and newer"
    assert seated(seats, 1) == []


def test_licences_that_nobody_uses_are_forgotten(seats: Seats, clock: Clock) -> None:
    for number in range(50):
        seats.take(f"licence {number}", mark(1))
    clock.now_s += SESSION_ALIVE_S - 1
    seats.take("licence 0", mark(1))
    assert len(seats) == 50
    clock.now_s += 1
    seats.take("licence 50", mark(1))
    assert len(seats) == 2
