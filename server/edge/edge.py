"""The HLS edge: serves ``/live/…`` from memory, connection by connection."""

from dataclasses import dataclass

import trio

from actors.stream import Board
from media.hls import Window
from server.door import (
    HEAD_TIMEOUT_S,
    MAX_HEAD_BYTES,
    Handover,
    HeadRefused,
    PrependedStream,
    RequestHead,
    Room,
    linger,
    read_head,
    room_for,
)
from server.edge import answers
from server.edge.answers import IMMUTABLE, TICKETED, Answer
from server.edge.media import media
from server.edge.paths import IndexPath, MediaPath, PlaylistPath, parse_live_path
from server.edge.sending import send_answer
from server.edge.sessions import Sessions
from server.edge.ticketed import TicketedSessions

KEEP_ALIVE_TIMEOUT_S = 60.0
"""Longer than any playlist reload or segment, so that a listener keeps one connection."""
INDEX_WAIT_S = 8.0
"""A show that has just begun has its first segment soon; players give up at a 404."""
METHODS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """The edge's settings."""

    keep_alive_timeout_s: float = KEEP_ALIVE_TIMEOUT_S
    head_timeout_s: float = HEAD_TIMEOUT_S
    max_head_bytes: int = MAX_HEAD_BYTES
    index_wait_s: float = INDEX_WAIT_S


class HlsEdge:
    """A ConnectionHandler for the door: answers from the windows that are on the board."""

    def __init__(
        self,
        board: Board,
        sessions: Sessions,
        ticketed_sessions: TicketedSessions,
        config: EdgeConfig | None = None,
    ) -> None:
        self._board = board
        self._sessions = sessions
        self._ticketed_sessions = ticketed_sessions
        self._config = config or EdgeConfig()

    async def __call__(self, stream: PrependedStream, _first: RequestHead) -> Handover | None:
        """Serve requests in order until one is another room's (Handover), or the end (None).

        The first one is read again like all others. Raises HeadRefused for what the door is to
        refuse, and what trio raises of a lost client.
        """
        while (head := await self._next_head(stream)) is not None:
            if room_for(head.path) is not Room.EDGE:
                stream.unread(head.raw)
                return Handover()
            answer = await self._answer(head)
            keep_alive = head.keep_alive and not head.has_body and not stream.draining
            body = b"" if head.method == "HEAD" else answer.body
            await send_answer(stream, answer.head(keep_alive=keep_alive), body)
            if not keep_alive:
                await linger(stream)
                return None
        return None

    async def _next_head(self, stream: PrependedStream) -> RequestHead | None:
        return await read_head(
            stream,
            idle_timeout_s=self._config.keep_alive_timeout_s,
            head_timeout_s=self._config.head_timeout_s,
            max_head_bytes=self._config.max_head_bytes,
        )

    async def _answer(self, head: RequestHead) -> Answer:
        if head.method not in METHODS:
            message = f"{head.method} is not for what is played; use GET, HEAD or OPTIONS."
            return answers.error(405, "method_not_allowed", message, answers.PREFLIGHT)
        if head.has_body:
            raise HeadRefused(400, "body_not_allowed", f"A {head.method} request has no body here.")
        if head.method == "OPTIONS":
            return answers.preflight()
        match parse_live_path(head.path):
            case MediaPath() as path:
                return self._media(head, path)
            case PlaylistPath() as path:
                return self._playlist(head, path)
            case IndexPath() as path:
                return await self._index(path)
            case None:
                return _not_found("There is nothing of this name.")

    def _media(self, head: RequestHead, path: MediaPath) -> Answer:
        window = self._window(path.stream_id, path.show_id)
        if window is None or (path.session is not None and not window.ticketed):
            return _not_found("There is nothing of this name.")
        caching = IMMUTABLE
        if window.ticketed:
            if (refusal := self._refusal(path.stream_id, path.session or "")) is not None:
                return refusal
            caching = TICKETED
        body = window.media.get(path.name)
        if body is None:
            return _not_found("This segment is no longer, or not yet, in the show's window.")
        return media(head, path, body, caching)

    def _playlist(self, head: RequestHead, path: PlaylistPath) -> Answer:
        window = self._window(path.stream_id, path.show_id)
        if window is None:
            return _not_found("This show is not on.")
        if window.ticketed:
            if (refusal := self._refusal(path.stream_id, path.session)) is not None:
                return refusal
            caching = TICKETED
        elif self._sessions.is_genuine(path.stream_id, path.session):
            caching = answers.max_age(max(1, window.target_duration_s // 2))
        else:
            return _not_found("There is no such session; begin at the stream's index.m3u8.")
        body = window.playlists.get(path.rendition)
        if body is None:
            return _not_found("This show has no such rendition.")
        if head.method == "GET":
            self._sessions.touch(path.stream_id, path.session)
        gzip_accepted = answers.accepts_gzip(head.header(b"accept-encoding"))
        return answers.playlist(body, caching, gzip_accepted=gzip_accepted)

    async def _index(self, path: IndexPath) -> Answer:
        window = await self._wait_for_window(path.stream_id)
        if window is None:
            return _not_found("This stream is not live.")
        # Only now, after the wait: until here the licence may have been revoked.
        if window.ticketed:
            token = path.session or ""
            refusal = self._refusal(path.stream_id, token)
            return refusal or answers.index(window.multivariant(token))
        if path.session is not None:
            return _not_found("This show needs no ticket; begin at the stream's index.m3u8.")
        return answers.index(window.multivariant(self._sessions.new(path.stream_id)))

    def _refusal(self, stream_id: str, token: str) -> Answer | None:
        """Look at a session of a ticketed stream; None where it opens the stream now."""
        session = self._ticketed_sessions.read(stream_id, token)
        if session is None or self._board.is_revoked(stream_id, session.holder):
            return _forbidden("licence_required", "This stream is for those who have a ticket.")
        if not self._ticketed_sessions.is_seated(session):
            return _forbidden("session_replaced", "You are watching in too many other places.")
        return None

    def _window(self, stream_id: str, show_id: str) -> Window | None:
        snapshots = self._board.window_of(stream_id)
        window = snapshots.value if snapshots else None
        return window if window is not None and window.show_id == show_id else None

    async def _wait_for_window(self, stream_id: str) -> Window | None:
        """Give a window that is ready, at once or within INDEX_WAIT_S where the stream runs."""
        with trio.move_on_after(self._config.index_wait_s):
            while (snapshots := self._board.window_of(stream_id)) is not None:
                window = snapshots.value
                if window is not None and window.ready:
                    return window
                await snapshots.wait_newer(snapshots.version)
        return None


def _not_found(message: str) -> Answer:
    return answers.error(404, "not_found", message)


def _forbidden(code: str, message: str) -> Answer:
    return answers.error(403, code, message)
