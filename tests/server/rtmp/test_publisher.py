"""One encoder's connection, over a stream in memory and in virtual time."""

from collections.abc import AsyncIterator, Sequence

import pytest
import trio
from support.rtmp_client import Client
from support.stage import Stage
from trio.abc import Clock
from trio.testing import MemoryReceiveStream, MemorySendStream

from actors.kernel import Actor, Directory
from actors.services.streams import find_by_key
from actors.stream import Publish, PublisherLeft, PublishFrames, ReadHealth, StopShow, StreamMessage
from media.frames import AudioConfig, AudioFrame, Frame, VideoConfig, VideoFrame
from server.rtmp import Ingest
from server.rtmp.publisher import (
    GOODBYE_S,
    PUBLISH_DEADLINE_S,
    UNANSWERED_TICKS,
    WRITE_TIMEOUT_S,
    RtmpPublisher,
)

Stream = trio.StapledStream[MemorySendStream, MemoryReceiveStream]


class Encoder:
    """The far end of the connection: says what a test tells it, and hears everything."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.client = Client()
        self.heard = b""

    async def hear_all(self) -> bytes:
        """Read to the end of the connection."""
        async for data in self.stream:
            self.heard += data
        return self.heard

    async def go_live(self, key: str) -> None:
        client = self.client
        opening = client.hello() + client.connect() + client.command("createStream", 4, None)
        await self.stream.send_all(opening + client.publish(key))

    async def dribble(self, data: bytes, every_s: float) -> None:
        """Send a byte at a time."""
        for byte in data:
            await self.stream.send_all(bytes((byte,)))
            await trio.sleep(every_s)

    async def send(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            await self.stream.send_all(self._message(frame))

    def _message(self, frame: Frame) -> bytes:
        match frame:
            case VideoConfig():
                return self.client.chunks(b"\x17\x00\x00\x00\x00" + frame.record, csid=6)
            case AudioConfig():
                return self.client.chunks(b"\xaf\x00" + frame.record, type_id=8)
            case VideoFrame():
                return self.client.video(frame.data, frame.dts_ms, frame.cts_ms, frame.keyframe)
            case AudioFrame():
                return self.client.audio(frame.data, frame.dts_ms)


@pytest.fixture
async def nursery_of_publishers() -> AsyncIterator[trio.Nursery]:
    async with trio.open_nursery() as nursery:
        yield nursery
        nursery.cancel_scope.cancel()


def connect(nursery: trio.Nursery, ingest: Ingest) -> tuple[Encoder, RtmpPublisher]:
    ours, theirs = trio.testing.memory_stream_pair()
    publisher = RtmpPublisher(ours, "192.0.2.7", ingest)

    async def serve() -> None:
        async with ours:
            await publisher.run()

    nursery.start_soon(serve)
    return Encoder(theirs), publisher


@pytest.fixture
def encoder(stage: Stage, nursery_of_publishers: trio.Nursery) -> Encoder:
    """One that has connected."""
    return connect(nursery_of_publishers, ingest_of(stage))[0]


def ingest_of(stage: Stage) -> Ingest:
    return Ingest(stage.streams, lambda key: find_by_key(stage.store, stage.tools.keys, key))


async def settle() -> None:
    await trio.sleep(1)


async def test_a_show_and_its_goodbye(
    stage: Stage,
    show_frames: list[Frame],
    encoder: Encoder,
    autojump_clock: Clock,
) -> None:
    await encoder.go_live(stage.key)
    await encoder.send(show_frames)
    await settle()
    assert (await stage.doc())["status"] == "live"
    await encoder.stream.send_all(encoder.client.command("FCUnpublish", 6, None, stage.key))
    assert b"NetStream.Publish.Start" in await encoder.hear_all()
    assert (await stage.doc())["status"] == "ended"
    published = stage.tools.board.window_of(stage.stream_id)
    assert published is not None
    assert published.value is not None
    assert published.value.ended
    assert published.value.ready


async def test_what_the_encoder_says_of_itself_is_handed_on(
    stage: Stage,
    show_frames: list[Frame],
    encoder: Encoder,
    autojump_clock: Clock,
) -> None:
    await encoder.go_live(stage.key)
    says = {"audiocodecid": 10.0, "videocodecid": 7.0}
    await encoder.stream.send_all(
        encoder.client.command("@setDataFrame", "onMetaData", says, type_id=18, stream_id=1)
    )
    silent = [each for each in show_frames if isinstance(each, VideoConfig | VideoFrame)]
    for place in range(0, 250, 25):
        await encoder.send(silent[place : place + 25])
        await settle()
    health = (await stage.streams.ask(stage.stream_id, ReadHealth())).now
    assert health.encoder == "FMLE/3.0"
    assert [each.code for each in health.verdicts] == ["no_audio_config"]


async def test_an_unknown_key_is_refused_in_words(
    stage: Stage, encoder: Encoder, autojump_clock: Clock
) -> None:
    await encoder.go_live("no-such-key")
    heard = await encoder.hear_all()
    assert b"NetStream.Publish.Denied" in heard
    assert b"Unknown stream key" in heard


async def test_an_encoder_that_never_publishes_is_closed(
    stage: Stage, encoder: Encoder, autojump_clock: Clock
) -> None:
    start = trio.current_time()
    await encoder.stream.send_all(encoder.client.hello())
    await encoder.hear_all()
    assert trio.current_time() - start == pytest.approx(PUBLISH_DEADLINE_S, abs=0.1)


@pytest.mark.parametrize("garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x03" + b"\xff" * 9000, b""])
async def test_garbage_ends_the_connection_and_nothing_else(
    garbage: bytes,
    stage: Stage,
    show_frames: list[Frame],
    encoder: Encoder,
    nursery_of_publishers: trio.Nursery,
    autojump_clock: Clock,
) -> None:
    await encoder.stream.send_all(garbage)
    await encoder.stream.send_eof()
    await encoder.hear_all()
    other, _ = connect(nursery_of_publishers, ingest_of(stage))
    await other.go_live(stage.key)
    await other.send(show_frames)
    await settle()
    assert (await stage.doc())["status"] == "live"


async def test_an_encoder_that_vanishes_interrupts_its_show(
    stage: Stage,
    show_frames: list[Frame],
    encoder: Encoder,
    autojump_clock: Clock,
) -> None:
    await encoder.go_live(stage.key)
    await encoder.send(show_frames)
    await settle()
    await encoder.stream.aclose()
    await settle()
    assert (await stage.doc())["status"] == "interrupted"


async def test_a_codec_that_cannot_be_played_is_refused_by_name(
    stage: Stage, encoder: Encoder, autojump_clock: Clock
) -> None:
    await encoder.go_live(stage.key)
    vp6 = encoder.client.chunks(b"\x14\x00\x00\x00\x00" + bytes(20), type_id=9)
    await encoder.stream.send_all(vp6)
    assert b"VP6 video is not supported" in await encoder.hear_all()


async def test_a_stop_from_the_studio_is_told_to_the_encoder(
    stage: Stage,
    show_frames: list[Frame],
    encoder: Encoder,
    autojump_clock: Clock,
) -> None:
    await encoder.go_live(stage.key)
    await encoder.send(show_frames)
    await settle()
    await stage.streams.ask(stage.stream_id, StopShow())
    assert b"stopped from the studio" in await encoder.hear_all()


class Line(trio.abc.Stream):
    """Our end of a connection whose far end is reset, or does not read, from when it is told."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._reading = trio.CancelScope()
        self.full = False

    def reset(self) -> None:
        self._reading.cancel()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        with trio.CancelScope() as self._reading:
            return bytes(await self._stream.receive_some(max_bytes))
        raise trio.BrokenResourceError

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self.full:
            await trio.sleep_forever()
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


