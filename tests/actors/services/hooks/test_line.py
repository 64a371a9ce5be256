"""The line: its order, its retries, and what becomes of an event in the end."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.services.hooks.line import (
    FIRST_DELAY_MS,
    HOLD_UP_TRIES,
    MAX_DELAY_MS,
    MAX_TRIES_KEPT,
    MAX_WAITING_EVENTS,
    RETRY_FOR_MS,
    Answer,
    Line,
    delay_ms,
    read_line,
    write_line,
)
from storage.rules import MAX_DOCUMENT_BYTES, encode
from storage.schema import SCHEMA

TAKEN = Answer(200, None, 12)
FAILED = Answer(500, "http_500", 12)
EVEN = 0.5


def line_of(count: int, now_ms: int = 0) -> Line:
    line = Line()
    for number in range(count):
        line = line.join(f"evt_{number}", "stream.live", "{}", now_ms)
    return line


def send(line: Line, answer: Answer, now_ms: int) -> Line:
    waiting = line.next()
    assert waiting is not None
    return line.tried(waiting, answer, now_ms, EVEN)


def waiting_events(line: Line) -> list[str]:
    return [each.event for each in line.waiting]


def test_events_are_sent_in_their_order() -> None:
    line = line_of(3)
    sent = []
    while (waiting := line.next()) is not None:
        sent.append(waiting.event)
        line = line.tried(waiting, TAKEN, 1, EVEN)
    assert sent == ["evt_0", "evt_1", "evt_2"]
    assert [each.outcome for each in line.tries] == ["delivered"] * 3


def test_a_failed_event_holds_up_the_next_ones_and_is_tried_again_later() -> None:
    line = send(line_of(2), FAILED, 1000)
    waiting = line.next()
    assert waiting is not None
    assert (waiting.event, waiting.due_at, waiting.attempts) == ("evt_0", 1000 + FIRST_DELAY_MS, 1)
    tried = line.tries[-1]
    assert (tried.outcome, tried.error, tried.next_at) == ("retrying", "http_500", waiting.due_at)


def test_after_eight_tries_later_events_no_longer_wait_for_it() -> None:
    line, now_ms = line_of(3), 0
    for _ in range(HOLD_UP_TRIES):
        waiting = line.next()
        assert waiting is not None
        assert waiting.event == "evt_0"
        now_ms = waiting.due_at
        line = line.tried(waiting, FAILED, now_ms, EVEN)
    assert 9 * 60_000 < now_ms < 12 * 60_000
    line = send(line, TAKEN, now_ms)
    assert waiting_events(line) == ["evt_0", "evt_2"]


def test_one_that_is_taken_has_all_that_failed_tried_at_once() -> None:
    line, now_ms = line_of(2), 0
    for _ in range(HOLD_UP_TRIES):
        waiting = line.next()
        assert waiting is not None
        line = line.tried(waiting, FAILED, now_ms := waiting.due_at, EVEN)
    line = send(line, TAKEN, now_ms)
    waiting = line.next()
    assert waiting is not None
    assert (waiting.event, waiting.due_at) == ("evt_0", now_ms)


def test_an_event_is_given_up_after_a_day_and_not_before() -> None:
    line, now_ms = line_of(1), 0
    while (waiting := line.next()) is not None:
        now_ms = waiting.due_at
        line = line.tried(waiting, FAILED, now_ms, EVEN)
    last = line.tries[-1]
    assert (last.outcome, last.next_at) == ("given_up", None)
    assert RETRY_FOR_MS <= now_ms < RETRY_FOR_MS + MAX_DELAY_MS
    assert 20 < last.attempt < 50


def test_a_full_line_gives_up_the_oldest_and_says_so() -> None:
    line = line_of(MAX_WAITING_EVENTS + 1)
    assert len(line.waiting) == MAX_WAITING_EVENTS
    assert waiting_events(line)[0] == "evt_1"
    assert (line.tries[-1].event, line.tries[-1].error) == ("evt_0", "line_full")
    assert line.tries[-1].outcome == "given_up"


@pytest.mark.parametrize(("answer", "outcome"), [(TAKEN, "delivered"), (FAILED, "given_up")])
def test_one_that_made_room_while_it_was_sent(answer: Answer, outcome: str) -> None:
    full = line_of(MAX_WAITING_EVENTS)
    sent = full.next()
    assert sent is not None
    after = full.join("evt_new", "stream.ended", "{}", 1).tried(sent, answer, 2, EVEN)
    assert after.tries[-1].outcome == outcome
    assert len(after.waiting) == MAX_WAITING_EVENTS


def test_a_ping_leaves_what_waits_alone() -> None:
    line = line_of(1)
    after = line.pinged("evt_ping", FAILED, 5)
    assert after.waiting == line.waiting
    assert (after.tries[-1].type, after.tries[-1].outcome) == ("ping", "ping")


def test_hurried_lines_are_due() -> None:
    line = send(line_of(1), FAILED, 1000).hurried(1500)
    assert line.waiting[0].due_at == 1500


@given(st.integers(1, 1_000_000), st.floats(0, 1))
def test_delays_are_bounded(failures: int, dice: float) -> None:
    assert 0.8 * FIRST_DELAY_MS <= delay_ms(failures, dice) <= 1.2 * MAX_DELAY_MS


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3_600_000)), max_size=200))
def test_whatever_happens_bounds_hold_and_nothing_is_sent_twice(
    steps: list[tuple[bool, int]],
) -> None:
    line, now_ms = Line(), 0
    delivered = []
    for number, (taken, pause_ms) in enumerate(steps):
        now_ms += pause_ms
        line = line.join(f"evt_{number:03}", "stream.live", "{}", now_ms)
        waiting = line.next()
        assert waiting is not None
        line = line.tried(waiting, TAKEN if taken else FAILED, now_ms, EVEN)
        if taken:
            delivered.append(waiting.event)
        assert len(line.waiting) <= MAX_WAITING_EVENTS
        assert len(line.tries) <= MAX_TRIES_KEPT
        assert waiting_events(line) == sorted(waiting_events(line))
    assert len(delivered) == len(set(delivered))
    assert read_line(write_line(line)) == line


def test_the_longest_line_fits_into_a_document() -> None:
    line = Line()
    for number in range(MAX_WAITING_EVENTS + MAX_TRIES_KEPT):
        line = line.join(f"evt_{number:026}", "stream.interrupted", '"🎸' * 480, 2**53)
    waiting = tuple(replace(each, first_at=2**53, attempts=99) for each in line.waiting)
    text = encode(SCHEMA.by_name["hook_lines"], write_line(replace(line, waiting=waiting)))
    assert len(text.encode()) < MAX_DOCUMENT_BYTES
