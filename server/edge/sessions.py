"""Playback sessions: who is watching which stream."""

import base64
import binascii
import hmac
import secrets
from collections import Counter
from collections.abc import Callable

import trio

NONCE_BYTES = 16
SEAL_BYTES = 16
SESSION_CHARACTERS = 43
"""The base64 of nonce and seal, 32 bytes, without padding."""
SESSION_ALIVE_S = 20.0
"""Two playlist reloads at the greatest target duration, 10 s."""
MAX_SESSIONS_PER_STREAM = 20_000
MAX_SESSIONS_COUNT = 100_000
"""About 300 bytes each: 30 MB at most."""


class Sessions:
    """Makes playback sessions and counts those that are alive.

    A session is a random nonce sealed with ``secret`` (HMAC-SHA256 over stream and nonce, cut to
    128 bits), so that nobody can invent listeners, and those of before a restart hold after it.
    ``now`` gives seconds.
    """

    def __init__(self, secret: bytes, *, now: Callable[[], float] = trio.current_time) -> None:
        self._secret = secret
        self._now = now
        # Every touch moves a session to the end: the first ones are those not seen for longest.
        self._last_seen_s: dict[tuple[str, str], float] = {}
        self._counts: Counter[str] = Counter()

    def new(self, stream_id: str) -> str:
        """Make a session of this stream; it counts once it is touched."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return _encode(nonce + self._seal(stream_id, nonce))

    def is_genuine(self, stream_id: str, session: str) -> bool:
        """Whether the session was made here, now or before a restart, for this stream."""
        if (stream_id, session) in self._last_seen_s:
            return True
        token = _decode(session)
        if token is None:
            return False
        nonce, seal = token[:NONCE_BYTES], token[NONCE_BYTES:]
        return hmac.compare_digest(seal, self._seal(stream_id, nonce))

    def touch(self, stream_id: str, session: str) -> None:
        """Note that a genuine session is alive. Past the limits it is served but not counted."""
        now_s = self._now()
        self._forget_dead(now_s)
        key = (stream_id, session)
        if self._last_seen_s.pop(key, None) is None:
            if self._counts[stream_id] >= MAX_SESSIONS_PER_STREAM:
                return
            if len(self._last_seen_s) >= MAX_SESSIONS_COUNT:
                return
            self._counts[stream_id] += 1
        self._last_seen_s[key] = now_s

    def count(self, stream_id: str) -> int:
        """Count the stream's sessions seen within SESSION_ALIVE_S."""
        self._forget_dead(self._now())
        return self._counts[stream_id]

    def _forget_dead(self, now_s: float) -> None:
        oldest_s = now_s - SESSION_ALIVE_S
        while self._last_seen_s:
            key = next(iter(self._last_seen_s))
            if self._last_seen_s[key] > oldest_s:
                return
            del self._last_seen_s[key]
            stream_id = key[0]
            self._counts[stream_id] -= 1
            if not self._counts[stream_id]:
                del self._counts[stream_id]

    def _seal(self, stream_id: str, nonce: bytes) -> bytes:
        return hmac.digest(self._secret, nonce + stream_id.encode(), "sha256")[:SEAL_BYTES]


def _encode(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")


def _decode(session: str) -> bytes | None:
    """Read a session's bytes; None where it has not the form of one."""
    if len(session) != SESSION_CHARACTERS:
        return None
    try:
        token = base64.b64decode(f"{session}=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # The last character has two bits to spare: of its four spellings one is ours.
    return token if _encode(token) == session else None