def connect_by_line(nursery: trio.Nursery, ingest: Ingest) -> tuple[Encoder, Line]:
    ours, theirs = trio.testing.memory_stream_pair()
    line = Line(ours)

    async def serve() -> None:
        async with line:
            await RtmpPublisher(line, "192.0.2.7", ingest).run()

    nursery.start_soon(serve)
    return Encoder(theirs), line


async def test_a_reset_is_a_drop_like_any_other(
    stage: Stage,
    show_frames: list[Frame],
    nursery_of_publishers: trio.Nursery,
    autojump_clock: Clock,
) -> None:
    encoder, line = connect_by_line(nursery_of_publishers, ingest_of(stage))
    await encoder.go_live(stage.key)
    await encoder.send(show_frames)
    await settle()
    line.reset()
    await settle()
    assert (await stage.doc())["status"] == "interrupted"


async def test_who_does_not_read_its_replies_is_dropped(
    stage: Stage, nursery_of_publishers: trio.Nursery, autojump_clock: Clock
) -> None:
    start = trio.current_time()
    encoder, line = connect_by_line(nursery_of_publishers, ingest_of(stage))
    line.full = True
    await encoder.stream.send_all(encoder.client.hello())
    assert await encoder.hear_all() == b""
    assert trio.current_time() - start == pytest.approx(WRITE_TIMEOUT_S, abs=0.1)


