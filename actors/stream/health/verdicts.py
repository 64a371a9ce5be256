"""Verdicts: a table of rules is looked at once a second, and none of them flaps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from actors.stream.health.sight import Sight


class Level(StrEnum):
    """How much a verdict matters: some listeners notice it, or nobody can listen well."""

    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, and what to do, in words for a broadcaster."""

    code: str
    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule finds in one second."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A question asked each second; ``look`` gives None where all is well.

    It must be found for ``raise_after_s`` to become a verdict, and not be found for
    ``clear_after_s`` to go; the same holds for each level. While nothing arrives only rules with
    ``in_silence`` are asked: the others have nothing to look at.
    """

    code: str
    look: Callable[[Sight], Finding | None]
    raise_after_s: float
    clear_after_s: float
    in_silence: bool = False


class Judge:
    """Makes verdicts out of what the rules find, in the order of their table."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._cases = [_Case(rule) for rule in rules]

    def judge(self, sight: Sight, now_s: float) -> tuple[Verdict, ...]:
        """Look at one second."""
        silent = sight.silent
        verdicts = [case.judge(sight, silent, now_s) for case in self._cases]
        return tuple(verdict for verdict in verdicts if verdict is not None)


class _Case:
    """One rule's verdict over time. It keeps its last words until it goes."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._found = _Latch(rule.raise_after_s, rule.clear_after_s)
        self._bad = _Latch(rule.raise_after_s, rule.clear_after_s)
        self._text = ""

    def judge(self, sight: Sight, silent: bool, now_s: float) -> Verdict | None:
        rule = self._rule
        finding = rule.look(sight) if rule.in_silence or not silent else None
        if finding is None and self._found.at_rest:
            return None
        if finding is not None:
            self._text = finding.text
        found = self._found.update(finding is not None, now_s)
        is_bad = finding is not None and finding.level is Level.BAD
        bad = self._bad.update(is_bad, now_s)
        if not found:
            return None
        return Verdict(rule.code, Level.BAD if bad else Level.WARNING, self._text)


class _Latch:
    """On once something has held for a time, off once it has not held for another."""

    def __init__(self, on_after_s: float, off_after_s: float) -> None:
        self._on_after_s = on_after_s
        self._off_after_s = off_after_s
        self._on = False
        self._since_s: float | None = None  # when it began to be otherwise

    @property
    def at_rest(self) -> bool:
        """Off, and nothing else in sight."""
        return not self._on and self._since_s is None

    def update(self, holds: bool, now_s: float) -> bool:
        if holds == self._on:
            self._since_s = None
            return self._on
        if self._since_s is None:
            self._since_s = now_s
        if now_s - self._since_s >= (self._off_after_s if self._on else self._on_after_s):
            self._on, self._since_s = holds, None
        return self._on
