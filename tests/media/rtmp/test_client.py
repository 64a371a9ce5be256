"""The publishing client against our own server's side, without sockets."""

from collections.abc import Callable
from typing import Any

import pytest
from support.rtmp_client import AAC_RECORD, AVC_RECORD

from media.frames import AudioConfig, AudioFrame, Codec, Frame, VideoConfig, VideoFrame
from media.rtmp import (
    ClientEvent,
    Event,
    Media,
    Metadata,
    PublishDenied,
    PublishEnded,
    PublishRequested,
    PublishStarted,
    RtmpClient,
    RtmpConnection,
    RtmpError,
)
from media.rtmp.amf0 import encode_values
from media.rtmp.chunk import ChunkReader
from media.rtmp.chunk_writer import ChunkWriter
from media.rtmp.client import MAX_DESCRIPTION_CHARS
from media.rtmp.enhanced import CONNECT_PROPERTIES
from media.rtmp.errors import ErrorCode
from media.rtmp.message import Message, MessageType, decode_body

AVC = VideoConfig(Codec.H264, AVC_RECORD)
AAC = AudioConfig(Codec.AAC, AAC_RECORD)
SHOW: list[Frame] = [
    AAC,
    AVC,
    VideoFrame(0, 80, True, b"\0\0\0\x02ab" * 3000),
    AudioFrame(0, b"sound"),
    VideoFrame(40, -40, False, b"\0\0\0\x01c"),
    AudioFrame(21, b"more"),
]


class Pair:
    """A client and a server whose bytes go to each other, in pieces of ``step``."""

    def __init__(
        self, step: int | None = None, *, refuse: tuple[str, str] | None = None, **options: Any
    ) -> None:
        self.step, self.refuse = step, refuse
        self.client = RtmpClient("live", "rtmp://host/live", "KEY", **options)
        self.server = RtmpConnection()
        self.heard: list[Event] = []
        self.told: list[ClientEvent] = []

    def run(self) -> None:
        while sent := self.client.data_to_send():
            for piece in self.pieces(sent):
                self.server.receive_data(piece)
                self.take_server_events()
                for answer in self.pieces(self.server.data_to_send()):
                    self.client.receive_data(answer)
                    while (event := self.client.next_event()) is not None:
                        self.told.append(event)

    def pieces(self, data: bytes) -> list[bytes]:
        step = self.step or max(1, len(data))
        return [data[at : at + step] for at in range(0, len(data), step)]

    def take_server_events(self) -> None:
        while (event := self.server.next_event()) is not None:
            self.heard.append(event)
            if isinstance(event, PublishRequested):
                if self.refuse is None:
                    self.server.accept_publish()
                else:
                    self.server.refuse_publish(*self.refuse)

    def send(self, frames: list[Frame]) -> list[Frame]:
        """What the server hears of the frames."""
        before = len(self.heard)
        self.client.send(frames)
        self.run()
        return [each.frame for each in self.heard[before:] if isinstance(each, Media)]


@pytest.mark.parametrize("step", [None, 1, 7])
def test_a_show_arrives_as_it_was_sent(step: int | None) -> None:
    pair = Pair(step)
    pair.run()
    assert pair.told == [PublishStarted()]
    asked = pair.heard[0]
    assert isinstance(asked, PublishRequested)
    assert (asked.app, asked.stream_key, asked.tc_url) == ("live", "KEY", "rtmp://host/live")
    assert pair.send(SHOW) == SHOW
    pair.client.end()
    pair.run()
    assert pair.heard[-1] == PublishEnded("FCUnpublish")


def test_metadata_comes_before_the_first_frame_and_again_when_a_configuration_changes() -> None:
    pair = Pair()
    pair.run()
    pair.send(SHOW)
    pair.send([AVC, AAC, VideoFrame(80, 0, True, b"k")])
    told = [each for each in pair.heard if isinstance(each, Metadata)]
    assert len(told) == 1
    assert told[0].values["encoder"] == "Bandstand"
    assert told[0].values["audiosamplerate"] == 48_000
    other = AudioConfig(Codec.AAC, bytes.fromhex("1210"))
    pair.send([other, AudioFrame(90, b"x")])
    told = [each for each in pair.heard if isinstance(each, Metadata)]
    assert [each.values["audiosamplerate"] for each in told] == [48_000.0, 44_100.0]


def test_times_begin_at_0_and_a_jump_is_closed() -> None:
    pair = Pair()
    pair.run()
    start = 2**32 + 5_000
    heard = pair.send(
        [
            AAC, AVC, VideoFrame(start, 0, True, b"k"), AudioFrame(start - 10, b"early"),
            AudioFrame(start + 3, b"a"), VideoFrame(start + 40, 0, False, b"p"),
            VideoFrame(7, 0, True, b"jump"), AudioFrame(12, b"b"),
        ]
    )  # fmt: skip
    times = [each.dts_ms for each in heard if isinstance(each, VideoFrame | AudioFrame)]
    assert times == [0, 3, 40, 41, 46]


