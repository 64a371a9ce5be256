"""A stage for the orders of a test: one buyer, one seller, the providers in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.orders import OrderStage, open_order_stage
from trio.testing import MockClock


@pytest.fixture
async def shop(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[OrderStage]:
    async with open_order_stage(tmp_path) as stage:
        yield stage
