import gc
from collections.abc import Iterator

import pytest

from server.collector import MIDDLE_LOOKS, YOUNG_LOOKS, YOUNG_OBJECTS, calm_collector


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_was_made_so_far_is_looked_at_no_more() -> None:
    calm_collector()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == (YOUNG_OBJECTS, YOUNG_LOOKS, MIDDLE_LOOKS)


def test_cycles_made_later_are_still_found() -> None:
    calm_collector()
    for _ in range(100):
        cycle: list[object] = []
        cycle.append(cycle)
    del cycle
    assert gc.collect() >= 100
