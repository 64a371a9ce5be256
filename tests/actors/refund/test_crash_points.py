"""Wherever the process ends, the next one brings the order to the same end as without a crash.

``BANDSTAND_EXAMPLES`` sets how many runs with two crashes are tried of each story, out of all;
``-s`` prints the points.
"""

import os
import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

import pytest
import trio
from support.crash_story import (
    CrashStory,
    faulty_story,
    open_crash_story,
    plain_story,
)
from support.money_rules import check_books
from support.money_stage import noted_crashes
from support.money_state import state_of
from support.money_truth import check_against_truth
from trio.testing import MockClock

PAIRS = int(os.environ.get("BANDSTAND_EXAMPLES", "20"))
FEWEST_POINTS = 35

Story = Callable[[CrashStory], Awaitable[None]]


def run(story: Story, ends: Collection[int]) -> tuple[list[str], CrashStory]:
    """Tell a story whose process ends at these points; gives the state at its end."""
    told: list[CrashStory] = []

    async def main() -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            async with open_crash_story(Path(folder), ends) as stage:
                told.append(stage)
                await story(stage)
                kept = await check_books(stage.shop.store)
                check_against_truth(kept, stage.psp, stage.payouts, stage.gates)
                return await state_of(stage.shop.store, stage.psp, stage.payouts, stage.gates)

    with noted_crashes() as crashes:
        state = trio.run(main, clock=MockClock(autojump_threshold=0))
    assert crashes == []
    return state, told[0]


@pytest.mark.parametrize("story", [plain_story, faulty_story])
def test_every_point(story: Story) -> None:
    expected, told = run(story, ())
    points = told.points.names
    assert len(points) > FEWEST_POINTS
    for place, name in enumerate(points):
        state, told = run(story, {place})
        assert told.crashes == 1, name
        assert state == expected, name
    print(f"{story.__name__}: {len(points)} points: {dict(Counter(points))}")


@pytest.mark.parametrize("story", [plain_story, faulty_story])
def test_two_points(story: Story) -> None:
    """The second is counted from the first, so that it may well be in what recovers from it."""
    expected, told = run(story, ())
    points = len(told.points.names)
    pairs = [(first, first + more) for first in range(points) for more in (1, 2, 3, 5, 8, 13)]
    for ends in random.Random(6).sample(pairs, min(PAIRS, len(pairs))):
        state, told = run(story, ends)
        assert told.crashes >= 1
        assert state == expected, ends
