"""Verdicts neither come nor go for a moment's sake."""

import pytest

from actors.stream.health.rules import RULES
from actors.stream.health.series import Series
from actors.stream.health.sight import Sight
from actors.stream.health.verdicts import Finding, Judge, Level, Rule
from media.hls import IngestFacts

FACTS = IngestFacts(None, None, None, None, None, None, None, None, None, 0, 0, 0)


def sight(lag_ms: int, silent_s: float = 0.0) -> Sight:
    return Sight(
        facts=FACTS,
        series=Series(),
        read_lag_ms=lag_ms,
        kbps=0.0,
        silent_s=silent_s,
        lost_s=0.0,
        grace_left_s=None,
        video_silent_s=None,
        audio_silent_s=None,
        audio_announced=False,
        gop_s=None,
        fps=None,
        best_fps=0.0,
        publisher_s=0.0,
    )


def look(at: Sight) -> Finding | None:
    if not at.read_lag_ms:
        return None
    return Finding(Level.BAD if at.read_lag_ms > 9 else Level.WARNING, f"{at.read_lag_ms}")


def said(judge: Judge, lags: list[int]) -> list[str | None]:
    told: list[str | None] = []
    for second, lag in enumerate(lags):
        verdicts = judge.judge(sight(lag), float(second))
        told.append(f"{verdicts[0].level} {verdicts[0].text}" if verdicts else None)
    return told


@pytest.fixture
def judge() -> Judge:
    return Judge([Rule("late", look, raise_after_s=2, clear_after_s=3)])


def test_it_takes_some_seconds_to_come(judge: Judge) -> None:
    assert said(judge, [1, 2, 0, 1, 2, 3, 4]) == [None] * 5 + ["warning 3", "warning 4"]


def test_it_takes_some_seconds_to_go_and_keeps_its_last_words(judge: Judge) -> None:
    told = said(judge, [1, 1, 1, 0, 0, 5, 0, 0, 0, 0])
    assert told == [None, None, *["warning 1"] * 3, *["warning 5"] * 4, None]


def test_levels_do_not_flap_either(judge: Judge) -> None:
    told = said(judge, [1, 1, 1, 10, 1, 10, 10, 10, 1, 10, 1, 1, 1, 1])
    levels = [each and each.split()[0] for each in told]
    assert levels == [None, None, *["warning"] * 5, *["bad"] * 6, "warning"]


def test_in_silence_there_is_nothing_to_look_at() -> None:
    rules = [Rule("late", look, 0, 0), Rule("gone", look, 0, 0, in_silence=True)]
    judge = Judge(rules)
    assert [each.code for each in judge.judge(sight(1), 0.0)] == ["late", "gone"]
    assert [each.code for each in judge.judge(sight(1, silent_s=2.0), 1.0)] == ["gone"]


def test_codes_are_different() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
