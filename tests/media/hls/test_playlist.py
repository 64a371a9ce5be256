import re

import pytest

from media.hls.init_segment import InitSegment
from media.hls.playlist import (
    map_line,
    media_folder,
    media_playlist,
    multivariant_playlist,
    segment_entry,
)
from media.hls.rendition import RenditionInfo
from media.hls.segment import MediaSegment, Segment
from media.timeline import MediaType

VIDEO = RenditionInfo(
    "avc1.64001F", 3_000_001, 2_500_000, width=1280, height=720, frame_rate=30_000 / 1001
)
AUDIO = RenditionInfo("mp4a.40.2", 130_001, 128_000, channels=2, sample_rate=48_000)

PUBLIC = media_folder(MediaType.VIDEO, ticketed=False)


def make_segment(msn, *, breaks=0, discontinuity=False, init=1, start_ms=0, duration_s=2.0):
    piece = MediaSegment(InitSegment(init, 90_000, b"init"), start_ms, duration_s, 50, b"data")
    return Segment(
        msn=msn,
        discontinuity=discontinuity,
        discontinuity_sequence=breaks,
        wall_offset_ms=1_700_000_000_000,
        media={MediaType.VIDEO: piece},
    )


def test_an_entry_in_the_order_that_players_want():
    segment = make_segment(
        7, breaks=1, discontinuity=True, init=2, start_ms=1_234, duration_s=2.002
    )
    assert segment_entry(segment, MediaType.VIDEO, PUBLIC, with_map=True).splitlines() == [
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="../../video/init-2.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:21.234Z",
        "#EXTINF:2.00200,",
        "../../video/seg-7.m4s",
    ]


def test_an_entry_of_a_ticketed_show_stays_within_its_session():
    folder = media_folder(MediaType.VIDEO, ticketed=True)
    entry = segment_entry(make_segment(7), MediaType.VIDEO, folder, with_map=True)
    assert '#EXT-X-MAP:URI="init-1.mp4"' in entry
    assert entry.splitlines()[-1] == "seg-7.m4s"


# Of each segment: whether it begins with a discontinuity. Then which is the first in the playlist,
# and what DISCONTINUITY-SEQUENCE must be.
@pytest.mark.parametrize(
    ("breaks", "first", "sequence"),
    [
        ([False, False, False], 0, 0),
        ([False, True, False], 0, 0),
        ([False, True, False], 1, 0),  # the tag is still there
        ([False, True, False], 2, 1),
        ([False, True, True], 2, 1),
        ([False, True, True, False], 3, 2),
    ],
)
def test_discontinuities_that_left_are_counted(playlist_of, breaks, first, sequence):
    segments = [
        make_segment(i + 1, breaks=sum(breaks[: i + 1]), discontinuity=broken)
        for i, broken in enumerate(breaks)
    ]
    entries = [
        segment_entry(s, MediaType.VIDEO, PUBLIC, with_map=s.discontinuity) for s in segments
    ]
    text = media_playlist(
        entries[first:],
        target_duration_s=2,
        first=segments[first],
        first_map="" if breaks[first] else map_line(segments[first], MediaType.VIDEO, PUBLIC),
        ended=True,
    )

    class OneWindow:
        playlists = {"video": text}  # noqa: RUF012 - a stand-in of one test

    playlist = playlist_of(OneWindow, "video")
    assert playlist.version == 7
    assert playlist.discontinuity_sequence == sequence
    assert playlist.media_sequence == first + 1
    assert playlist.ended
    for msn, entry in playlist.entries.items():
        assert entry.discontinuity_sequence == sum(breaks[:msn])
        assert entry.init == "../../video/init-1.mp4"


def attributes(line: str) -> dict[str, str]:
    return dict(re.findall(r'([A-Z-]+)=("[^"]*"|[^,]*)', line.partition(":")[2]))


def test_multivariant_of_video_and_audio():
    lines = multivariant_playlist("shw_1", VIDEO, AUDIO, ticketed=False).splitlines()
    assert lines[:2] == ["#EXTM3U", "#EXT-X-VERSION:7"]
    assert attributes(lines[2]) == {
        "TYPE": "AUDIO", "GROUP-ID": '"audio"', "NAME": '"Audio"', "DEFAULT": "YES",
        "AUTOSELECT": "YES", "CHANNELS": '"2"', "URI": '"shw_1/~{session}/audio/media.m3u8"',
    }  # fmt: skip
    assert attributes(lines[3]) == {
        "BANDWIDTH": "3130002", "AVERAGE-BANDWIDTH": "2628000", "RESOLUTION": "1280x720",
        "CODECS": '"avc1.64001F,mp4a.40.2"', "FRAME-RATE": "29.970", "VIDEO-RANGE": "SDR",
        "AUDIO": '"audio"',
    }  # fmt: skip
    assert lines[4] == "shw_1/~{session}/video/media.m3u8"
    audio = attributes(lines[5])
    assert audio["CODECS"] == '"mp4a.40.2"'
    assert "RESOLUTION" not in audio
    assert lines[6:] == ["shw_1/~{session}/audio/media.m3u8"]


def test_multivariant_of_one_track():
    audio = multivariant_playlist("shw_1", None, AUDIO, ticketed=False)
    assert audio.count("#EXT-X-STREAM-INF") == 1
    assert "AUDIO=" not in audio
    assert "EXT-X-MEDIA" not in audio
    video = multivariant_playlist("shw_1", VIDEO, None, ticketed=False)
    assert video.count("#EXT-X-STREAM-INF") == 1
    assert "mp4a" not in video
    assert "AUDIO" not in video


def test_a_ticketed_show_is_named_from_its_session():
    public = multivariant_playlist("shw_1", VIDEO, AUDIO, ticketed=False)
    ticketed = multivariant_playlist("shw_1", VIDEO, AUDIO, ticketed=True)
    assert ticketed == public.replace("shw_1/", "../shw_1/")
