"""The window: the segments a listener can ask for now, as an immutable snapshot."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from media.hls.playlist import (
    SESSION_PLACE,
    map_line,
    media_folder,
    media_playlist,
    multivariant_playlist,
    segment_entry,
)
from media.hls.rendition import RenditionInfo
from media.hls.segment import Segment
from media.hls.settings import MIN_WINDOW_SEGMENTS
from media.timeline import MediaType

MAX_WINDOW_BYTES = 192 * 1024 * 1024  # of segments, in the playlist or gone from it
MIN_PLAYLIST_TARGET_DURATIONS = 3  # a playlist is never shorter for what it drops (RFC 8216, 6.2.2)


@dataclass(frozen=True, slots=True)
class Window:
    """What the edge serves of a show, all of one moment.

    ``playlists`` maps a rendition's name to its media playlist, ``media`` a path such as
    ``video/seg-12.m4s`` or ``audio/init-1.mp4`` to its bytes. ``last_msn`` is 0 before the first
    segment. Of a ``ticketed`` show each request names its session.
    """

    show_id: str
    renditions: Mapping[str, RenditionInfo]
    target_duration_s: int
    last_msn: int
    ended: bool
    playlists: Mapping[str, bytes]
    media: Mapping[str, bytes]
    index: str
    ticketed: bool = False

    @property
    def ready(self) -> bool:
        """Whether there is something to play."""
        return self.last_msn > 0

    def multivariant(self, session: str) -> bytes:
        """The multivariant playlist for one listener's session (fit for a path)."""
        return self.index.replace(SESSION_PLACE, session).encode()


@dataclass(frozen=True, slots=True)
class _Listed:
    segment: Segment
    entries: Mapping[MediaType, str]
    with_map: frozenset[MediaType]


class LiveWindow:
    """Takes segments as they are cut, drops the oldest, and makes snapshots.

    A segment that left the playlist keeps its bytes for as long as a listener may still hold a
    playlist that names it: that playlist's duration and its own (RFC 8216, 6.2.2).
    """

    def __init__(self, show_id: str, max_segments: int, *, ticketed: bool = False) -> None:
        self._show_id = show_id
        self._ticketed = ticketed
        self._max_segments = max_segments
        self._listed: deque[_Listed] = deque()
        self._gone: deque[tuple[Segment, float]] = deque()  # with the media time it is kept until
        self._media: dict[str, bytes] = {}
        self._bytes = 0
        self._time_s = 0.0  # of all segments so far
        self._listed_s = 0.0

    def append(self, segment: Segment, target_duration_s: int) -> None:
        """Take the next segment and drop what is too old."""
        before = self._listed[-1].segment if self._listed else None
        with_map = frozenset(
            media
            for media, piece in segment.media.items()
            if segment.discontinuity
            or before is None
            or media not in before.media
            or piece.init != before.media[media].init
        )
        entries = {
            media: segment_entry(segment, media, self._folder(media), with_map=media in with_map)
            for media in segment.media
        }
        self._listed.append(_Listed(segment, entries, with_map))
        for media, piece in segment.media.items():
            self._media[f"{media}/{piece.init.name}"] = piece.init.data
            self._media[f"{media}/seg-{segment.msn}.m4s"] = piece.data
        self._bytes += segment.size_bytes
        self._time_s += segment.duration_s
        self._listed_s += segment.duration_s
        self._drop_old(target_duration_s)

    def snapshot(
        self, renditions: Mapping[MediaType, RenditionInfo], target_duration_s: int, *, ended: bool
    ) -> Window:
        """The window as it is now."""
        index = multivariant_playlist(
            self._show_id,
            renditions.get(MediaType.VIDEO),
            renditions.get(MediaType.AUDIO),
            ticketed=self._ticketed,
        )
        return Window(
            show_id=self._show_id,
            renditions=MappingProxyType({str(media): info for media, info in renditions.items()}),
            target_duration_s=target_duration_s,
            last_msn=self._listed[-1].segment.msn if self._listed else 0,
            ended=ended,
            playlists=MappingProxyType(
                {str(m): self._playlist(m, target_duration_s, ended=ended) for m in renditions}
            ),
            media=MappingProxyType(self._media.copy()),
            index=index,
            ticketed=self._ticketed,
        )

    def _playlist(self, media: MediaType, target_duration_s: int, *, ended: bool) -> bytes:
        # A rendition that came later has no entry in the first segments.
        listed = [item for item in self._listed if media in item.entries]
        first = listed[0]
        named = media in first.with_map
        return media_playlist(
            [item.entries[media] for item in listed],
            target_duration_s=target_duration_s,
            first=first.segment,
            first_map="" if named else map_line(first.segment, media, self._folder(media)),
            ended=ended,
        )

    def _folder(self, media: MediaType) -> str:
        return media_folder(media, ticketed=self._ticketed)

    def _drop_old(self, target_duration_s: int) -> None:
        least_s = MIN_PLAYLIST_TARGET_DURATIONS * target_duration_s
        while len(self._listed) > MIN_WINDOW_SEGMENTS:
            oldest = self._listed[0].segment
            too_many = len(self._listed) > self._max_segments
            if not (too_many and self._listed_s - oldest.duration_s >= least_s):
                break
            self._leave_playlist()
        while self._gone and self._gone[0][1] < self._time_s:
            self._forget()
        while self._bytes > MAX_WINDOW_BYTES and self._gone:
            self._forget()
        while self._bytes > MAX_WINDOW_BYTES and len(self._listed) > MIN_WINDOW_SEGMENTS:
            self._leave_playlist()
            self._forget()

    def _leave_playlist(self) -> None:
        segment = self._listed.popleft().segment
        self._gone.append((segment, self._time_s + self._listed_s + segment.duration_s))
        self._listed_s -= segment.duration_s

    def _forget(self) -> None:
        segment, _ = self._gone.popleft()
        self._bytes -= segment.size_bytes
        kept = (self._gone[0][0] if self._gone else self._listed[0].segment).media
        for media, piece in segment.media.items():
            del self._media[f"{media}/seg-{segment.msn}.m4s"]
            # Inits are used in order: one that the next segment does not name is needed no more.
            if media not in kept or kept[media].init != piece.init:
                del self._media[f"{media}/{piece.init.name}"]
