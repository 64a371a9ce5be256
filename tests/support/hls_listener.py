"""A listener who checks every rule of the playlists, as strict as any player, and more."""

import math
import re
import struct
from dataclasses import dataclass, field
from datetime import datetime

from media.hls import Window


@dataclass(frozen=True)
class Entry:
    """One segment of a media playlist."""

    duration: str
    uri: str
    init: str
    date: datetime
    discontinuity: bool
    discontinuity_sequence: int


@dataclass(frozen=True)
class Playlist:
    version: int
    target_duration_s: int
    media_sequence: int
    discontinuity_sequence: int
    ended: bool
    entries: dict[int, Entry]


def read_playlist(data: bytes) -> Playlist:
    """A strict reader: an unknown line, or one out of order, is an error."""
    lines = data.decode().splitlines()
    assert lines[0] == "#EXTM3U"
    assert data.endswith(b"\n")
    head = {}
    at = 1
    for tag in ("VERSION", "TARGETDURATION", "MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE"):
        name, _, value = lines[at].partition(":")
        assert name == f"#EXT-X-{tag}"
        head[tag] = int(value)
        at += 1
    entries: dict[int, Entry] = {}
    init, date, duration, discontinuity = "", None, None, False
    sequence = head["DISCONTINUITY-SEQUENCE"]
    ended = False
    for line in lines[at:]:
        assert not ended, "a line after the end"
        if line == "#EXT-X-DISCONTINUITY":
            assert duration is None
            discontinuity, sequence = True, sequence + 1
        elif match := re.fullmatch(r'#EXT-X-MAP:URI="(.+)"', line):
            init = match[1]
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            date = datetime.fromisoformat(line.partition(":")[2])
        elif match := re.fullmatch(r"#EXTINF:(\d+\.\d+),", line):
            duration = match[1]
        elif line == "#EXT-X-ENDLIST":
            ended = True
        else:
            assert not line.startswith("#"), line
            assert duration
            assert init
            assert date
            msn = head["MEDIA-SEQUENCE"] + len(entries)
            entries[msn] = Entry(duration, line, init, date, discontinuity, sequence)
            duration, date, discontinuity = None, None, False
    return Playlist(
        head["VERSION"], head["TARGETDURATION"], head["MEDIA-SEQUENCE"],
        head["DISCONTINUITY-SEQUENCE"], ended, entries,
    )  # fmt: skip


@dataclass(frozen=True)
class Fragment:
    """What a moof says, and the samples its mdat holds."""

    sequence: int
    decode_time: int
    durations: list[int]
    compositions: list[int]
    sync: list[bool]
    samples: list[bytes]

    @property
    def end(self) -> int:
        return self.decode_time + sum(self.durations)


def boxes(data: bytes) -> list[tuple[str, bytes]]:
    found, at = [], 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at
        found.append((name.decode(), data[at + 8 : at + size]))
        at += size
    return found


def read_fragment(data: bytes) -> Fragment:
    (moof_name, moof), (mdat_name, mdat) = boxes(data)
    assert (moof_name, mdat_name) == ("moof", "mdat")
    (_, mfhd), (_, traf) = boxes(moof)
    (_, tfhd), (_, tfdt), (_, trun) = boxes(traf)
    assert tfhd == struct.pack(">II", 0x020000, 1)
    flags, count, offset = struct.unpack_from(">IIi", trun)
    assert flags == 0x01000F01
    assert offset == len(moof) + 16
    rows = list(struct.iter_unpack(">IIIi", trun[12:]))
    assert len(rows) == count
    samples, at = [], 0
    for _, size, _, _ in rows:
        samples.append(mdat[at : at + size])
        at += size
    assert at == len(mdat)
    return Fragment(
        sequence=struct.unpack(">II", mfhd)[1],
        decode_time=struct.unpack(">IQ", tfdt)[1],
        durations=[row[0] for row in rows],
        compositions=[row[3] for row in rows],
        sync=[not row[2] & 0x10000 for row in rows],
        samples=samples,
    )


def timescale_of(init: bytes) -> int:
    at = init.index(b"mdhd") + 4
    return int.from_bytes(init[at + 12 : at + 16], "big")