def test_a_time_past_24_bits_and_past_32_bits_arrives() -> None:
    pair = Pair()
    pair.run()
    big = b"k" * 10_000  # several chunks, each with its extended time
    frames: list[Frame] = [AAC, AVC, VideoFrame(0, 0, True, big)]
    step_ms = 9_000
    times = range(step_ms, 2**24 + 3 * step_ms, step_ms)
    assert pair.send(frames) == frames
    heard = pair.send([VideoFrame(at, 0, False, big if at > 2**24 else b"p") for at in times])
    assert [each.dts_ms for each in heard if isinstance(each, VideoFrame)] == list(times)
    timeline = pair.client._timeline
    assert timeline is not None
    timeline.begin(0, 2**32 - 5)
    (message,) = sent_media(pair.client, [AudioFrame(10, b"wrapped")])
    assert message.timestamp_ms == 5


def sent_media(client: RtmpClient, frames: list[Frame]) -> list[Message]:
    client.send(frames)
    reader = ChunkReader()
    reader.chunk_bytes = 4096
    reader.receive_data(client.data_to_send())
    return list(iter(reader.next_message, None))


@pytest.mark.parametrize("step", [None, 1])
def test_a_refusal_is_told_in_the_servers_words(step: int | None) -> None:
    pair = Pair(step, refuse=("NetStream.Publish.Denied", "Unknown stream key."))
    pair.run()
    assert pair.told == [PublishDenied("NetStream.Publish.Denied", "Unknown stream key.")]
    with pytest.raises(RtmpError, match="media has no place"):
        pair.client.send(SHOW)


def test_it_may_be_put_off_in_the_middle_of_a_show() -> None:
    pair = Pair()
    pair.run()
    pair.send(SHOW)
    pair.server.refuse_publish("NetStream.Unpublish.Success", "The show was stopped.")
    pair.client.receive_data(pair.server.data_to_send())
    assert pair.client.next_event() == PublishDenied(
        "NetStream.Unpublish.Success", "The show was stopped."
    )
    pair.client.receive_data(b"anything")
    assert pair.client.next_event() is None


def test_a_newer_codec_goes_only_to_a_server_that_says_it_takes_it() -> None:
    config = VideoConfig(Codec.HEVC, b"hevc")
    plain = Pair()
    plain.run()
    with pytest.raises(RtmpError, match="takes HEVC video: send H") as no:
        plain.client.send([config])
    assert no.value.code is ErrorCode.CODEC_UNSUPPORTED
    assert plain.client.data_to_send() == b""
    newer = Pair(codecs=[Codec.HEVC, Codec.AAC])
    newer.run()
    newer.client.send([config])
    assert newer.client.data_to_send()


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ({"fourCcList": ["*"]}, True),
        ({"fourCcList": ["av01", "hvc1"]}, True),
        ({"videoFourCcInfoMap": {"hvc1": 4}}, True),
        ({"fourCcList": "hvc1", "videoFourCcInfoMap": {"av01": 4}}, False),
    ],
)
def test_a_server_may_say_it_in_several_ways(told: dict[str, object], taken: bool) -> None:
    script = Script(codecs=[Codec.HEVC])
    script.shake_hands()
    script.command("_result", 1, told, {"code": "NetConnection.Connect.Success"})
    script.command("_result", 4, None, 1)
    script.command("onStatus", 0, None, {"level": "status", "code": "NetStream.Publish.Start"})
    if taken:
        script.client.send([VideoConfig(Codec.HEVC, b"hevc")])
    else:
        with pytest.raises(RtmpError):
            script.client.send([VideoConfig(Codec.HEVC, b"hevc")])


class Script:
    """A server that says exactly what a test has it say."""

    def __init__(self, **options: Any) -> None:
        self.client = RtmpClient("app", "rtmp://host/app", "KEY", **options)
        self.writer = ChunkWriter()
        self.reader = ChunkReader()

    def shake_hands(self) -> None:
        hello = self.client.data_to_send()
        assert (len(hello), hello[:9]) == (1537, b"\x03" + bytes(8))
        s1 = bytes(range(256)) * 6
        self.client.receive_data(b"\x03" + s1)
        assert self.client.data_to_send() == s1
        self.client.receive_data(b"S2 need not be C1".ljust(1536))

    def said(self) -> list[Message]:
        messages = []
        self.reader.receive_data(self.client.data_to_send())
        while (message := self.reader.next_message()) is not None:
            messages.append(message)
            if message.type_id == MessageType.SET_CHUNK_SIZE:
                self.reader.chunk_bytes = int.from_bytes(message.payload, "big")
        return messages

    def message(self, type_id: int, payload: bytes) -> None:
        self.client.receive_data(self.writer.write(2, type_id, 0, payload))

    def command(self, *values: object) -> None:
        self.client.receive_data(self.writer.write(3, 20, 0, encode_values(*values)))


