import struct
from dataclasses import replace

import pytest
from support.coded import coded_frames
from support.enhanced import MANY_TRACKS, tracks, video_tag

from media.frames import AudioConfig, AudioFrame, Codec, VideoConfig, VideoFrame
from media.rtmp import (
    ErrorCode,
    Media,
    Metadata,
    PublishEnded,
    PublishRequested,
    RtmpConnection,
    RtmpError,
    TrackPassedOver,
)
from media.rtmp.amf0 import decode_values, encode_values
from media.rtmp.connection import MAX_COMMANDS_BETWEEN_FRAMES
from media.timeline import MediaType

HANDSHAKE_BYTES = 3073


def control(client, type_id: int, payload: bytes, csid: int = 2) -> bytes:
    return client.chunks(payload, type_id=type_id, csid=csid, stream_id=0)


def commands(responses, sent: bytes) -> list[tuple[int, list[object]]]:
    """(message stream id, values) of the commands a server sent."""
    return [(m[1], decode_values(m[2])) for m in responses(sent) if m[0] == 20]


def answers(responses, conversation) -> list[tuple[int, list[object]]]:
    return commands(responses, conversation.sent[HANDSHAKE_BYTES:])


def refusal(conversation, data: bytes) -> RtmpError:
    with pytest.raises(RtmpError) as caught:
        conversation.say(data)
    with pytest.raises(RtmpError) as again:
        conversation.connection.next_event()
    assert again.value is caught.value
    return caught.value


@pytest.mark.parametrize("step", [None, 1])
def test_a_whole_show(client, converse, responses, step) -> None:
    metadata = client.command("@setDataFrame", "onMetaData", {"width": 320}, type_id=18)
    data = (
        client.opening()
        + metadata
        + client.avc_config()
        + client.aac_config()
        + client.video(b"key", time=10, cts=40)
        + client.audio(b"aac", time=11)
        + client.video(b"inter", time=43, key=False)
        + client.command("FCUnpublish", 6, None, "KEY")
        + client.command("deleteStream", 7, None, 1)
    )
    talk = converse(data, step)
    assert talk.events == [
        PublishRequested("live", "KEY", "rtmp://host/live", "FMLE/3.0"),
        Metadata({"width": 320.0}),
        Media(VideoConfig(Codec.H264, client.avc_record)),
        Media(AudioConfig(Codec.AAC, client.aac_record)),
        Media(VideoFrame(10, 40, True, b"key")),
        Media(AudioFrame(11, b"aac")),
        Media(VideoFrame(43, 0, False, b"inter")),
        PublishEnded("FCUnpublish"),
    ]
    assert talk.connection.bytes_received == len(data)
    named = [values[0] for _, values in answers(responses, talk)]
    assert named[:3] == ["_result", "_result", "onStatus"]
    assert named[3:] == ["_result", "onFCUnpublish", "onStatus", "_result"]


def test_connect_announces_sizes_before_its_result(client, converse, responses) -> None:
    talk = converse(client.hello() + client.connect(objectEncoding=3))
    sent = responses(talk.sent[HANDSHAKE_BYTES:])
    assert [m[0] for m in sent] == [5, 6, 1, 20]
    assert sent[0][2] == struct.pack(">I", 2_500_000)
    assert sent[2][2] == struct.pack(">I", 4096)
    name, transaction, _, info = decode_values(sent[3][2])
    assert (name, transaction) == ("_result", 1.0)
    assert info["code"] == "NetConnection.Connect.Success"
    assert info["objectEncoding"] == 3.0


def test_the_handshake_is_answered_before_c2(client, conversation) -> None:
    conversation.say(client.hello()[:1537])
    assert len(conversation.sent) == HANDSHAKE_BYTES


