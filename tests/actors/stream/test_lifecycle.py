"""Every pair of a status and a change: either the table has it, or it is refused."""

import itertools

import pytest

from actors.stream.lifecycle import ON_AIR, Change, IllegalTransition, Status, next_status

LEGAL = {
    ("idle", "frames"): "live",
    ("ended", "frames"): "live",
    ("interrupted", "frames"): "live",
    ("live", "drop"): "interrupted",
    ("live", "end"): "ended",
    ("interrupted", "end"): "ended",
}


@pytest.mark.parametrize(("status", "change"), list(itertools.product(Status, Change)))
def test_every_pair(status: Status, change: Change) -> None:
    expected = LEGAL.get((status.value, change.value))
    if expected is None:
        with pytest.raises(IllegalTransition, match=f"{status} knows no {change}"):
            next_status(status, change)
    else:
        assert next_status(status, change) == expected


def test_what_is_on_air() -> None:
    assert {"live", "interrupted"} == ON_AIR
