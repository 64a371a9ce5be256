"""The stream's actor: one publisher's slot, the show that it feeds, and what the world may see."""

import hmac
from dataclasses import asdict
from functools import partial
from typing import Any, assert_never

import structlog
import trio

from actors.ids import new_id
from actors.kernel import Actor, Ask
from actors.ports import LicenceChanged, Publisher
from actors.services.hooks import STREAM_DELETED
from actors.services.licences import revoked_licences
from actors.stream.health import SECOND_S
from actors.stream.ingest_health import IngestHealth
from actors.stream.lifecycle import ON_AIR, Change, Status, next_status
from actors.stream.messages import (
    ChangeLicence,
    CheckPublisher,
    DeleteStream,
    GraceOver,
    LookAtHealth,
    OnAir,
    Publish,
    PublisherLeft,
    PublishFrames,
    PublishRefused,
    ReadHealth,
    RotateKey,
    StopShow,
    StreamMessage,
    StreamNotFound,
    UpdateStream,
)
from actors.stream.outbox import EVENT_OF
from actors.stream.record import COLLECTION, Record
from actors.stream.tools import StreamTools
from media.codecs import CodecError
from media.hls import InitSegmentError, Segmenter
from storage.api import StoreUnavailable

log = structlog.get_logger()

GRACE_S = 30.0
"""How long a dropped publisher may take to come back into the same show."""
TAKEOVER_IDLE_S = 5.0
"""A publisher silent for this long gives way to another one with the same key."""
MEDIA_IDLE_S = 20.0
"""A publisher silent for this long is put off: its connection is dead."""
SLOW_START_S = 60.0
"""The same before its show is seen: a first key frame may be slow to come."""
CHECK_PUBLISHER_S = 5.0

BAD_NAME = "NetStream.Publish.BadName"
DENIED = "NetStream.Publish.Denied"
UNPUBLISHED = "NetStream.Unpublish.Success"


