"""Real encoders push to the protocol over a loopback socket."""

import json
import socket
import subprocess
from pathlib import Path

import pytest

from media.frames import AudioConfig, AudioFrame, VideoConfig, VideoFrame
from media.rtmp import Media, PublishEnded, PublishRequested

PUSH_TIMEOUT_S = 30
READ_BYTES = 65_536


def serve(listener: socket.socket, conversation) -> None:
    """Take one publisher until it hangs up."""
    stream, _ = listener.accept()
    with stream:
        stream.settimeout(PUSH_TIMEOUT_S)
        while data := stream.recv(READ_BYTES):
            before = len(conversation.sent)
            conversation.say(data)
            try:
                stream.sendall(conversation.sent[before:])
            except (BrokenPipeError, ConnectionResetError):
                continue  # the encoder is gone; what it sent before is still read


def push(arguments: list[str], conversation) -> None:
    """Run an encoder that pushes to ``{url}``, and the server for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PUSH_TIMEOUT_S)
        base = f"rtmp://127.0.0.1:{listener.getsockname()[1]}/live"
        arguments = [argument.replace("{base}", base) for argument in arguments]
        with subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as encoder:
            try:
                serve(listener, conversation)
                _, errors = encoder.communicate(timeout=PUSH_TIMEOUT_S)
            finally:
                encoder.kill()
            assert encoder.returncode == 0, errors


def packets(path: Path) -> list[tuple[str, int, int, bool, int]]:
    """(kind, dts, cts, keyframe, bytes) of each packet, as ffprobe reads them."""
    command = ["ffprobe", "-v", "error", "-show_packets", "-of", "json", str(path)]
    listed = json.loads(subprocess.check_output(command, timeout=PUSH_TIMEOUT_S))["packets"]
    return [
        (
            packet["codec_type"],
            packet["dts"],
            packet["pts"] - packet["dts"],
            packet["codec_type"] == "audio" or "K" in packet["flags"],
            int(packet["size"]),
        )
        for packet in listed
    ]


def as_packets(events: list[object]) -> list[tuple[str, int, int, bool, int]]:
    found = []
    for event in events:
        match event:
            case Media(VideoFrame(dts, cts, key, data)):
                found.append(("video", dts, cts, key, len(data)))
            case Media(AudioFrame(dts, data)):
                found.append(("audio", dts, 0, True, len(data)))
    return found


@pytest.fixture(scope="session")
def flv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flv") / "show.flv"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"]
    command += ["-f", "lavfi", "-i", "sine=sample_rate=44100", "-t", "4", "-bf", "2", "-g", "50"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    subprocess.run([*command, str(path)], check=True, timeout=PUSH_TIMEOUT_S)
    return path


@pytest.mark.ffmpeg
def test_ffmpeg_arrives_packet_for_packet(flv: Path, conversation) -> None:
    push(["ffmpeg", "-v", "error", "-i", str(flv), "-c", "copy", "-f", "flv", "-flvflags",
          "no_duration_filesize", "{base}/KEY"], conversation)  # fmt: skip
    asked = conversation.events[0]
    assert isinstance(asked, PublishRequested)
    assert (asked.app, asked.stream_key) == ("live", "KEY")
    assert isinstance(conversation.events[-1], PublishEnded)
    kinds = [type(e.frame) for e in conversation.events if isinstance(e, Media)]
    assert (kinds.count(VideoConfig), kinds.count(AudioConfig)) == (1, 1)
    wanted = packets(flv)
    assert sum(1 for packet in wanted if packet[0] == "video") == 100
    assert any(packet[2] > 0 for packet in wanted)
    assert as_packets(conversation.events) == wanted


@pytest.mark.ffmpeg
@pytest.mark.parametrize("before_s", [2, -60], ids=["crossing it", "beyond it from the start"])
def test_ffmpeg_at_the_extended_timestamp(flv: Path, conversation, before_s: int) -> None:
    late_s = 0xFFFFFF / 1000 - before_s  # 4 h 39 min
    push(["ffmpeg", "-v", "error", "-i", str(flv), "-c", "copy", "-output_ts_offset", f"{late_s}",
          "-f", "flv", "-flvflags", "no_duration_filesize", "{base}/KEY"],
         conversation)  # fmt: skip
    got, wanted = as_packets(conversation.events), packets(flv)
    assert [packet[2:] for packet in got] == [packet[2:] for packet in wanted]
    shift_ms = got[0][1] - wanted[0][1]
    assert [packet[1] - shift_ms for packet in got] == [packet[1] for packet in wanted]
    assert got[-1][1] > 0xFFFFFF
    assert (got[0][1] < 0xFFFFFF) == (before_s > 0)


@pytest.mark.ffmpeg
def test_librtmp_style_application_and_key(flv: Path, conversation) -> None:
    push(["ffmpeg", "-v", "error", "-i", str(flv), "-c:a", "copy", "-vn", "-f", "flv",
          "-rtmp_app", "live/KEY", "-rtmp_playpath", "", "{base}"], conversation)  # fmt: skip
    asked = conversation.events[0]
    assert isinstance(asked, PublishRequested)
    assert (asked.app, asked.stream_key) == ("live", "KEY")
    assert {packet[0] for packet in as_packets(conversation.events)} == {"audio"}


@pytest.mark.gstreamer
@pytest.mark.parametrize("sink", ["rtmp2sink", "rtmpsink"])
def test_gstreamer(flv: Path, conversation, sink: str) -> None:
    """Its own client, and librtmp: the one that OBS has a descendant of."""
    push(["gst-launch-1.0", "-q", "filesrc", f"location={flv}", "!", "flvdemux", "name=d",
          "flvmux", "name=m", "streamable=true", "!", sink, "sync=false",
          "location={base}/KEY",
          "d.video", "!", "queue", "!", "h264parse", "!", "m.video",
          "d.audio", "!", "queue", "!", "aacparse", "!", "m.audio"], conversation)  # fmt: skip
    asked = conversation.events[0]
    assert isinstance(asked, PublishRequested)
    assert (asked.app, asked.stream_key) == ("live", "KEY")
    got = as_packets(conversation.events)
    for kind in ("video", "audio"):
        sizes = [packet[3:] for packet in got if packet[0] == kind]
        assert sizes == [packet[3:] for packet in packets(flv) if packet[0] == kind]
        times = [packet[1] for packet in got if packet[0] == kind]
        assert times == sorted(times)
        assert times[-1] - times[0] > 3800