def test_calls_are_answered(client, converse, responses) -> None:
    talk = converse(
        client.hello()
        + client.connect()
        + client.command("releaseStream", 2, None, "KEY")
        + client.command("FCPublish", 3, None, "KEY")
        + client.command("createStream", 4, None)
        + client.command("createStream", 5, None)
        + client.command("_checkbw", 6, None)
        + client.command("getStreamLength", 7, None, "KEY")
        + client.command("whatever", 8, None)
        + client.command("whatever", 0, None)
        + client.command("_result", 9, None)
    )
    got = [values[:4] for _, values in answers(responses, talk)][1:]
    assert got[:2] == [["_result", 2.0, None, None], ["_result", 3.0, None, None]]
    assert got[2][:2] == ["onFCPublish", 0.0]
    assert got[3:7] == [
        ["_result", 4.0, None, 1.0],
        ["_result", 5.0, None, 2.0],
        ["_result", 6.0, None, None],
        ["_result", 7.0, None, 0.0],
    ]
    assert got[7][:3] == ["_error", 8.0, None]
    assert len(got) == 8


def test_amf3_commands_hold_amf0(client, converse) -> None:
    body = b"\x00" + encode_values("connect", 1, {"app": "live"})
    publish = b"\x00" + encode_values("publish", 2, None, "KEY")
    data = client.hello() + client.chunks(body, type_id=17, csid=3)
    assert converse(data + client.chunks(publish, type_id=17, csid=3)).events == [
        PublishRequested("live", "KEY", "", "")
    ]


def test_start_status_names_the_stream(client, converse, responses) -> None:
    publish = client.command("publish", 5, None, "KEY", "live", stream_id=258)
    talk = converse(client.hello() + client.connect() + publish)
    stream_id, values = answers(responses, talk)[-1]
    assert stream_id == 258
    assert values[0] == "onStatus"
    assert values[3]["code"] == "NetStream.Publish.Start"
    begin = [m for m in responses(talk.sent[HANDSHAKE_BYTES:]) if m[0] == 4]
    assert begin == [(4, 0, struct.pack(">HI", 0, 258))]


def test_media_before_the_decision_is_kept_in_order(client) -> None:
    connection = RtmpConnection()
    connection.receive_data(client.opening() + client.aac_config())
    assert isinstance(connection.next_event(), PublishRequested)
    assert connection.next_event() is None
    connection.receive_data(client.audio(b"1", time=1) + client.audio(b"2", time=2))
    assert connection.next_event() is None
    connection.accept_publish()
    events = [connection.next_event() for _ in range(4)]
    assert events[1:] == [Media(AudioFrame(1, b"1")), Media(AudioFrame(2, b"2")), None]


def test_what_waits_for_the_decision_is_bounded(client) -> None:
    connection = RtmpConnection()
    connection.receive_data(client.opening())
    assert isinstance(connection.next_event(), PublishRequested)
    for _ in range(17):
        connection.receive_data(bytes(1_000_000))
    with pytest.raises(RtmpError) as caught:
        connection.next_event()
    assert caught.value.code == ErrorCode.TOO_MUCH_BUFFERED


def test_refusal_has_a_human_description(client, responses) -> None:
    connection = RtmpConnection()
    connection.receive_data(client.opening())
    assert isinstance(connection.next_event(), PublishRequested)
    connection.data_to_send()
    connection.refuse_publish("NetStream.Publish.BadName", "There is no stream with this key.")
    parsed = responses(connection.data_to_send())
    info = {
        "level": "error",
        "code": "NetStream.Publish.BadName",
        "description": "There is no stream with this key.",
    }
    assert [decode_values(m[2]) for m in parsed] == [["onStatus", 0.0, None, info]]
    connection.receive_data(client.audio(b"more"))
    assert connection.next_event() is None


def test_deciding_out_of_turn_is_an_error() -> None:
    with pytest.raises(RtmpError):
        RtmpConnection().accept_publish()
    with pytest.raises(RtmpError):
        RtmpConnection().refuse_publish("code", "why")


@pytest.mark.parametrize("name", ["FCUnpublish", "deleteStream", "closeStream"])
def test_every_deliberate_end(client, converse, name) -> None:
    argument = 1 if name == "deleteStream" else None
    end = client.command(name, 0, None, argument, stream_id=1)
    talk = converse(client.opening() + end + end + client.audio(b"late"))
    assert talk.events[1:] == [PublishEnded(name)]


def test_deleting_another_stream_ends_nothing(client, converse) -> None:
    talk = converse(client.opening() + client.command("deleteStream", 0, None, 2))
    assert len(talk.events) == 1


