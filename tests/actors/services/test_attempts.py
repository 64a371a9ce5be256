from actors.services import attempts
from actors.services.attempts import ATTEMPT_WINDOW_S, MAX_ATTEMPTS, Attempts


def test_so_many_and_no_more_until_the_oldest_is_out_of_the_window(clock):
    table = Attempts(clock)
    for _ in range(MAX_ATTEMPTS):
        assert table.take("key") is None
        clock.pass_s(1)
    assert table.take("key") == ATTEMPT_WINDOW_S - MAX_ATTEMPTS
    assert table.take("other") is None
    clock.pass_s(ATTEMPT_WINDOW_S - MAX_ATTEMPTS)
    assert table.take("key") is None
    assert table.take("key") == 1


def test_a_refused_attempt_does_not_count(clock):
    table = Attempts(clock)
    for _ in range(3 * MAX_ATTEMPTS):
        table.take("key")
    clock.pass_s(ATTEMPT_WINDOW_S)
    assert table.take("key") is None


def test_forgiven(clock):
    table = Attempts(clock)
    for _ in range(MAX_ATTEMPTS):
        table.take("key")
    table.forgive("key")
    assert table.take("key") is None


def test_the_table_is_bounded_and_forgets_what_was_used_longest_ago(clock, monkeypatch):
    monkeypatch.setattr(attempts, "MAX_TRACKED_KEYS", 3)
    table = Attempts(clock)
    for _ in range(MAX_ATTEMPTS):
        table.take("first")
    for key in ("second", "third", "first", "fourth"):
        table.take(key)
    assert len(table) == 3
    assert table.take("first") is not None
    assert table.take("second") is None
