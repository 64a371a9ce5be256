"""The sandbox as a server of its own, on its own listener and in its own data folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

import trio

from server.door import Door, PrependedStream, RequestHead, refusal, send_last
from server.sandbox.config import SandboxConfig
from server.sandbox.sandbox import Sandbox
from server.sandbox.schema import SCHEMA
from storage import open_sqlite

DRAIN_TIMEOUT_S = 5.0


async def serve_sandbox(
    listeners: Sequence[trio.SocketListener],
    data: Path,
    config: SandboxConfig,
    *,
    task_status: trio.TaskStatus[Callable[[], None]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until cancelled, or until what ``started`` gives is called: then end in order.

    Raises what opening the store raises.
    """
    ending = trio.Event()
    async with open_sqlite(data, SCHEMA) as store, trio.open_nursery() as servers:
        sandbox = Sandbox(store, config)
        door = Door(listeners, edge=_nowhere, gateway=_nowhere, app=sandbox.app)
        await servers.start(sandbox.run)
        await servers.start(door.run)
        task_status.started(ending.set)
        await ending.wait()
        await door.drain(DRAIN_TIMEOUT_S)
        servers.cancel_scope.cancel()


async def _nowhere(stream: PrependedStream, _head: RequestHead) -> None:
    """Answer for the rooms that the sandbox does not have."""
    await send_last(stream, refusal(404, "not_found", "There is nothing at this address."))