def test_a_second_show_on_one_connection(client, converse) -> None:
    end = client.command("closeStream", 0, None)
    talk = converse(client.opening() + client.aac_config() + end + client.publish("OTHER"))
    talk.say(client.audio(b"no config yet") + client.aac_config() + client.audio(b"a"))
    assert [type(event) for event in talk.events] == [
        PublishRequested,
        Media,
        PublishEnded,
        PublishRequested,
        Media,
        Media,
    ]


def test_media_without_publish_is_ignored(client, converse) -> None:
    data = client.hello() + client.connect() + client.aac_config() + client.audio(b"a")
    metadata = client.command("onMetaData", {"width": 320}, type_id=18)
    assert converse(data + metadata).events == []


def test_play_is_refused_in_words(client, converse, responses) -> None:
    talk = converse(
        client.hello() + client.connect() + client.command("play", 3, None, "KEY", stream_id=1)
    )
    stream_id, values = answers(responses, talk)[-1]
    assert stream_id == 1
    assert values[3]["code"] == "NetStream.Play.Failed"
    assert "HLS" in values[3]["description"]


def test_an_unsupported_codec_is_told_in_words(client, converse, responses) -> None:
    talk = converse(client.opening())
    talk.sent = b""
    error = refusal(talk, client.chunks(b"\x90vvc1 and so on"))
    assert error.code == ErrorCode.CODEC_UNSUPPORTED
    assert "VVC" in error.message
    parsed = responses(talk.connection.data_to_send(), 4096)
    info = decode_values(parsed[0][2])[3]
    assert (info["code"], info["description"]) == ("NetStream.Publish.Denied", error.message)


def test_frames_before_an_error_are_delivered(client, converse) -> None:
    talk = converse(client.opening() + client.aac_config())
    talk.connection.receive_data(client.audio(b"last") + client.chunks(b"\x2fmp3", type_id=8))
    assert talk.connection.next_event() == Media(AudioFrame(0, b"last"))
    with pytest.raises(RtmpError):
        talk.connection.next_event()


def test_aggregates_are_split(client, converse) -> None:
    talk = converse(client.opening() + client.aac_config())
    tags = b""
    for time, body in ((500, b"\xaf\x01a"), (523, b"\xaf\x01b")):
        tags += b"\x08" + len(body).to_bytes(3, "big") + time.to_bytes(3, "big") + bytes(4)
        tags += body + bytes(4)
    tags += b"\x12\0\0\x01\0\0\0\0\0\0\0\x05" + bytes(4)  # script data is left out
    assert talk.say(client.chunks(tags, type_id=22, time=2000)) == [
        Media(AudioFrame(2000, b"a")),
        Media(AudioFrame(2023, b"b")),
    ]


@pytest.mark.parametrize(
    "values",
    [
        ("onMetaData", {"encoder": "OBS"}),
        ("@setDataFrame", "onMetaData", {"encoder": "OBS"}),
    ],
)
def test_metadata(client, converse, values) -> None:
    talk = converse(client.opening() + client.command(*values, type_id=18))
    assert talk.events[1:] == [Metadata({"encoder": "OBS"})]


@pytest.mark.parametrize(
    "said",
    [{}, {"videocodecid": "avc1", "audiocodecid": "mp4a"}, {"videocodecid": 4.0}, {"": None}],
)
def test_what_metadata_says_of_codecs_is_not_believed(client, converse, said) -> None:
    metadata = client.command("onMetaData", said, type_id=18)
    talk = converse(client.opening() + metadata + client.avc_config() + client.video(b"key"))
    assert [event.frame for event in talk.events if isinstance(event, Media)] == [
        VideoConfig(Codec.H264, client.avc_record),
        VideoFrame(0, 0, True, b"key"),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xff", b"\x02\x00\x0aonMetaData", bytes(70_000), b"\x02\x00\x01x\x05"]
)
def test_bad_metadata_does_not_end_a_show(client, converse, body) -> None:
    talk = converse(client.opening() + client.chunks(body, type_id=18) + client.aac_config())
    assert [type(event) for event in talk.events] == [PublishRequested, Media]


@pytest.mark.parametrize("csid", [2, 3, 70])
def test_control_messages_on_any_chunk_stream(client, converse, csid) -> None:
    size = control(client, 1, struct.pack(">I", 5000), csid)
    talk = converse(client.hello() + size)  # before connect, as some encoders do
    config = b"\xaf\x00" + client.aac_record
    talk.say(client.connect() + client.publish() + client.chunks(config, type_id=8, size=5000))
    frame = b"\xaf\x01" + b"a" * 4000
    assert talk.say(client.chunks(frame, type_id=8, size=5000)) == [
        Media(AudioFrame(0, b"a" * 4000))
    ]


