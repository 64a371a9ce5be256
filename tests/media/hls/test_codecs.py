"""Every codec through the segmenter, read back by FFmpeg, which must have nothing to say."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import av
import pytest
from support.coded import coded_frames

from media.codecs import packet_samples
from media.frames import AudioConfig, AudioFrame, Codec, VideoConfig, VideoFrame

PROGRAM_TIMEOUT_S = 60
SHOWS = [("hevc", "opus"), ("av1", "flac"), ("vp9", "mp3"), ("h264", "ac3"), ("h264", "eac3")]
CODECS = {
    "h264": "avc1.42C00A", "hevc": "hvc1.1.6.L30.90", "av1": "av01.0.00M.08",
    "vp9": "vp09.00.10.08", "opus": "Opus", "flac": "fLaC", "mp3": "mp4a.40.34", "ac3": "ac-3",
    "eac3": "ec-3",
}  # fmt: skip


def count(frames: list, kind: type) -> int:
    return sum(isinstance(frame, kind) for frame in frames)


def probe(playlist: Path) -> dict:
    entries = "stream=codec_name,width,height,sample_rate,channels,nb_read_packets"
    done = subprocess.run(
        ["ffprobe", "-v", "warning", "-count_packets", "-show_entries", entries, "-of", "json",
         str(playlist)],
        capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    (stream,) = json.loads(done.stdout)["streams"]
    return stream


def decode(playlist: Path) -> None:
    with av.open(str(playlist)) as source:
        assert sum(1 for _ in source.decode(source.streams[0])) > 0


@pytest.mark.ffmpeg
@pytest.mark.parametrize(("video", "audio"), SHOWS)
def test_a_show_is_read_back_whole(rehearse, write_show, tmp_path, video, audio):
    frames = coded_frames(video, audio, 5)
    stage = rehearse()
    stage.push(frames, at_once=3)
    window = stage.end()
    index = write_show(window, tmp_path).read_text()
    assert f'CODECS="{CODECS[video]},{CODECS[audio]}",RESOLUTION=128x72' in index
    assert f'CODECS="{CODECS[audio]}",AUDIO=' in index
    show = tmp_path / "shw_A" / "~ses_1"

    picture = probe(show / "video" / "media.m3u8")
    assert (picture["codec_name"], picture["width"], picture["height"]) == (video, 128, 72)
    assert int(picture["nb_read_packets"]) == count(frames, VideoFrame) == 125
    assert sum(stage.listener.durations("video")) == pytest.approx(5, abs=0.1)

    sound = probe(show / "audio" / "media.m3u8")
    assert (sound["codec_name"], sound["sample_rate"], sound["channels"]) == (audio, "48000", 2)
    first = next(frame for frame in frames if isinstance(frame, VideoFrame))
    sounds = [f.data for f in frames if isinstance(f, AudioFrame) and f.dts_ms >= first.dts_ms]
    played = stage.listener.samples("audio")
    assert int(sound["nb_read_packets"]) == len(played)
    assert played[-len(sounds) :] == sounds
    assert len(played) - len(sounds) <= 4  # of silence, where sound begins after the picture
    assert sum(stage.listener.durations("audio")) == pytest.approx(5, abs=0.1)
    decode(show / "video" / "media.m3u8")
    decode(show / "audio" / "media.m3u8")
    assert stage.segmenter.facts().dropped_frames == 0


@pytest.mark.parametrize("codec", ["opus", "flac", "ac3", "eac3", "mp3"])
def test_audio_time_is_rebuilt_from_samples(rehearse, codec):
    frames = coded_frames(None, codec, 5)
    stage = rehearse()
    stage.push(frames)
    stage.end()
    sounds = [frame for frame in frames if isinstance(frame, AudioFrame)]
    wanted = [packet_samples(Codec(codec), sound.data) for sound in sounds]
    fragments = stage.listener.fragments["audio"].values()
    assert [d for fragment in fragments for d in fragment.durations] == wanted
    assert stage.listener.samples("audio") == [sound.data for sound in sounds]


def test_opus_packets_of_every_length_follow_each_other(rehearse):
    config = coded_frames(None, "opus")[0]
    packets = [(b"\x80\1", 2.5), (b"\x08\1", 20), (b"\x18\1", 60), (b"\xfb\x06" + b"\1" * 6, 120)]
    frames, time_ms = [config], 1_000.0
    for number in range(240):
        data, lasting_ms = packets[number % 4]
        frames.append(AudioFrame(int(time_ms), data))
        time_ms += lasting_ms
    stage = rehearse()
    stage.push(frames)
    stage.end()
    durations = [d for f in stage.listener.fragments["audio"].values() for d in f.durations]
    assert durations == [120, 960, 2880, 5760] * 60
    assert stage.segmenter.facts().dropped_frames == 0


@pytest.mark.parametrize("codec", ["opus", "flac", "ac3", "mp3"])
def test_a_hole_is_filled_with_silence(rehearse, codec):
    frames = coded_frames(None, codec, 8)
    stage = rehearse()
    stage.push([f for f in frames if not (isinstance(f, AudioFrame) and 3_000 < f.dts_ms < 5_000)])
    stage.end()
    assert sum(stage.listener.durations("audio")) == pytest.approx(8, abs=0.15)
    assert not stage.listener.discontinuities("audio")


def test_what_is_no_packet_is_dropped_and_counted(rehearse):
    frames = coded_frames(None, "opus", 5)
    frames[50] = replace(frames[50], data=b"\xfb\x00")
    stage = rehearse()
    stage.push(frames)
    stage.end()
    assert stage.segmenter.facts().dropped_frames == 1


@pytest.mark.parametrize("codec", ["hevc", "av1", "vp9"])
def test_a_repeated_configuration_changes_nothing(rehearse, codec):
    frames = coded_frames(codec, None, 6)
    stage = rehearse()
    for frame in frames:
        repeat = isinstance(frame, VideoFrame) and frame.keyframe
        stage.push([frames[0], frame] if repeat else [frame])
    window = stage.end()
    assert not stage.listener.discontinuities("video")
    assert [name for name in window.media if "init" in name] == ["video/init-1.mp4"]


@pytest.mark.parametrize("codec", ["hevc", "av1", "vp9"])
def test_another_size_is_a_new_init_and_a_discontinuity(rehearse, codec):
    stage = rehearse()
    before, after = coded_frames(codec, None, 5), coded_frames(codec, None, 5, (64, 48))
    stage.push(before)
    stage.push([later(frame, 5_000) for frame in after])
    window = stage.end()
    assert len(stage.listener.discontinuities("video")) == 1
    assert window.media["video/init-1.mp4"] != window.media["video/init-2.mp4"]
    assert window.renditions["video"].width == 64
    assert len(stage.listener.samples("video")) == 250


def test_another_codec_is_a_new_init_and_a_discontinuity_in_both(rehearse):
    stage = rehearse()
    stage.push(coded_frames("h264", "aac", 5))
    stage.push([later(frame, 5_000) for frame in coded_frames("vp9", "opus", 5)])
    window = stage.end()
    assert len(stage.listener.discontinuities("video")) == 1
    assert stage.listener.discontinuities("audio") == stage.listener.discontinuities("video")
    assert {name for name in window.media if "init" in name} == {
        f"{media}/init-{n}.mp4" for media in ("video", "audio") for n in (1, 2)
    }
    assert 'CODECS="vp09.00.10.08,Opus"' in window.index


def later(frame: object, ms: int) -> object:
    if isinstance(frame, VideoConfig | AudioConfig):
        return frame
    assert isinstance(frame, VideoFrame | AudioFrame)
    return replace(frame, dts_ms=frame.dts_ms + ms)
