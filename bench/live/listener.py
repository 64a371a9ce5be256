"""A listener on one stream: it follows show after show over HTTP, as a strict player does.

It loads both renditions' media playlists (RFC 8216, section 6.3.4: after a target duration where
the last load brought something, else after half of one), each segment that is new, and asks for
the oldest that is listed. ``support.hls_listener`` holds all of it to the rules.
"""

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx
import trio
from support.hls_listener import Listener as Rules
from support.hls_listener import Playlist, read_playlist

from bench.live.house import REQUEST_TIMEOUT_S, Channel
from bench.live.record import Record
from media.hls import Window

INDEX_POLL_S = 0.5
AFTER_END_S = 1.0
MAX_SEGMENT_WAIT_S = 6.0
"""Three target durations: who starts so far from the end, as players do, has no stall."""
MAX_TRIES_IN_STEP = 4
"""Two playlists are two requests; a segment may be published between them."""


class ShowGone(Exception):
    """Another show is on in its place."""


@dataclass(slots=True)
class Heard:
    """What the listener knows of the show that it follows now."""

    show_id: str
    segments: int = 0
    breaks: int = 0
    ended: bool = False


class Listener:
    """One stream's.

    ``steady_since`` is since when segments have to come one after the other (trio's time, seconds):
    set by the publisher, as long as it sends and nothing disturbs it.
    """

    def __init__(self, channel: Channel, record: Record) -> None:
        self.steady_since: float | None = None
        self.heard = Heard("")
        self.shows: list[str] = []
        self.channel = channel
        self._record = record
        self._newest_at = 0.0
        self._is_stuck = False
        self._changed = trio.Condition()
        self._client = httpx.AsyncClient(trust_env=False, timeout=REQUEST_TIMEOUT_S)

    async def run(self) -> None:
        """Follow each show until it is over, then the next."""
        async with self._client:
            while True:
                urls = await self._open_show()
                try:
                    await self._follow(urls)
                except ShowGone:
                    self._record.counts["ends unseen, as the next show came at once"] += 1
                    self.heard.ended = True
                except AssertionError as error:
                    self._note(_said(error))
                    self.heard.ended = True
                except httpx.TransportError as error:
                    self._note(f"a request failed: {error!r}")
                    self.heard.ended = True
                await self._tell()

    async def wait_for(self, true: Callable[[Heard], bool], timeout_s: float) -> bool:
        """Wait until what was heard is as wanted; False where it is not in time."""
        with trio.move_on_after(timeout_s):
            async with self._changed:
                while not true(self.heard):
                    await self._changed.wait()
            return True
        return False

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _open_show(self) -> dict[str, str]:
        """Give the media playlists' addresses by rendition, once another show is on."""
        while True:
            answer = await self._client.get(self.channel.index_url)
            found = re.search(r"shw_\w+", answer.text) if answer.status_code == 200 else None
            if found and found[0] not in self.shows:
                break
            await trio.sleep(INDEX_POLL_S)
        self.shows.append(found[0])
        self.heard = Heard(found[0])
        uris = re.findall(r"^[^#\s].*/(video|audio)/media\.m3u8$", answer.text, re.MULTILINE)
        lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
        return {name: urljoin(str(answer.url), uri) for name, uri in zip(uris, lines, strict=True)}

    async def _follow(self, urls: dict[str, str]) -> None:
        assert set(urls) == {"video", "audio"}, f"renditions: {sorted(urls)}"
        rules = Rules(self.heard.show_id)
        while not self.heard.ended:
            texts = await self._load(urls)
            window = await self._fetch(urls, texts, rules)
            came = window.last_msn > rules.last_msn
            first = not rules.last_msn
            rules.take(window)
            if first:
                oldest = read_playlist(texts["video"])
                assert oldest.media_sequence == 1, "a new show does not begin with segment 1"
                assert oldest.discontinuity_sequence == 0, "a new show begins discontinued"
            self._take(rules, came=came, ended=window.ended)
            await self._tell()
            if not self.heard.ended:
                reload_s = rules.target_duration_s if came else rules.target_duration_s / 2
                await trio.sleep(reload_s)
        await self._see_that_it_stays(urls, texts)

    async def _load(self, urls: dict[str, str]) -> dict[str, bytes]:
        """Load both playlists until they are of one moment."""
        for _ in range(MAX_TRIES_IN_STEP):
            texts = {name: await self._get(url) for name, url in urls.items()}
            video, audio = (read_playlist(texts[name]) for name in ("video", "audio"))
            if _moment(video) == _moment(audio):
                return texts
        raise AssertionError(f"video and audio are not in step: {_moment(video)}, {_moment(audio)}")

    async def _fetch(self, urls: dict[str, str], texts: dict[str, bytes], rules: Rules) -> Window:
        """Fetch what is new, and look whether the oldest is still there."""
        media = {}
        last_msn, ended = 0, False
        for name, text in texts.items():
            playlist = read_playlist(text)
            last_msn, ended = _moment(playlist)
            oldest = playlist.entries[playlist.media_sequence]
            for uri in (oldest.uri, oldest.init):
                await self._get(urljoin(urls[name], uri), head=True)
            known = rules.entries.get(name, {})
            for msn, entry in playlist.entries.items():
                for uri in (entry.uri, entry.init) if msn not in known else ():
                    place = uri.removeprefix("../../")
                    if place not in media:
                        media[place] = await self._get(urljoin(urls[name], uri))
        return Window(
            show_id=self.heard.show_id,
            renditions={},
            target_duration_s=playlist.target_duration_s,
            last_msn=last_msn,
            ended=ended,
            playlists=texts,
            media=media,
            index="",
        )

    async def _get(self, url: str, *, head: bool = False) -> bytes:
        answer = await self._client.request("HEAD" if head else "GET", url)
        self._record.counts["requests"] += 1
        if answer.status_code == 404:
            await self._see_another_show()
        assert answer.status_code == 200, f"{answer.status_code} for {url.partition('/live/')[2]}"
        return answer.content

    async def _see_another_show(self) -> None:
        """A show makes way for the next one only. ShowGone."""
        answer = await self._client.get(self.channel.index_url)
        assert answer.status_code == 200, "the show is gone, and no other is on"
        if self.heard.show_id not in answer.text:
            raise ShowGone

    async def _see_that_it_stays(self, urls: dict[str, str], ended: dict[str, bytes]) -> None:
        """After ENDLIST nothing changes any more, until another show is on."""
        await trio.sleep(AFTER_END_S)
        try:
            for name, url in urls.items():
                assert await self._get(url) == ended[name], "a show changed after its end"
        except ShowGone:
            return

    def _take(self, rules: Rules, *, came: bool, ended: bool) -> None:
        self._measure(came=came)
        if came:
            self._record.counts["segments checked"] += 2 * (rules.last_msn - self.heard.segments)
        for fragments in rules.fragments.values():  # only the last one is compared with
            for msn in list(fragments)[:-1]:
                del fragments[msn]
        breaks = rules.discontinuities("video")
        assert breaks == rules.discontinuities("audio"), "not the same discontinuities"
        self.heard.segments, self.heard.breaks = rules.last_msn, len(breaks)
        self.heard.ended = ended

    def _measure(self, *, came: bool) -> None:
        """Take the time between segments, which is bounded while the publisher sends."""
        now = trio.current_time()
        if self.steady_since is not None:
            wait_s = now - max(self._newest_at, self.steady_since)
            if came:
                self._record.waits_s.append(wait_s)
            if wait_s > MAX_SEGMENT_WAIT_S and not self._is_stuck:
                self._is_stuck = True
                self._note(f"no segment for {wait_s:.1f} s while its publisher sends")
        if came:
            self._newest_at, self._is_stuck = now, False

    def _note(self, what: str) -> None:
        heard = self.heard
        place = f"stream {self.channel.number}, show {len(self.shows)}, {heard.segments} segments"
        self._record.note(f"{place}: {what}")


def _moment(playlist: Playlist) -> tuple[int, bool]:
    return max(playlist.entries), playlist.ended


def _said(error: AssertionError) -> str:
    """What a rule says, or where it has no words, its line."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return str(error) or f"{where.line} ({where.name})"
