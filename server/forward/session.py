"""One connection to a target, from the handshake to the end of the show or of the connection."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import trio
from trio.abc import HalfCloseableStream, Stream

from media.rtmp import PublishDenied, PublishStarted, RtmpClient, RtmpError
from media.rtmp.errors import ErrorCode
from server.forward.faults import Lost, Refused
from server.forward.queue import FrameQueue

PUBLISH_TIMEOUT_S = 15.0
"""From the connection to leave to publish."""
SEND_TIMEOUT_S = 10.0
"""For MAX_SEND_BYTES, or one frame that is larger."""
MAX_SEND_BYTES = 256 * 1024
GOODBYE_S = 1.0
READ_BYTES = 16 * 1024

_CLOSED = "It closed the connection."
_CLOSED_BEFORE = "It closed the connection without taking the show: is the key right?"


class Session:
    """Publishes what comes out of a queue. ``on_live`` and ``on_sent`` (bytes) hear how it goes."""

    def __init__(
        self,
        stream: Stream,
        client: RtmpClient,
        queue: FrameQueue,
        on_live: Callable[[], None],
        on_sent: Callable[[int], None],
    ) -> None:
        self._stream = stream
        self._client = client
        self._queue = queue
        self._on_live = on_live
        self._on_sent = on_sent
        self._is_live = self._is_over = False
        self._sending = trio.Lock()
        self._fault: Lost | Refused | None = None

    async def run(self) -> None:
        """Publish until the queue has ended, and say goodbye. Lost, Refused."""
        try:
            with trio.fail_after(PUBLISH_TIMEOUT_S):
                await self._ask()
        except trio.TooSlowError:
            raise Lost(f"It did not take the show within {PUBLISH_TIMEOUT_S:g} s.") from None
        except RtmpError as error:
            raise _as_fault(error) from None
        self._is_live = True
        self._on_live()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._until_over, self._listen, nursery.cancel_scope)
            await self._until_over(self._pump, nursery.cancel_scope)
        if self._fault is not None:
            raise self._fault

    async def _until_over(
        self, work: Callable[[], Awaitable[None]], both: trio.CancelScope
    ) -> None:
        """Do one side's work; when it is over, so is the other's."""
        try:
            await work()
        except RtmpError as error:
            self._fault = self._fault or _as_fault(error)
        except (Lost, Refused) as fault:
            self._fault = self._fault or fault
        both.cancel()

    async def _ask(self) -> None:
        """Go through the handshake and the commands, until leave is given."""
        await self._flush()
        while not await self._read():
            pass

    async def _pump(self) -> None:
        while True:
            await self._queue.wait()
            frames = self._queue.take(MAX_SEND_BYTES)
            if not frames and self._queue.ended:
                await self._say_goodbye()
                return
            self._client.send(frames)
            await self._flush()

    async def _say_goodbye(self) -> None:
        """Tell that the show is over, and read on until the target has closed.

        A close at once, with words of the target unread, could take our last ones back.
        """
        self._is_over = True
        self._client.end()
        await self._flush()
        if isinstance(self._stream, HalfCloseableStream):  # TLS cannot end one way alone
            with suppress(trio.BrokenResourceError):
                await self._stream.send_eof()
        await trio.sleep(GOODBYE_S)  # at most: the listener's end is the end of both

    async def _listen(self) -> None:
        try:
            while True:
                await self._read()
        except Lost:
            if not self._is_over:
                raise

    async def _read(self) -> bool:
        """Take what the target says, and answer it; whether it gave leave to publish."""
        try:
            data = await self._stream.receive_some(READ_BYTES)
        except trio.BrokenResourceError:
            raise Lost("The connection broke.") from None
        if not data:
            raise Lost(_CLOSED if self._is_live else _CLOSED_BEFORE)
        self._client.receive_data(data)
        started = False
        while (event := self._client.next_event()) is not None:
            if isinstance(event, PublishDenied):
                raise Refused(event.description or "It refused the show without a reason.")
            started = started or isinstance(event, PublishStarted)
        await self._flush()
        return started

    async def _flush(self) -> None:
        async with self._sending:
            data = self._client.data_to_send()
            if not data:
                return
            try:
                with trio.fail_after(SEND_TIMEOUT_S):
                    await self._stream.send_all(data)
            except trio.TooSlowError:
                raise Lost(
                    f"It takes too little: nothing went out for {SEND_TIMEOUT_S:g} s."
                ) from None
            except trio.BrokenResourceError:
                raise Lost("The connection broke.") from None
        self._on_sent(len(data))


def _as_fault(error: RtmpError) -> Lost | Refused:
    if error.code in (ErrorCode.CODEC_UNSUPPORTED, ErrorCode.BAD_CODEC_CONFIG):
        return Refused(error.message)
    return Lost(f"It does not speak RTMP as it should: {error.message}.")
