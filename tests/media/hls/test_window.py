import dataclasses

import pytest

from media.hls import window as window_module
from media.hls.bitrate import Bitrate
from media.hls.init_segment import InitSegment
from media.hls.rendition import RenditionInfo
from media.hls.segment import MediaSegment, Segment
from media.hls.window import LiveWindow
from media.timeline import MediaType

INFO = {MediaType.AUDIO: RenditionInfo("mp4a.40.2", 2, 1, channels=2, sample_rate=48_000)}


def make_segment(msn, *, init=1, duration_s=2.0, size=10):
    piece = MediaSegment(
        InitSegment(init, 48_000, b"i%d" % init), 2_000 * msn, duration_s, 94, bytes(size)
    )
    return Segment(msn, init > 1, init - 1, 0, {MediaType.AUDIO: piece})


def snapshot(live, *, ended=False):
    return live.snapshot(INFO, 2, ended=ended)


def names(window):
    return {name for name in window.media if "seg" in name}


def test_the_oldest_leave_the_playlist_and_keep_their_bytes_for_a_while(playlist_of):
    live = LiveWindow("shw_1", 5)
    for msn in range(1, 31):
        live.append(make_segment(msn), 2)
    window = snapshot(live)
    playlist = playlist_of(window, "audio")
    assert list(playlist.entries) == [26, 27, 28, 29, 30]
    # Segment 25 left when 30 came, from a playlist of 12 s: it is kept 14 s more.
    assert names(window) == {f"audio/seg-{msn}.m4s" for msn in range(18, 31)}


def test_a_snapshot_does_not_change():
    live = LiveWindow("shw_1", 3)
    live.append(make_segment(1), 2)
    before = snapshot(live)
    playlist, media = before.playlists["audio"], dict(before.media)
    for msn in range(2, 40):
        live.append(make_segment(msn), 2)
    assert before.playlists["audio"] == playlist
    assert before.media == media
    with pytest.raises(dataclasses.FrozenInstanceError):
        before.last_msn = 5
    with pytest.raises(TypeError):
        before.media["x"] = b""


def test_a_playlist_never_gets_shorter_than_three_target_durations(playlist_of):
    live = LiveWindow("shw_1", 3)
    for msn in range(1, 50):
        live.append(make_segment(msn, duration_s=0.5), 2)
    assert len(playlist_of(snapshot(live), "audio").entries) == 12


def test_inits_go_with_the_last_segment_that_needs_them(playlist_of):
    live = LiveWindow("shw_1", 3)
    for msn in range(1, 40):
        live.append(make_segment(msn, init=1 + msn // 10), 2)
        window = snapshot(live)
        for entry in playlist_of(window, "audio").entries.values():
            assert entry.init.removeprefix("../../") in window.media
    assert sorted(name for name in window.media if "init" in name) == ["audio/init-4.mp4"]


def test_bytes_are_bounded(monkeypatch):
    monkeypatch.setattr(window_module, "MAX_WINDOW_BYTES", 10_000)
    live = LiveWindow("shw_1", 10)
    for msn in range(1, 60):
        live.append(make_segment(msn, size=1_000), 2)
        assert sum(len(data) for name, data in snapshot(live).media.items() if "seg" in name) <= (
            10_000
        )
    for msn in range(60, 80):
        live.append(make_segment(msn, size=9_000), 2)
    # Three of them are more than the bound, but fewer cannot be played.
    assert names(snapshot(live)) == {f"audio/seg-{msn}.m4s" for msn in (77, 78, 79)}


def test_the_session_goes_into_the_multivariant_playlist():
    live = LiveWindow("shw_1", 3)
    live.append(make_segment(1), 2)
    window = snapshot(live)
    assert b"shw_1/~ses_42/audio/media.m3u8\n" in window.multivariant("ses_42")
    assert b"{" not in window.multivariant("ses_42")


def test_a_ticketed_show_names_all_media_from_where_its_playlist_is(playlist_of):
    live = LiveWindow("shw_1", 3, ticketed=True)
    for msn in range(1, 20):
        live.append(make_segment(msn, init=1 + msn // 10), 2)
        window = snapshot(live)
        assert window.ticketed
        for number, entry in playlist_of(window, "audio").entries.items():
            assert entry.uri == f"seg-{number}.m4s"
            assert f"audio/{entry.uri}" in window.media
            assert f"audio/{entry.init}" in window.media
    assert b"\n../shw_1/~ses_42/audio/media.m3u8\n" in window.multivariant("ses_42")


def test_bit_rates_are_measured():
    bitrate = Bitrate()
    piece = make_segment(1).media[MediaType.AUDIO]
    assert bitrate.average_bps == 0
    bitrate.add(dataclasses.replace(piece, data=bytes(1_000), duration_s=0.1), 2)
    assert bitrate.peak_bps == 80_001
    bitrate.add(dataclasses.replace(piece, data=bytes(1_000), duration_s=2.0), 2)
    assert bitrate.peak_bps == 4_001  # a short one counts no more
    bitrate.add(dataclasses.replace(piece, data=bytes(2_000), duration_s=1.9), 2)
    assert bitrate.peak_bps == 8_422
    assert bitrate.average_bps == 8_001
