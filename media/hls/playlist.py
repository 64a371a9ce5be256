"""The text of playlists (RFC 8216, and rfc8216bis where it is stricter)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from media.hls.rendition import RenditionInfo
from media.hls.segment import Segment
from media.timeline import MediaType

# EXT-X-MAP in a playlist of whole segments needs 6 (RFC 8216, 7); fragmented MP4 came with 7.
VERSION = 7
AUDIO_GROUP = "audio"
SESSION_PLACE = "{session}"


def media_folder(media: MediaType, *, ticketed: bool) -> str:
    """Where a rendition's media lies, as its playlist's URIs begin.

    A public show's is one place for all listeners. A ticketed show's is the playlist's own folder,
    which is a session's, so that each request tells whose it is.
    """
    return "" if ticketed else f"../../{media}/"


def segment_entry(segment: Segment, media: MediaType, folder: str, *, with_map: bool) -> str:
    """The lines of one segment in one rendition's playlist."""
    piece = segment.media[media]
    lines = []
    if segment.discontinuity:
        lines.append("#EXT-X-DISCONTINUITY")
    if with_map:
        lines.append(map_line(segment, media, folder))
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date(segment.wall_offset_ms + piece.start_ms)}")
    lines.append(f"#EXTINF:{piece.duration_s:.5f},")
    lines.append(f"{folder}seg-{segment.msn}.m4s")
    return "\n".join(lines) + "\n"


def map_line(segment: Segment, media: MediaType, folder: str) -> str:
    """The EXT-X-MAP that a segment needs."""
    return f'#EXT-X-MAP:URI="{folder}{segment.media[media].init.name}"'


def media_playlist(
    entries: Sequence[str],
    *,
    target_duration_s: int,
    first: Segment,
    first_map: str,
    ended: bool,
) -> bytes:
    """One rendition's playlist; ``first_map`` is the MAP line unless the first entry has its own.

    URIs are relative to ``/live/{stream}/{show}/~{session}/{rendition}/media.m3u8``.
    """
    # A discontinuity tag on the first segment is still in the playlist: it is counted after this.
    removed = first.discontinuity_sequence - first.discontinuity
    head = (
        "#EXTM3U\n"
        f"#EXT-X-VERSION:{VERSION}\n"
        f"#EXT-X-TARGETDURATION:{target_duration_s}\n"
        f"#EXT-X-MEDIA-SEQUENCE:{first.msn}\n"
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{removed}\n"
    )
    if first_map:
        head += first_map + "\n"
    return (head + "".join(entries) + ("#EXT-X-ENDLIST\n" if ended else "")).encode()


def multivariant_playlist(
    show_id: str, video: RenditionInfo | None, audio: RenditionInfo | None, *, ticketed: bool
) -> str:
    """The multivariant playlist, with SESSION_PLACE where the session goes.

    URIs are relative to ``/live/{stream}/index.m3u8``, those of a ticketed show to
    ``/live/{stream}/~{session}/index.m3u8``. Audio is also a variant of its own, for who only
    listens.
    """
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}"]
    folder = f"{'../' if ticketed else ''}{show_id}/~{SESSION_PLACE}"
    if video is not None:
        attributes = _bandwidth(*(r for r in (video, audio) if r is not None))
        attributes += f",RESOLUTION={video.width}x{video.height}"
        attributes += f",FRAME-RATE={video.frame_rate:.3f},VIDEO-RANGE={video.video_range}"
        if audio is not None:
            attributes += f',AUDIO="{AUDIO_GROUP}"'
            lines.append(
                f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{AUDIO_GROUP}",NAME="Audio",DEFAULT=YES,'
                f'AUTOSELECT=YES,CHANNELS="{audio.channels}",URI="{folder}/audio/media.m3u8"'
            )
        lines += [f"#EXT-X-STREAM-INF:{attributes}", f"{folder}/video/media.m3u8"]
    if audio is not None:
        group = f',AUDIO="{AUDIO_GROUP}"' if video is not None else ""
        lines += [f"#EXT-X-STREAM-INF:{_bandwidth(audio)}{group}", f"{folder}/audio/media.m3u8"]
    return "\n".join(lines) + "\n"


def _bandwidth(*renditions: RenditionInfo) -> str:
    peak = sum(rendition.peak_bps for rendition in renditions)
    average = sum(rendition.average_bps for rendition in renditions)
    codecs = ",".join(rendition.codec for rendition in renditions)
    return f'BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{codecs}"'


def _date(unix_ms: int) -> str:
    moment = datetime.fromtimestamp(unix_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