async def test_a_goodbye_ends_whatever_the_encoder_does(
    stage: Stage, encoder: Encoder, autojump_clock: Clock
) -> None:
    """It goes on sending, and never closes."""
    await encoder.go_live("no-such-key")
    start = trio.current_time()
    with pytest.raises(trio.BrokenResourceError):
        await encoder.dribble(bytes(10_000), 0.1)
    assert trio.current_time() - start == pytest.approx(GOODBYE_S, abs=0.3)


async def test_a_slow_loris_is_closed_at_the_deadline(
    stage: Stage, encoder: Encoder, autojump_clock: Clock
) -> None:
    """A byte at a time, each in time: it is the whole that has a deadline."""
    start = trio.current_time()
    opening = encoder.client.hello() + encoder.client.connect()
    with pytest.raises(trio.BrokenResourceError):
        await encoder.dribble(opening, 0.5)
    waited_s = trio.current_time() - start
    assert PUBLISH_DEADLINE_S <= waited_s <= PUBLISH_DEADLINE_S + GOODBYE_S + 1


class Deaf(Actor[StreamMessage]):
    """Takes a publisher and then answers no frames."""

    def __init__(self, taken: list[PublishFrames], gone: trio.Event) -> None:
        self.taken = taken
        self.gone = gone

    async def receive(self, message: StreamMessage) -> None:
        match message:
            case Publish():
                message.reply.answer(None)
            case PublishFrames():
                self.taken.append(message)
            case PublisherLeft():
                self.gone.set()


async def test_a_publisher_ahead_of_its_actor_is_not_read(
    stage: Stage,
    show_frames: list[Frame],
    nursery_of_publishers: trio.Nursery,
    autojump_clock: Clock,
) -> None:
    taken: list[PublishFrames] = []
    gone = trio.Event()
    deaf: Directory[StreamMessage] = Directory(
        stage.supervisor, "deaf", lambda _: Deaf(taken, gone)
    )
    ingest = Ingest(deaf, ingest_of(stage).find_stream)
    encoder, publisher = connect(nursery_of_publishers, ingest)
    await encoder.go_live(stage.key)
    for first in range(0, 200, 20):
        await encoder.send(show_frames[first : first + 20])
        await settle()
    assert len(taken) == UNANSWERED_TICKS
    for message in list(taken):
        message.reply.answer(None)
    await settle()
    assert len(taken) > UNANSWERED_TICKS
    publisher.close("NetStream.Publish.Denied", "enough")
    assert b"enough" in await encoder.hear_all()
    await gone.wait()