@pytest.mark.parametrize("size", [0, 0x80000000, 0xFFFFFFFF])
def test_bad_chunk_sizes_are_refused(client, converse, size) -> None:
    error = refusal(converse(client.hello()), control(client, 1, struct.pack(">I", size)))
    assert error.code == ErrorCode.BAD_CHUNK_SIZE


@pytest.mark.parametrize("type_id", [1, 2, 5])
def test_short_control_messages_are_refused(client, converse, type_id) -> None:
    error = refusal(converse(client.hello()), control(client, type_id, b"\0\0\1"))
    assert error.code == ErrorCode.BAD_CONTROL_MESSAGE


def test_abort(client, converse) -> None:
    talk = converse(client.opening() + client.aac_config())
    half = client.chunks(b"\xaf\x01" + b"x" * 500, type_id=8, csid=9)[:140]
    abort = control(client, 2, struct.pack(">I", 9))
    whole = client.chunks(b"\xaf\x01" + b"y" * 500, csid=9, form=3)
    assert talk.say(half + abort + whole) == [Media(AudioFrame(0, b"y" * 500))]


def test_pings_are_answered_and_other_events_ignored(client, converse, responses) -> None:
    talk = converse(client.hello() + client.connect())
    talk.sent = b""
    talk.say(control(client, 4, struct.pack(">HI", 6, 0xDEADBEEF)))
    talk.say(control(client, 4, struct.pack(">HII", 3, 1, 100)) + control(client, 4, b"\0\6"))
    talk.say(control(client, 4, b"") + control(client, 4, struct.pack(">HI", 99, 0)))
    assert responses(talk.sent) == [(4, 0, struct.pack(">HI", 7, 0xDEADBEEF))]


def test_other_message_types_are_ignored(client, converse) -> None:
    ignored = b"".join(client.chunks(b"\x05x", type_id=t) for t in (0, 3, 6, 7, 16, 19, 21, 99))
    assert len(converse(client.opening() + ignored).events) == 1


def test_acknowledgements_by_the_peers_window(client, converse, responses) -> None:
    talk = converse(client.opening() + client.aac_config())
    talk.sent = b""
    talk.say(client.audio(bytes(9000)))
    assert talk.sent == b""  # no window was named
    talk.say(control(client, 5, struct.pack(">I", 10_000)))
    totals = []
    for _ in range(4):
        talk.say(client.audio(bytes(9000)))
        totals.append(talk.connection.bytes_received)
    counts = [m[2] for m in responses(talk.sent) if m[0] == 3]
    assert counts == [struct.pack(">I", totals[0]), struct.pack(">I", totals[2])]


def test_acknowledgements_wrap(client, converse, responses) -> None:
    talk = converse(client.opening() + control(client, 5, struct.pack(">I", 1000)))
    talk.connection.bytes_received += 1 << 32
    talk.sent = b""
    talk.say(client.aac_config())
    wanted = struct.pack(">I", talk.connection.bytes_received - (1 << 32))
    assert [m[2] for m in responses(talk.sent)] == [wanted]


def test_commands_are_bounded(client, converse) -> None:
    talk = converse(client.hello() + client.connect())
    call = client.command("releaseStream", 0, None)
    error = refusal(talk, call * MAX_COMMANDS_BETWEEN_FRAMES)
    assert error.code == ErrorCode.TOO_MANY_COMMANDS


def test_media_lets_commands_go_on(client, converse) -> None:
    talk = converse(client.opening() + client.aac_config())
    call = client.command("_checkbw", 0, None)
    for _ in range(3):
        talk.say(call * (MAX_COMMANDS_BETWEEN_FRAMES - 10) + client.audio(b"a"))


def test_unsent_replies_are_bounded(client, converse) -> None:
    talk = converse(client.hello() + client.connect())
    ping = control(client, 4, struct.pack(">HI", 6, 1))
    assert refusal(talk, ping * 5000).code == ErrorCode.TOO_MUCH_UNSENT


