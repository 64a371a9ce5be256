"""The peer in Python: ``websockets`` with its ``broadcast``. It talks as ``served`` says."""

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.typing import Subprotocol

from bench.chat.frames import SUBPROTOCOL, allow_open_files
from bench.chat.served import MAX_MEMBERS, MESSAGE


async def main() -> None:
    """Serve; broadcast as many messages as each line on stdin asks for."""
    joined: set[ServerConnection] = set()

    async def keep(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send("[]")  # stands for the reply to their join
        joined.add(connection)
        await connection.wait_closed()

    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with serve(
        keep, "127.0.0.1", 0, compression=None, subprotocols=[Subprotocol(SUBPROTOCOL)],
        ping_interval=None,
    ) as server:  # fmt: skip
        print(server.sockets[0].getsockname()[1], flush=True)
        while line := await lines.readline():
            for _ in range(int(line)):
                broadcast(joined, MESSAGE)
        server.close(close_connections=False)
        sys.stdout.flush()
        loop.stop()


if __name__ == "__main__":
    allow_open_files(MAX_MEMBERS)
    asyncio.run(main())