@dataclass
class Listener:
    """Takes each new window, as a player would, and checks it against all it saw before."""

    show_id: str
    target_duration_s: int = 0
    last_msn: int = 0
    media_sequences: dict[str, int] = field(default_factory=dict)
    entries: dict[str, dict[int, Entry]] = field(default_factory=dict)
    fragments: dict[str, dict[int, Fragment]] = field(default_factory=dict)
    timescales: dict[str, dict[int, int]] = field(default_factory=dict)

    def take(self, window: Window) -> None:
        assert window.show_id == self.show_id
        assert window.ready == bool(window.playlists)
        if not window.ready:
            return
        playlists = {name: read_playlist(data) for name, data in window.playlists.items()}
        assert set(self.entries) <= set(playlists), "a rendition has gone"
        self.target_duration_s = self.target_duration_s or window.target_duration_s
        for name, playlist in playlists.items():
            assert playlist.ended == window.ended
            assert playlist.target_duration_s == self.target_duration_s, "it must not change"
            assert playlist.media_sequence >= 1
            self._take_rendition(name, playlist, window)
        self._compare_renditions(playlists)
        assert window.last_msn >= self.last_msn
        self.last_msn = window.last_msn

    def _take_rendition(self, name: str, playlist: Playlist, window: Window) -> None:
        assert max(playlist.entries) == window.last_msn
        entries = self.entries.setdefault(name, {})
        fragments = self.fragments.setdefault(name, {})
        if entries:
            assert playlist.media_sequence <= max(entries) + 1, "segments went unseen"
            assert playlist.media_sequence >= self.media_sequences[name], "it went back"
        self.media_sequences[name] = playlist.media_sequence
        for msn, entry in playlist.entries.items():
            if msn in entries:
                assert entries[msn] == entry, "a published segment changed"
                continue
            assert math.floor(float(entry.duration) + 0.5) <= playlist.target_duration_s
            assert entry.uri == f"../../{name}/seg-{msn}.m4s"
            init = window.media[entry.init.removeprefix("../../")]
            fragment = read_fragment(window.media[f"{name}/seg-{msn}.m4s"])
            timescale = timescale_of(init)
            self._check_fragment(name, entry, fragment, timescale)
            entries[msn], fragments[msn] = entry, fragment
            self.timescales.setdefault(name, {})[msn] = timescale

    def _check_fragment(self, name: str, entry: Entry, fragment: Fragment, timescale: int) -> None:
        assert all(duration > 0 for duration in fragment.durations)
        assert abs(sum(fragment.durations) / timescale - float(entry.duration)) < 1e-5
        before = self.fragments[name]
        if before:
            last_msn = next(reversed(before))
            last = before[last_msn]
            assert fragment.sequence == last.sequence + 1
            if timescale == self.timescales[name][last_msn]:
                gap_s = (fragment.decode_time - last.end) / timescale
                # Browsers stall at a hole in audio of more than a frame.
                assert gap_s == 0 if name == "video" else 0 <= gap_s <= 1024 / 44_100

    @staticmethod
    def _compare_renditions(playlists: dict[str, Playlist]) -> None:
        if len(playlists) < 2:
            return
        video, audio = playlists["video"], playlists["audio"]
        assert max(video.entries) == max(audio.entries)
        for msn in video.entries.keys() & audio.entries.keys():
            one, two = video.entries[msn], audio.entries[msn]
            assert one.discontinuity == two.discontinuity
            assert one.discontinuity_sequence == two.discontinuity_sequence

    def durations(self, name: str) -> list[float]:
        return [float(entry.duration) for entry in self.entries[name].values()]

    def samples(self, name: str) -> list[bytes]:
        return [s for fragment in self.fragments[name].values() for s in fragment.samples]

    def start_ms(self, name: str, msn: int) -> float:
        return self.fragments[name][msn].decode_time * 1000 / self.timescales[name][msn]

    def discontinuities(self, name: str) -> list[int]:
        return [msn for msn, entry in self.entries[name].items() if entry.discontinuity]