class StreamActor(Actor[StreamMessage]):
    """Owns a stream's document, publisher and show."""

    def __init__(self, stream_id: str, tools: StreamTools) -> None:
        self._id = stream_id
        self._tools = tools
        place = tools.board.open(stream_id)
        self._window = place.window
        self._revoked = place.revoked
        self._record: Record | None = None
        self._status = Status.IDLE
        self._publisher: Publisher | None = None
        self._last_media_s = 0.0
        self._segmenter: Segmenter | None = None
        self._drops = 0
        self._health = IngestHealth(stream_id, tools)

    async def started(self) -> None:
        """Load the document and the licences that were revoked.

        A show that was running is over: its frames went with its memory.
        """
        self._window.publish(None)
        row = await self._tools.store.get(COLLECTION, self._id)
        if row is None:
            return
        now_ms = self._tools.clock.now_ms()
        revoked = await revoked_licences(self._tools.store, self._id, now_ms)
        self._revoked.publish(frozenset(revoked))
        announce = partial(self._tools.board.announce, self._id)
        self._record = Record(self._tools.store, self._id, row.version, row.doc, announce)
        self._status = Status(row.doc["status"])
        self.context.spawn(self._record.keep_durable)
        if self._status in ON_AIR:
            self._change_status(Change.END)

    async def receive(self, message: StreamMessage) -> None:
        """Map each message to one method."""
        if isinstance(message, ChangeLicence):
            self._change_licence(message.change)
            message.reply.answer(None)
            return
        record = self._record
        if record is None or record.deleted:
            if isinstance(message, Ask):
                message.reply.refuse(StreamNotFound(f"there is no stream {self._id}"))
            return
        match message:
            case PublishFrames():
                self._take_frames(message)
            case Publish():
                self._take_publisher(message, record)
            case PublisherLeft():
                self._lose_publisher(message)
            case GraceOver():
                self._end_grace(message)
            case CheckPublisher():
                self._check_publisher(message)
            case LookAtHealth():
                self._look_at_health(message, record)
            case ReadHealth():
                message.reply.answer(self._health.report(record.doc))
            case UpdateStream():
                self._update(message, record)
            case RotateKey():
                self._rotate_key(message, record)
            case StopShow():
                message.reply.answer(self._status in ON_AIR)
                self._end_show("The show was stopped from the studio.")
            case DeleteStream():
                self._end_show("The stream was deleted.")
                record.tell(STREAM_DELETED, self._tools.clock.now_ms())
                record.delete(message.reply)
            case _:
                assert_never(message)

    def idle(self) -> bool:
        """Whether no show runs and all is durable."""
        durable = self._record is None or self._record.durable
        return self._publisher is None and self._status not in ON_AIR and durable

    async def stopped(self) -> None:
        """End the show, leave the board, and write what is not durable yet."""
        self._end_show("The server is restarting; please reconnect.")
        self._tools.board.close(self._id)
        if self._record is not None:
            try:
                await self._record.commit()
            except StoreUnavailable as error:
                log.warning("stream_write_failed", stream=self._id, error=str(error))

    def _change_licence(self, change: LicenceChanged) -> None:
        # A set that grows while the actor lives: by some 100 bytes for each licence refunded in
        # one run of shows, as an actor without a show is stopped, and loads the newest ones anew.
        licence = frozenset((change.licence_id,))
        revoked = self._revoked.value
        self._revoked.publish(revoked - licence if change.active else revoked | licence)

    def _update(self, message: UpdateStream, record: Record) -> None:
        access = message.access
        if access not in (None, record.doc["access"]) and self._status in ON_AIR:
            message.reply.refuse(OnAir("who may watch a show is settled while it is on air"))
            return
        record.change(message.reply, **message.changes())

    def _take_publisher(self, message: Publish, record: Record) -> None:
        fingerprint = self._tools.keys.fingerprint(message.stream_key)
        if not hmac.compare_digest(fingerprint, record.doc["key_hash"]):
            message.reply.refuse(PublishRefused(DENIED, "This stream key is no longer valid."))
            return
        holder = self._publisher
        if holder is not None:
            if trio.current_time() - self._last_media_s < TAKEOVER_IDLE_S:
                why = "This stream is already live from another encoder; stop that one first."
                message.reply.refuse(PublishRefused(BAD_NAME, why))
                return
            holder.close(BAD_NAME, "Another encoder took over, as this one had stopped sending.")
            self._drop_publisher()
        self._publisher = message.publisher
        self._last_media_s = trio.current_time()
        self.context.after(CHECK_PUBLISHER_S, CheckPublisher(message.publisher))
        self._health.take_publisher(message.encoder)
        log.info("publisher_accepted", stream=self._id, address=message.publisher.address)
        message.reply.answer(None)

    def _take_frames(self, message: PublishFrames) -> None:
        if message.publisher is not self._publisher:
            why = "The show has ended; start streaming again for a new one."
            message.reply.refuse(PublishRefused(UNPUBLISHED, why))
            return
        self._last_media_s = trio.current_time()
        now_ms = self._tools.clock.now_ms()
        if self._segmenter is None or self._status is not Status.LIVE:
            self._segmenter = self._go_live(now_ms)
        self._health.take(message.frames, announces_audio=message.announces_audio)
        try:
            if self._segmenter.push(message.frames, now_ms):
                self._window.publish(self._segmenter.window())
        except (CodecError, InitSegmentError) as error:
            message.reply.refuse(PublishRefused(DENIED, f"This cannot be played: {error}"))
            self._publisher = None  # its own question tells it why
            self._end_show(str(error))
            return
        self._tools.listener.frames(self._id, message.frames)
        message.reply.answer(None)

    def _go_live(self, now_ms: int) -> Segmenter:
        """Start a show, or go on with the one that was interrupted."""
        assert self._record is not None
        if self._segmenter is not None and self._status is Status.INTERRUPTED:
            self._change_status(Change.FRAMES)
            self._health.resume_show()
            return self._segmenter
        show_id = new_id("shw")
        self._window.publish(None)
        self._change_status(Change.FRAMES, show=show_id, started_at=now_ms, ended_at=None)
        self._health.begin_show()
        self.context.after(SECOND_S, LookAtHealth(show_id))
        ticketed = self._record.doc["access"] == "ticket"
        return Segmenter(show_id=show_id, settings=self._tools.segments, ticketed=ticketed)

    def _lose_publisher(self, message: PublisherLeft) -> None:
        if message.publisher is not self._publisher:
            return
        if message.deliberate:
            self._publisher = None
            self._end_show("The broadcaster ended the show.")
        else:
            self._drop_publisher()

    def _drop_publisher(self) -> None:
        """Forget the publisher and give it the time of grace to come back."""
        self._publisher = None
        if self._segmenter is None or self._status is not Status.LIVE:
            return
        self._segmenter.interrupt()
        self._window.publish(self._segmenter.window())
        self._change_status(Change.DROP)
        self._health.lose_publisher(GRACE_S)
        self._drops += 1
        self.context.after(GRACE_S, GraceOver(self._drops))

    def _end_grace(self, message: GraceOver) -> None:
        if message.drop == self._drops and self._status is Status.INTERRUPTED:
            self._end_show("The publisher did not come back.")

    def _check_publisher(self, message: CheckPublisher) -> None:
        if message.publisher is not self._publisher:
            return
        seen = self._status is Status.LIVE and self._window.value is not None
        idle_s = MEDIA_IDLE_S if seen else SLOW_START_S
        if trio.current_time() - self._last_media_s >= idle_s:
            message.publisher.close(DENIED, f"Nothing was sent for {idle_s:g} s.")
            self._drop_publisher()
        else:
            self.context.after(CHECK_PUBLISHER_S, message)

    def _look_at_health(self, message: LookAtHealth, record: Record) -> None:
        if self._segmenter is None or self._status not in ON_AIR:
            return
        if message.show == record.doc["show"]:
            self._health.second(self._segmenter.facts(), record.doc)
            self.context.after(SECOND_S, message)

    def _end_show(self, why: str) -> None:
        """End the show, if one is on air, and let its publisher go."""
        if self._publisher is not None:
            self._publisher.close(UNPUBLISHED, why)
            self._publisher = None
        if self._segmenter is None or self._status not in ON_AIR:
            return
        self._segmenter.end()
        self._window.publish(self._segmenter.window())
        log.info("show_ended", stream=self._id, why=why, **asdict(self._segmenter.facts()))
        self._change_status(Change.END)

    def _rotate_key(self, message: RotateKey, record: Record) -> None:
        key = self._tools.keys.new_key()
        self._end_show("The stream key was changed.")
        fingerprint = self._tools.keys.fingerprint(key)
        sealed = self._tools.keys.seal(key, self._id)
        record.change(message.reply, key_hash=fingerprint, key_sealed=sealed)

    def _change_status(self, change: Change, **fields: Any) -> None:
        assert self._record is not None
        before, self._status = self._status, next_status(self._status, change)
        self._tools.listener.turned(self._id, self._status.value)
        now_ms = self._tools.clock.now_ms()
        if self._status is Status.ENDED:
            fields["ended_at"] = now_ms
        on_air = self._status in ON_AIR
        self._record.change(status=self._status.value, on_air=on_air, **fields)
        self._record.tell(EVENT_OF[before, self._status], now_ms)
        if not on_air:
            self._health.announce(self._record.doc)
        log.info("stream_status", stream=self._id, status=self._status.value)
