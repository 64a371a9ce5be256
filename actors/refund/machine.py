"""What the machines have in common: a table, and a look-up that refuses what it does not hold."""

from collections.abc import Mapping
from typing import TypeVar

S = TypeVar("S")
C = TypeVar("C")


class IllegalTransition(Exception):
    """The table knows no such change in this state: a fault of ours, or of who says it."""


def look_up(table: Mapping[tuple[S, C], S], state: S, change: C) -> S:
    """Give the state that ``change`` leads to. IllegalTransition."""
    try:
        return table[state, change]
    except KeyError:
        raise IllegalTransition(f"{type(state).__name__} {state} knows no {change}") from None