@pytest.mark.parametrize(
    "values", [("publish", 1, None, "KEY"), ("createStream", 1, None), ("deleteStream", 1, None)]
)
def test_commands_before_connect_are_refused(client, converse, values) -> None:
    error = refusal(converse(client.hello()), client.command(*values))
    assert error.code == ErrorCode.UNEXPECTED_COMMAND


def test_a_second_connect_or_publish_is_refused(client, converse) -> None:
    error = refusal(converse(client.opening()), client.connect())
    assert error.code == ErrorCode.UNEXPECTED_COMMAND
    error = refusal(converse(client.opening()), client.publish())
    assert error.code == ErrorCode.UNEXPECTED_COMMAND


@pytest.mark.parametrize("body", [b"", b"\x05", b"\x00\x00", bytes(70_000), b"\x02\x00\x09x"])
def test_commands_that_cannot_be_read(client, converse, body) -> None:
    error = refusal(converse(client.hello()), client.chunks(body, type_id=20))
    assert error.code == ErrorCode.BAD_AMF


def test_publish_without_a_name_asks_with_an_empty_key(client, converse) -> None:
    talk = converse(client.hello() + client.connect() + client.publish(None))
    assert talk.events == [PublishRequested("live", "", "rtmp://host/live", "FMLE/3.0")]


def test_another_protocol_is_refused_by_next_event() -> None:
    connection = RtmpConnection()
    connection.receive_data(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(RtmpError) as caught:
        connection.next_event()
    assert caught.value.code == ErrorCode.BAD_HANDSHAKE
    connection.receive_data(b"more")
    assert connection.data_to_send() == b""


def test_memoryviews_are_taken(client) -> None:
    connection = RtmpConnection()
    connection.receive_data(memoryview(bytearray(client.opening())))
    assert isinstance(connection.next_event(), PublishRequested)


def test_capabilities_are_told_to_those_who_ask(client, converse, responses) -> None:
    asked = {
        "fourCcList": ["hvc1"],
        "videoFourCcInfoMap": {"hvc1": 2.0},
        "audioFourCcInfoMap": {"*": 7.0},
        "capsEx": 15.0,
    }
    talk = converse(client.hello() + client.connect(**asked))
    _, values = answers(responses, talk)[0]
    assert set(asked) < set(values[2])
    assert {"avc1", "hvc1", "av01", "vp09", "Opus", "fLaC", "ac-3"} < set(values[2]["fourCcList"])
    assert values[2]["videoFourCcInfoMap"] == dict.fromkeys(("avc1", "hvc1", "av01", "vp09"), 4.0)
    assert set(values[2]["audioFourCcInfoMap"]) == {"mp4a", "Opus", "fLaC", "ac-3", "ec-3", ".mp3"}
    assert values[2]["capsEx"] == 2 + 4 + 8  # multitrack, ModEx, nanoseconds; no reconnecting


def test_capabilities_are_not_told_to_others(client, converse, responses) -> None:
    talk = converse(client.hello() + client.connect())
    _, values = answers(responses, talk)[0]
    assert set(values[2]) == {"fmsVer", "capabilities"}


def test_enhanced_codecs_are_taken_from_those_who_did_not_ask(client, converse) -> None:
    config, frame = coded_frames("hevc", None)[:2]
    talk = converse(
        client.opening()
        + client.chunks(video_tag(0, b"hvc1", config.record))
        + client.chunks(video_tag(3, b"hvc1", frame.data))
    )
    assert talk.events[1:] == [Media(config), Media(replace(frame, cts_ms=0))]


def test_other_tracks_are_told_of_once(client, converse) -> None:
    parts = [(b"hvc1", 3, b"x"), (b"hvc1", 1, b"y")]
    tag = tracks(0x96, 1, MANY_TRACKS, parts)
    sound = tracks(0x95, 1, MANY_TRACKS, [(b"Opus", 3, b"x")])
    talk = converse(client.opening() + client.chunks(tag) * 3 + client.chunks(sound, type_id=8) * 3)
    assert talk.events[1:] == [
        TrackPassedOver(MediaType.VIDEO, 3),
        TrackPassedOver(MediaType.VIDEO, 1),
        TrackPassedOver(MediaType.AUDIO, 3),
    ]
