"""Real encodes through the segmenter, read back by FFmpeg, which must have nothing to say."""

import json
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from media.frames import AudioFrame, VideoFrame
from media.hls import Segmenter

pytestmark = pytest.mark.ffmpeg

PROGRAM_TIMEOUT_S = 60


def run(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True, text=True, timeout=PROGRAM_TIMEOUT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def probe(playlist: Path) -> list[dict]:
    streams = "stream=codec_type,codec_name,nb_read_frames,width,height,sample_rate,channels"
    out = run(
        "ffprobe", "-v", "warning", "-count_frames", "-show_entries", f"{streams},start_time",
        "-of", "json", playlist,
    )  # fmt: skip
    return json.loads(out)["streams"]


def decode_with_ffmpeg(playlist: Path) -> None:
    run("ffmpeg", "-v", "warning", "-i", playlist, "-map", "0", "-f", "null", "-")


def count(frames: list, kind: type) -> int:
    return sum(isinstance(frame, kind) for frame in frames)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_video_and_audio(rehearse, encode, write_show, tmp_path, b_frames):
    frames = encode(5, gop=50, b_frames=b_frames)
    stage = rehearse()
    stage.push(frames, at_once=3)
    window = stage.end()
    index = write_show(window, tmp_path)

    decode_with_ffmpeg(index)
    show = tmp_path / "shw_A" / "~ses_1"
    (video,) = probe(show / "video" / "media.m3u8")
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", 128, 72)
    assert int(video["nb_read_frames"]) == count(frames, VideoFrame) == 5 * 25
    (audio,) = probe(show / "audio" / "media.m3u8")
    assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("aac", "48000", 2)
    first = next(f for f in frames if isinstance(f, VideoFrame))
    assert float(video["start_time"]) == pytest.approx(first.cts_ms / 1000, abs=0.001)
    # The encoder's priming, before the first picture, is left out.
    sounds = [f for f in frames if isinstance(f, AudioFrame) and f.dts_ms >= first.dts_ms]
    assert int(audio["nb_read_frames"]) == len(sounds) >= count(frames, AudioFrame) - 1
    late_s = (sounds[0].dts_ms - first.dts_ms) / 1000
    assert float(audio["start_time"]) == pytest.approx(late_s, abs=0.001)
    assert sum(stage.listener.durations("video")) == pytest.approx(5, abs=0.1)
    assert sum(stage.listener.durations("audio")) == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize(
    ("channels", "rate"), [("stereo", 44_100), ("mono", 22_050), ("5.1", 48_000)]
)
def test_audio_alone(rehearse, encode, write_show, tmp_path, channels, rate):
    frames = encode(5, video=False, channels=channels, rate=rate)
    stage = rehearse()
    stage.push(frames)
    index = write_show(stage.end(), tmp_path)
    decode_with_ffmpeg(index)
    (audio,) = probe(index)
    assert int(audio["nb_read_frames"]) == count(frames, AudioFrame)
    assert int(audio["sample_rate"]) == rate


def test_a_ticketed_show_is_found_by_its_relative_names(encode, write_show, tmp_path):
    frames = encode(5)
    segmenter = Segmenter("shw_A", ticketed=True)
    segmenter.push(frames, 1_700_000_000_000)
    segmenter.end()
    index = write_show(segmenter.window(), tmp_path)
    assert index == tmp_path / "~ses_1" / "index.m3u8"
    decode_with_ffmpeg(index)
    (video,) = probe(tmp_path / "shw_A" / "~ses_1" / "video" / "media.m3u8")
    assert int(video["nb_read_frames"]) == count(frames, VideoFrame)


def test_video_alone(rehearse, encode, write_show, tmp_path):
    frames = encode(5, audio=False, fps=30, gop=30)
    stage = rehearse()
    stage.push(frames)
    index = write_show(stage.end(), tmp_path)
    decode_with_ffmpeg(index)
    assert int(probe(index)[0]["nb_read_frames"]) == 150


def test_silence_and_stills_decode_without_a_word(rehearse, encode, write_show, tmp_path):
    frames = encode(12, gop=25)
    stage = rehearse(window_segments=20)
    for frame in frames:
        time_ms = getattr(frame, "dts_ms", 0)
        muted = isinstance(frame, AudioFrame) and 2_000 < time_ms < 4_000
        frozen = isinstance(frame, VideoFrame) and 4_500 < time_ms < 11_400
        if not (muted or frozen):
            stage.push([frame])
    index = write_show(stage.end(), tmp_path)
    decode_with_ffmpeg(index)
    show = tmp_path / "shw_A" / "~ses_1"
    (audio,) = probe(show / "audio" / "media.m3u8")
    assert int(audio["nb_read_frames"]) == pytest.approx(count(frames, AudioFrame), abs=2)
    sound = np.concatenate(
        [frame.to_ndarray()[0] for frame in decode(show / "audio" / "media.m3u8", "audio")]
    )
    loud = np.abs(sound[: 48_000 * 12 // 4_800 * 4_800].reshape(-1, 4_800)).max(axis=1) > 0.05
    assert loud[5:19].all()
    assert not loud[21:39].any()
    assert loud[42:110].all()


def test_a_return_at_another_size_decodes(rehearse, encode, write_show, tmp_path):
    stage = rehearse(window_segments=20)
    stage.push(encode(4, gop=50))
    stage.interrupt()
    stage.push(encode(4, gop=50, size=(96, 64), channels="mono", rate=44_100))
    window = stage.end()
    write_show(window, tmp_path)
    assert window.media["video/init-1.mp4"] != window.media["video/init-2.mp4"]
    entries = stage.listener.entries["video"]
    for number, size in ((1, (128, 72)), (2, (96, 64))):
        msns = [msn for msn, entry in entries.items() if f"init-{number}." in entry.init]
        joined = tmp_path / f"run-{number}.mp4"
        joined.write_bytes(
            window.media[f"video/init-{number}.mp4"]
            + b"".join(window.media[f"video/seg-{msn}.m4s"] for msn in msns)
        )
        pictures = list(decode(joined, "video"))
        assert len(pictures) == 100
        assert {(picture.width, picture.height) for picture in pictures} == {size}
        decode_with_ffmpeg(joined)


def decode(path: Path, kind: str):
    with av.open(str(path)) as source:
        yield from source.decode(**{kind: 0})


def test_sound_and_picture_stay_in_sync(rehearse, encode, write_show, tmp_path):
    """A flash and a beep each second come out together."""
    stage = rehearse()
    stage.push(encode(6, gop=50, b_frames=2, draw=flash, play=beep))
    write_show(stage.end(), tmp_path)
    show = tmp_path / "shw_A" / "~ses_1"
    flashes = [
        float(picture.pts * picture.time_base)
        for picture in decode(show / "video" / "media.m3u8", "video")
        if picture.to_ndarray()[: picture.height].mean() > 128
    ]
    beeps: list[float] = []
    for sound in decode(show / "audio" / "media.m3u8", "audio"):
        loud = np.abs(sound.to_ndarray()[0]) > 0.3
        start_s = float(sound.pts * sound.time_base) + int(np.argmax(loud)) / 48_000
        if loud.any() and (not beeps or start_s - beeps[-1] > 0.5):
            beeps.append(start_s)
    assert len(flashes) == len(beeps) == 5
    for flash_s, beep_s in zip(flashes, beeps, strict=True):
        assert abs(flash_s - beep_s) < 0.025


def is_signal(number: int) -> bool:
    return number % 25 == 0 and number > 0


def flash(number: int, size: tuple[int, int]) -> np.ndarray:
    pixels = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    pixels[: size[1]] = 235 if is_signal(number) else 16
    return pixels


def beep(number: int, samples: int, rate: int) -> np.ndarray:
    loudness = 0.8 if is_signal(number) else 0.0
    wave = loudness * np.sin(2 * np.pi * 1_000 * np.arange(samples) / rate)
    return wave.astype(np.float32)
