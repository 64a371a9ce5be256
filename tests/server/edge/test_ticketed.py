"""The tokens of ticketed sessions."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ids import new_id
from server.edge import Sessions, TicketedSessions

SECRET = b"k" * 32
STREAM = new_id("str")
LICENCE = new_id("lic")
DAY_MS = 24 * 3600 * 1000
ALPHABET = string.ascii_letters + string.digits + "-_"


class Clock:
    def __init__(self) -> None:
        self.time_ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.time_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> TicketedSessions:
    return make(clock)


def make(clock: Clock, secret: bytes = SECRET) -> TicketedSessions:
    return TicketedSessions(secret, clock, per_licence=3, now=lambda: 0.0)


def test_a_session_says_who_holds_it_until_it_expires(
    sessions: TicketedSessions, clock: Clock
) -> None:
    token, expires_ms = sessions.new(STREAM, LICENCE)
    assert expires_ms == clock.time_ms + DAY_MS
    assert set(token) <= set(ALPHABET), "fit for a path"
    for _ in range(2):
        session = sessions.read(STREAM, token)
        assert session is not None
        assert (session.holder, session.expires_ms) == (LICENCE, expires_ms)
        clock.time_ms = expires_ms - 1
    clock.time_ms = expires_ms
    assert sessions.read(STREAM, token) is None


def test_a_session_holds_after_a_restart(sessions: TicketedSessions, clock: Clock) -> None:
    token, _ = sessions.new(STREAM, LICENCE)
    assert make(clock).read(STREAM, token) == sessions.read(STREAM, token)
    assert make(clock, b"x" * 32).read(STREAM, token) is None


def test_a_session_is_of_one_stream(sessions: TicketedSessions) -> None:
    token, _ = sessions.new(STREAM, LICENCE)
    for other in (new_id("str"), STREAM[:-1], f"{STREAM}/", f"x/{STREAM}", ""):
        assert sessions.read(other, token) is None


def test_every_character_and_every_bit_counts(sessions: TicketedSessions) -> None:
    token, _ = sessions.new(STREAM, LICENCE)
    forged = [
        token[:at] + character + token[at + 1 :]
        for at in range(len(token))
        for character in ALPHABET
        if character != token[at]
    ]
    assert len(forged) == 112 * 63
    assert [each for each in forged if sessions.read(STREAM, each) is not None] == []


@pytest.mark.parametrize("cut", ["", "A", "~", "=", "é", "\ud800", "/", "A" * 10_000])
def test_nothing_may_be_added_or_left_out(sessions: TicketedSessions, cut: str) -> None:
    token, _ = sessions.new(STREAM, LICENCE)
    forged = {cut, token[:-1] + cut, token[:-4] + cut, cut + token[1:], cut + token, token + cut}
    for each in forged - {token}:
        assert sessions.read(STREAM, each) is None


def test_a_session_of_a_public_stream_is_none_of_these(sessions: TicketedSessions) -> None:
    public = Sessions(SECRET, now=lambda: 0.0)
    assert sessions.read(STREAM, public.new(STREAM)) is None
    assert not public.is_genuine(STREAM, sessions.new(STREAM, LICENCE)[0])


@given(st.text(max_size=200) | st.text(ALPHABET, min_size=100, max_size=120))
def test_any_text_is_read_as_none(token: str) -> None:
    assert make(Clock()).read(STREAM, token) is None


def test_tokens_never_repeat_and_the_newest_is_known(
    sessions: TicketedSessions, clock: Clock
) -> None:
    """Also within a millisecond, and where the clock goes back."""
    marks = []
    for step_ms in (0, 0, 5, -1_000, 0):
        clock.time_ms += step_ms
        session = sessions.read(STREAM, sessions.new(STREAM, LICENCE)[0])
        assert session is not None
        marks.append(session.mark)
    assert marks == sorted(set(marks))


def test_a_licence_has_few_seats_and_others_need_none(sessions: TicketedSessions) -> None:
    def seated(tokens: list[str]) -> list[bool]:
        read = [sessions.read(STREAM, token) for token in tokens]
        return [each is not None and sessions.is_seated(each) for each in read]

    made = [sessions.new(STREAM, LICENCE)[0] for _ in range(5)]
    assert seated(made) == [False, False, True, True, True], "from their making on"
    assert seated([sessions.new(STREAM, new_id("usr"))[0] for _ in range(5)]) == [True] * 5
    owner = new_id("usr")
    assert seated([sessions.new(STREAM, owner)[0] for _ in range(5)]) == [True] * 5
