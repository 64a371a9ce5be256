"""One encoder's connection: bytes to frames, frames to the stream's actor."""

from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog
import trio
from trio.abc import HalfCloseableStream, Stream

from actors.kernel import (
    ActorStopped,
    AskTimeout,
    Directory,
    MailboxFull,
    Ref,
    Reply,
    TooManyActors,
)
from actors.stream import (
    Publish,
    PublisherLeft,
    PublishFrames,
    PublishRefused,
    StreamMessage,
    StreamNotFound,
)
from media.frames import Frame
from media.rtmp import (
    Media,
    Metadata,
    PublishEnded,
    PublishRequested,
    RtmpConnection,
    RtmpError,
    TrackPassedOver,
)
from storage.api import StoreError

log = structlog.get_logger()

READ_BYTES = 64 * 1024
READING_TICK_S = 0.04
"""Frames are read in ticks: a wake-up for every packet costs more than parsing it."""
PUBLISH_DEADLINE_S = 15.0
"""From the connection to the publish command, handshake included."""
WRITE_TIMEOUT_S = 5.0
GOODBYE_S = 2.0
UNANSWERED_TICKS = 2
"""A publisher this far ahead of its actor is not read: TCP holds it back."""

AUDIO_ANNOUNCED_BY = "audiocodecid"
"""In onMetaData, which encoders leave out where they have no sound to send."""

DENIED = "NetStream.Publish.Denied"


@dataclass(frozen=True, slots=True)
class Ingest:
    """What a connection needs to find its stream: the directory, and the key's look-up."""

    streams: Directory[StreamMessage]
    find_stream: Callable[[str], Awaitable[str | None]]


