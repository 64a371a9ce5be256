"""The show as an encoder would send it, made faster than real time into a file."""

import av
import numpy as np
import pytest

from server.demo.picture import FRAMES_PER_S
from server.demo.show import KEYFRAME_INTERVAL_FRAMES, Show

SECONDS = 4


@pytest.fixture(scope="module")
def recording(picture, tmp_path_factory):
    path = tmp_path_factory.mktemp("show") / "show.flv"
    with av.open(str(path), "w", format="flv") as output:
        show = Show(picture, output)
        for _ in range(SECONDS * FRAMES_PER_S):
            show.advance()
        assert show.duration_s == SECONDS
        show.finish()
    return path


def test_codecs(recording):
    with av.open(str(recording)) as show:
        video, audio = show.streams.video[0], show.streams.audio[0]
        assert (video.codec.name, video.width, video.height) == ("h264", 1280, 720)
        assert (audio.codec.name, audio.rate, audio.layout.name) == ("aac", 48_000, "stereo")


def test_timestamps_and_keyframes(recording):
    times = {"video": [], "audio": []}
    keyframes = []
    with av.open(str(recording)) as show:
        for packet in show.demux():
            if packet.dts is not None:
                assert packet.pts == packet.dts  # no B-frames: nothing waits for them
                times[packet.stream.type].append(packet.dts)
                if packet.stream.type == "video" and packet.is_keyframe:
                    keyframes.append(len(times["video"]) - 1)
    assert len(times["video"]) == SECONDS * FRAMES_PER_S
    assert np.abs(np.diff(times["video"]) - 40).max() <= 1
    assert np.abs(np.diff(times["audio"]) - 21.33).max() <= 1
    assert abs(times["video"][-1] - times["audio"][-1]) < 80
    assert keyframes == list(range(0, SECONDS * FRAMES_PER_S, KEYFRAME_INTERVAL_FRAMES))


def test_the_bitrate_suits_a_living_room(recording):
    assert 200_000 < recording.stat().st_size * 8 / SECONDS < 2_000_000


def test_the_sound_decodes_and_is_not_silent(recording):
    with av.open(str(recording)) as show:
        sound = np.concatenate([frame.to_ndarray() for frame in show.decode(audio=0)], axis=1)
    assert sound.shape[1] >= SECONDS * 48_000
    for second in range(SECONDS):
        part = sound[0, second * 48_000 : (second + 1) * 48_000]
        assert np.sqrt((part**2).mean()) > 0.02
    assert np.abs(sound).max() < 0.75


def test_the_picture_decodes_and_moves(recording):
    with av.open(str(recording)) as show:
        frames = [frame.to_ndarray(format="gray") for frame in show.decode(video=0)]
    assert len(frames) == SECONDS * FRAMES_PER_S
    first, later = frames[0].astype(int), frames[60].astype(int)
    assert np.abs(first - later).max() > 40
    assert 20 < first.mean() < 130
