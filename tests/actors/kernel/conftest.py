from collections.abc import AsyncIterator

import pytest
import trio

from actors.kernel import RestartBudget, Supervisor


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(nursery, RestartBudget(restarts=2, window_s=60.0))
        yield supervisor
        await supervisor.stop()
