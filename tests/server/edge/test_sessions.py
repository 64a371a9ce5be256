import pytest

from server.edge import Sessions
from server.edge import sessions as module

SECRET = b"k" * 32


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(SECRET, now=clock)


def test_sessions_are_new_each_time_and_fit_a_path(sessions: Sessions) -> None:
    made = {sessions.new("one") for _ in range(100)}
    assert len(made) == 100
    for session in made:
        assert len(session) == 43
        assert session.replace("-", "a").replace("_", "a").isalnum()


def test_a_session_holds_after_a_restart(sessions: Sessions) -> None:
    session = sessions.new("one")
    again = Sessions(SECRET, now=Clock())
    assert again.is_genuine("one", session)
    assert not again.is_genuine("two", session)
    assert not Sessions(b"x" * 32, now=Clock()).is_genuine("one", session)


def test_forged_sessions(sessions: Sessions) -> None:
    session = sessions.new("one")
    first, last = session[0], session[-1]
    forged = [
        "",
        "A" * 43,
        session[:-1],
        session + "A",
        session + "=",
        ("A" if first != "A" else "B") + session[1:],
        session[:-1] + chr(ord(last) + 1),
        session[:-1] + "/",
        session[:-1] + "é",
        session[:20] + "." + session[21:],
    ]
    assert [each for each in forged if sessions.is_genuine("one", each)] == []


def test_a_session_has_one_spelling(sessions: Sessions) -> None:
    """Base64 of 32 bytes leaves two bits over: another spelling would be counted as another."""
    session = sessions.new("one")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spellings = [session[:-1] + character for character in alphabet]
    assert [each for each in spellings if sessions.is_genuine("one", each)] == [session]


def test_each_session_counts_once_while_alive(sessions: Sessions, clock: Clock) -> None:
    one, two = sessions.new("a"), sessions.new("a")
    assert sessions.count("a") == 0, "made, but not used yet"
    sessions.touch("a", one)
    sessions.touch("a", two)
    sessions.touch("a", one)
    sessions.touch("b", sessions.new("b"))
    assert (sessions.count("a"), sessions.count("b")) == (2, 1)
    clock.now_s += module.SESSION_ALIVE_S - 1
    sessions.touch("a", one)
    assert sessions.count("a") == 2
    clock.now_s += 1
    assert (sessions.count("a"), sessions.count("b")) == (1, 0)
    clock.now_s += module.SESSION_ALIVE_S
    assert sessions.count("a") == 0
    assert sessions.is_genuine("a", one)


def test_sessions_are_bounded(
    sessions: Sessions, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_SESSIONS_PER_STREAM", 3)
    monkeypatch.setattr(module, "MAX_SESSIONS_COUNT", 5)
    for stream in ("a", "b"):
        for _ in range(10):
            sessions.touch(stream, sessions.new(stream))
    assert (sessions.count("a"), sessions.count("b")) == (3, 2)
    clock.now_s += module.SESSION_ALIVE_S
    sessions.touch("b", sessions.new("b"))
    assert (sessions.count("a"), sessions.count("b")) == (0, 1)