class RtmpPublisher:
    """Drives one connection, and is the ``Publisher`` that the stream's actor knows."""

    def __init__(self, stream: Stream, address: str, ingest: Ingest) -> None:
        self._stream = stream
        self._address = address
        self._ingest = ingest
        self._rtmp = RtmpConnection()
        self._ref: Ref[StreamMessage] | None = None
        self._deliberate = False
        self._announces_audio = False
        self._closed_with: tuple[str, str] | None = None
        self._reading = trio.CancelScope()
        self._unanswered: deque[Reply[None]] = deque()

    @property
    def address(self) -> str:
        """The encoder's IP address."""
        return self._address

    def close(self, code: str, description: str) -> None:
        """End the connection, telling the encoder why."""
        self._closed_with = (code, description)
        self._reading.cancel()

    async def run(self) -> None:
        """Serve the encoder until either side ends it."""
        try:
            try:
                with self._reading:
                    await self._serve()
            finally:
                self._leave()
            await self._say_goodbye()
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.TooSlowError) as error:
            log.info("rtmp_dropped", address=self._address, error=repr(error))

    async def _serve(self) -> None:
        try:
            with trio.move_on_after(PUBLISH_DEADLINE_S) as deadline:
                request = await self._read_until_publish()
                ref = None if request is None else await self._take_the_slot(request)
            if deadline.cancelled_caught:
                self.close(DENIED, f"No publish command within {PUBLISH_DEADLINE_S:g} s.")
            elif ref is not None:
                await self._pump(ref)
        except RtmpError as error:
            log.info("rtmp_refused", address=self._address, code=error.code, error=str(error))
            self.close(DENIED, str(error))
        except PublishRefused as refusal:
            self.close(refusal.code, refusal.description)
        except StreamNotFound:
            self.close(DENIED, "This stream was deleted.")
        except (ActorStopped, AskTimeout, TooManyActors, StoreError) as error:
            log.warning("rtmp_unavailable", address=self._address, error=str(error))
            self.close(DENIED, "The server could not take the stream now; please try again.")

    async def _read_until_publish(self) -> PublishRequested | None:
        """Read on to the publish command; None where the connection ends before it."""
        while True:
            while (event := self._rtmp.next_event()) is not None:
                if isinstance(event, PublishRequested):
                    return event
                if isinstance(event, PublishEnded):
                    return None
            await self._flush()
            if not await self._read():
                return None

    async def _take_the_slot(self, request: PublishRequested) -> Ref[StreamMessage] | None:
        """Ask the key's stream for its publisher's slot; None where there is no such stream."""
        stream_id = await self._ingest.find_stream(request.stream_key)
        if stream_id is None:
            self.close(DENIED, "Unknown stream key. Copy it again from your studio page.")
            return None
        # Kept before the answer: should it come too late, the slot is given back all the same.
        self._ref = ref = await self._ingest.streams.get_or_start(stream_id)
        await ref.ask(Publish(self, request.stream_key, request.encoder))
        self._rtmp.accept_publish()
        await self._flush()
        log.info("rtmp_publishing", address=self._address, encoder=request.encoder)
        return ref

    async def _pump(self, ref: Ref[StreamMessage]) -> None:
        """Hand each reading tick's frames to the actor, a bounded number of ticks ahead."""
        while True:
            frames = self._take_frames()
            if frames:
                await self._send(ref, frames)
            if self._deliberate:
                return
            await self._flush()
            if not await self._read():
                return
            # Not a wait for anything to happen: what arrives meanwhile is read in one go.
            await trio.sleep(READING_TICK_S)

    def _take_frames(self) -> list[Frame]:
        frames: list[Frame] = []
        while (event := self._rtmp.next_event()) is not None:
            if isinstance(event, Media):
                frames.append(event.frame)
            elif isinstance(event, TrackPassedOver):
                log.info(
                    "rtmp_track_passed_over",
                    address=self._address,
                    media=event.media,
                    track=event.number,
                )
            elif isinstance(event, Metadata):
                self._announces_audio = AUDIO_ANNOUNCED_BY in event.values
            elif isinstance(event, PublishEnded):
                self._deliberate = True
                break
        return frames

    async def _send(self, ref: Ref[StreamMessage], frames: list[Frame]) -> None:
        message = PublishFrames(self, frames, self._announces_audio)
        await ref.tell(message)
        self._unanswered.append(message.reply)
        while self._unanswered and (
            len(self._unanswered) >= UNANSWERED_TICKS or self._unanswered[0].settled
        ):
            await self._unanswered.popleft().wait()

    async def _read(self) -> bool:
        """Read what has arrived; False at the end of the connection."""
        data = await self._stream.receive_some(READ_BYTES)
        if not data:
            return False
        self._rtmp.receive_data(data)
        return True

    async def _flush(self) -> None:
        data = self._rtmp.data_to_send()
        if data:
            with trio.fail_after(WRITE_TIMEOUT_S):
                await self._stream.send_all(data)

    async def _say_goodbye(self) -> None:
        """Send the last words, and read on until the encoder has had the time to see them.

        A close with unread bytes would reset the connection, and the reason would be lost.
        """
        if self._closed_with is not None:
            code, description = self._closed_with
            log.info("rtmp_closed", address=self._address, code=code, why=description)
            # Before a publish command, or after an error that it has sent itself, it says nothing.
            with suppress(RtmpError):
                self._rtmp.refuse_publish(code, description)
        with trio.move_on_after(GOODBYE_S), suppress(trio.BrokenResourceError):
            await self._flush()
            if isinstance(self._stream, HalfCloseableStream):  # TLS cannot end one way alone
                await self._stream.send_eof()
            while await self._stream.receive_some(READ_BYTES):
                pass

    def _leave(self) -> None:
        """Give the slot back. Should the mailbox be full, the actor's media timeout does it."""
        if self._ref is not None:
            try:
                self._ref.tell_nowait(PublisherLeft(self, self._deliberate))
            except (ActorStopped, MailboxFull) as error:
                log.warning("publisher_left_untold", address=self._address, error=str(error))
