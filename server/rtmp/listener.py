"""The RTMP port: takes encoders' connections, within bounds."""

from collections import Counter
from collections.abc import Sequence

import structlog
import trio

from server.rtmp.publisher import Ingest, RtmpPublisher

MAX_CONNECTIONS = 256
MAX_CONNECTIONS_PER_ADDRESS = 64

log = structlog.get_logger()


class RtmpServer:
    """Serves encoders: ``nursery.start_soon(server.run, listeners)``, later ``drain``."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._accepting = trio.CancelScope()
        self._by_address: Counter[str] = Counter()
        self._left = trio.Event()

    def __len__(self) -> int:
        return self._by_address.total()

    async def run(self, listeners: Sequence[trio.SocketListener]) -> None:
        """Serve until drained or cancelled."""
        async with trio.open_nursery() as connections:
            with self._accepting:
                await trio.serve_listeners(
                    self._serve, list(listeners), handler_nursery=connections
                )

    async def drain(self, timeout_s: float) -> None:
        """Accept no more, and wait for the connections to end, which their actors see to."""
        self._accepting.cancel()
        with trio.move_on_after(timeout_s):
            while self._by_address:
                await self._left.wait()
        if self._by_address:
            log.warning("rtmp_drain_timeout", connections=len(self))

    async def _serve(self, stream: trio.SocketStream) -> None:
        try:
            address = stream.socket.getpeername()[0]
        except OSError:
            await stream.aclose()  # gone before we looked
            return
        full = self._by_address[address] >= MAX_CONNECTIONS_PER_ADDRESS
        if full or len(self) >= MAX_CONNECTIONS:
            log.warning("rtmp_connection_refused", address=address, connections=len(self))
            await stream.aclose()
            return
        self._by_address[address] += 1
        try:
            async with stream:
                await RtmpPublisher(stream, address, self._ingest).run()
        except Exception:
            log.exception("rtmp_connection_failed", address=address)
        finally:
            self._leave(address)

    def _leave(self, address: str) -> None:
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
        left, self._left = self._left, trio.Event()
        left.set()
