"""The RTMP ports, plain and over TLS: they take encoders' connections, within bounds."""

import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog
import trio
from trio.abc import Stream

from server.rtmp.addresses import Addresses
from server.rtmp.publisher import Ingest, RtmpPublisher
from server.rtmp.tls import Certificate, TlsStream

TLS_HANDSHAKE_TIMEOUT_S = 10.0
LOG_REFUSALS_EVERY_S = 1.0
"""A flood of connections is not to become one of lines."""

log = structlog.get_logger()


class RtmpServer:
    """Serves encoders: ``nursery.start_soon(server.run, listeners)``, later ``drain``.

    ``certificate`` is that of the listeners for RTMPS.
    """

    def __init__(self, ingest: Ingest, certificate: Certificate | None = None) -> None:
        self._ingest = ingest
        self._certificate = certificate
        self._accepting = trio.CancelScope()
        self._addresses = Addresses()
        self._refusals = 0
        self._refusals_logged_at = -math.inf
        self._left = trio.Event()

    def __len__(self) -> int:
        return len(self._addresses)

    async def run(
        self,
        listeners: Sequence[trio.SocketListener],
        secure: Sequence[trio.SocketListener] = (),
    ) -> None:
        """Serve until drained or cancelled; ``secure`` listeners speak TLS."""
        async with trio.open_nursery() as connections:
            with self._accepting:
                async with trio.open_nursery() as accepting:
                    for each, serve in ((listeners, self._serve), (secure, self._serve_secure)):
                        if each:
                            accept = partial(trio.serve_listeners, handler_nursery=connections)
                            accepting.start_soon(accept, serve, list(each))

    async def drain(self, timeout_s: float) -> None:
        """Accept no more, and wait for the connections to end, which their actors see to."""
        self._accepting.cancel()
        with trio.move_on_after(timeout_s):
            while self._addresses:
                await self._left.wait()
        if self._addresses:
            log.warning("rtmp_drain_timeout", connections=len(self))

    async def _serve(self, stream: trio.SocketStream) -> None:
        await self._admit(stream, self._publish)

    async def _serve_secure(self, stream: trio.SocketStream) -> None:
        await self._admit(stream, self._publish_over_tls)

    async def _admit(
        self,
        stream: trio.SocketStream,
        publish: Callable[[trio.SocketStream, str], Awaitable[None]],
    ) -> None:
        """Serve a connection, where there is room for one more."""
        try:
            address = stream.socket.getpeername()[0]
        except OSError:
            await stream.aclose()  # gone before we looked
            return
        refusal = self._addresses.admit(address)
        if refusal is not None:
            self._note_refusal(address, refusal)
            await stream.aclose()
            return
        try:
            async with stream:
                await publish(stream, address)
        except Exception:
            log.exception("rtmp_connection_failed", address=address)
        finally:
            self._leave(address)

    async def _publish(self, stream: Stream, address: str) -> None:
        await RtmpPublisher(stream, address, self._ingest).run()

    async def _publish_over_tls(self, transport: trio.SocketStream, address: str) -> None:
        assert self._certificate is not None, "there is no secure listener without one"
        async with TlsStream(transport, self._certificate.context()) as stream:
            try:
                with trio.fail_after(TLS_HANDSHAKE_TIMEOUT_S):
                    await stream.do_handshake()
            except (trio.BrokenResourceError, trio.TooSlowError) as error:
                log.info("tls_refused", address=address, error=str(error))
                return
            await self._publish(stream, address)

    def _note_refusal(self, address: str, why: str) -> None:
        self._refusals += 1
        now = trio.current_time()
        if now - self._refusals_logged_at >= LOG_REFUSALS_EVERY_S:
            log.warning("rtmp_connection_refused", address=address, why=why, times=self._refusals)
            self._refusals, self._refusals_logged_at = 0, now

    def _leave(self, address: str) -> None:
        self._addresses.leave(address)
        left, self._left = self._left, trio.Event()
        left.set()
