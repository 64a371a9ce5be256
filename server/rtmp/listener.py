"""The RTMP port: takes encoders' connections, within bounds."""

import structlog
import trio

from server.rtmp.publisher import Ingest, RtmpPublisher

MAX_CONNECTIONS = 256
MAX_CONNECTIONS_PER_ADDRESS = 64
LISTEN_BACKLOG_CONNECTIONS = 128

log = structlog.get_logger()


async def serve_rtmp(
    host: str,
    port: int,
    ingest: Ingest,
    *,
    task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve encoders until cancelled. OSError where the address cannot be had."""
    door = _Door(ingest)
    await trio.serve_tcp(
        door.serve, port, host=host, backlog=LISTEN_BACKLOG_CONNECTIONS, task_status=task_status
    )


class _Door:
    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._by_address: dict[str, int] = {}

    async def serve(self, stream: trio.SocketStream) -> None:
        try:
            address = stream.socket.getpeername()[0]
        except OSError:
            return  # gone before we looked
        held = self._by_address.get(address, 0)
        total = sum(self._by_address.values())
        if held >= MAX_CONNECTIONS_PER_ADDRESS or total >= MAX_CONNECTIONS:
            log.warning("rtmp_connection_refused", address=address, connections=total)
            return
        self._by_address[address] = held + 1
        try:
            await RtmpPublisher(stream, address, self._ingest).run()
        except Exception:
            log.exception("rtmp_connection_failed", address=address)
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