def commands(messages: list[Message]) -> list[list[object]]:
    return [decode_body(each) for each in messages if each.type_id == MessageType.COMMAND_AMF0]


def test_the_commands_in_their_order() -> None:
    script = Script()
    script.shake_hands()
    connect = {
        "app": "app",
        "type": "nonprivate",
        "flashVer": "FMLE/3.0 (compatible; Bandstand)",
        "tcUrl": "rtmp://host/app",
    }
    assert commands(script.said()) == [["connect", 1.0, connect]]
    script.command("_result", 1, None, {"code": "NetConnection.Connect.Success"})
    assert commands(script.said()) == [
        ["releaseStream", 2.0, None, "KEY"],
        ["FCPublish", 3.0, None, "KEY"],
        ["createStream", 4.0, None],
    ]
    script.command("_error", 2, None, {"level": "error", "code": "NetConnection.Call.Failed"})
    script.command("onFCPublish", 0, None, {"code": "NetStream.Publish.Start"})
    script.command("_result", 4, None, 7)
    (publish,) = said = script.said()
    assert (commands(said), publish.stream_id) == ([["publish", 5.0, None, "KEY", "live"]], 7)


def test_newer_codecs_are_said_at_connect() -> None:
    script = Script(codecs=[Codec.AV1])
    script.shake_hands()
    ((_, _, properties),) = commands(script.said())
    assert isinstance(properties, dict)
    assert {name: properties[name] for name in CONNECT_PROPERTIES} == {
        "fourCcList": CONNECT_PROPERTIES["fourCcList"],
        "videoFourCcInfoMap": CONNECT_PROPERTIES["videoFourCcInfoMap"],
        "audioFourCcInfoMap": CONNECT_PROPERTIES["audioFourCcInfoMap"],
        "capsEx": CONNECT_PROPERTIES["capsEx"],
    }


def test_connect_may_be_rejected() -> None:
    script = Script()
    script.shake_hands()
    why = "no such\napp " + "!" * 1000
    script.command(
        "_error", 1, {"fmsVer": "x"}, {"code": "NetConnection.Connect.Rejected", "description": why}
    )
    denied = script.client.next_event()
    assert isinstance(denied, PublishDenied)
    assert denied.code == "NetConnection.Connect.Rejected"
    assert denied.description == ("no such app " + "!" * 1000)[:MAX_DESCRIPTION_CHARS]


def test_windows_pings_and_acknowledgements_are_answered() -> None:
    script = Script()
    script.shake_hands()
    script.said()
    script.message(MessageType.WINDOW_ACK_SIZE, (5_000).to_bytes(4, "big"))
    script.message(MessageType.SET_PEER_BANDWIDTH, (9_000).to_bytes(4, "big") + b"\x02")
    script.message(MessageType.USER_CONTROL, b"\0\x06ping")
    script.message(MessageType.SET_CHUNK_SIZE, (128).to_bytes(4, "big"))
    said = [(each.type_id, bytes(each.payload)) for each in script.said()]
    assert said == [
        (MessageType.WINDOW_ACK_SIZE, (9_000).to_bytes(4, "big")),
        (MessageType.USER_CONTROL, b"\0\x07ping"),
    ]
    while not (said_now := script.said()):
        script.message(MessageType.ACKNOWLEDGEMENT, bytes(4))
    (acknowledged,) = said_now
    assert acknowledged.type_id == MessageType.ACKNOWLEDGEMENT
    assert int.from_bytes(acknowledged.payload, "big") == script.client.bytes_received >= 5_000


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda s: s.message(MessageType.SET_CHUNK_SIZE, bytes(4)), ErrorCode.BAD_CHUNK_SIZE),
        (lambda s: s.message(MessageType.SET_CHUNK_SIZE, b"\0"), ErrorCode.BAD_CONTROL_MESSAGE),
        (lambda s: s.message(MessageType.COMMAND_AMF0, b"\x02"), ErrorCode.BAD_AMF),
        (lambda s: s.command("_result", 4, None, 1), ErrorCode.UNEXPECTED_COMMAND),
        (
            lambda s: (s.command("_result", 1, None), s.command("_result", 4, None, None)),
            ErrorCode.BAD_AMF,
        ),
    ],
)
def test_a_broken_answer_is_an_error(break_it: Callable[[Script], object], code: ErrorCode) -> None:
    script = Script()
    script.shake_hands()
    break_it(script)
    with pytest.raises(RtmpError) as caught:
        script.client.next_event()
    assert caught.value.code is code


def test_what_is_no_rtmp_is_seen_at_the_first_byte() -> None:
    client = RtmpClient("live", "rtmp://host/live", "KEY")
    client.receive_data(b"HTTP/1.1 400 Bad Request\r\n")
    with pytest.raises(RtmpError, match="this is no RTMP"):
        client.next_event()
