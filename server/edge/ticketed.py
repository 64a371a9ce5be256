"""Sessions of ticketed streams: signed, bound to who holds the ticket, and few at a time."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import trio

from actors.ids import is_id
from actors.ports import Clock
from actors.services.licences import SESSION_LIFETIME_S
from server.edge.seats import Seats

EXPIRY_BYTES = 6
NONCE_BYTES = 16
SEAL_BYTES = 32
MAX_SESSION_CHARACTERS = 160
"""The base64 of the four parts, 84 bytes with the ids that there are, has 112."""
LICENCE_PREFIX = "lic"


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its token says it. ``holder`` is a licence, or a user who needs none.

    Of two sessions the later made has the greater ``mark``, which no two have in common.
    """

    holder: str
    expires_ms: int
    mark: bytes


class TicketedSessions:
    """Makes the sessions of ticketed streams, reads them, and seats them.

    A token is base64 of the expiry (Unix milliseconds), a nonce, the holder's id, and the
    HMAC-SHA256 of these and the stream's id: the stream is not in it, for the path has it.
    ``per_licence`` is how many may be alive on one licence; ``now`` gives seconds.
    """

    def __init__(
        self,
        secret: bytes,
        clock: Clock,
        *,
        per_licence: int,
        now: Callable[[], float] = trio.current_time,
    ) -> None:
        # The secret is also that of public sessions: a key of one's own keeps the kinds apart.
        self._key = hmac.digest(secret, b"ticketed sessions", "sha256")
        self._clock = clock
        self._seats = Seats(per_licence, now)
        self._newest_ms = 0

    def new(self, stream_id: str, holder: str) -> tuple[str, int]:
        """Make a session of a stream, and seat it; give it with its expiry in Unix milliseconds."""
        # A millisecond later for each, so that the newest of a licence is known, whatever happens.
        expires_ms = max(self._clock.now_ms() + SESSION_LIFETIME_S * 1000, self._newest_ms + 1)
        self._newest_ms = expires_ms
        mark = expires_ms.to_bytes(EXPIRY_BYTES, "big") + secrets.token_bytes(NONCE_BYTES)
        self.is_seated(Session(holder, expires_ms, mark))
        payload = mark + holder.encode()
        token = base64.urlsafe_b64encode(payload + self._seal(stream_id, payload))
        return token.rstrip(b"=").decode("ascii"), expires_ms

    def read(self, stream_id: str, token: str) -> Session | None:
        """Read a session of a stream; None where it is not genuine, another's, or has expired."""
        data = _decode(token)
        if data is None:
            return None
        payload, seal = data[:-SEAL_BYTES], data[-SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(stream_id, payload)):
            return None
        expires_ms = int.from_bytes(payload[:EXPIRY_BYTES], "big")
        if self._clock.now_ms() >= expires_ms:
            return None
        mark, holder = payload[: EXPIRY_BYTES + NONCE_BYTES], payload[EXPIRY_BYTES + NONCE_BYTES :]
        return Session(holder.decode(), expires_ms, mark)

    def is_seated(self, session: Session) -> bool:
        """Note that a session is alive; tell whether it has a seat. Who holds no licence has one.

        A newer session takes the seat of the oldest where all are taken.
        """
        if not is_id(session.holder, LICENCE_PREFIX):
            return True
        return self._seats.take(session.holder, session.mark)

    def _seal(self, stream_id: str, payload: bytes) -> bytes:
        # No path's stream has a slash in it: so no two pairs are sealed as the same bytes.
        return hmac.digest(self._key, payload + b"/" + stream_id.encode(), "sha256")


def _decode(token: str) -> bytes | None:
    """Read a token's bytes; None where it has not the form of one."""
    if len(token) > MAX_SESSION_CHARACTERS:
        return None
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) <= EXPIRY_BYTES + NONCE_BYTES + SEAL_BYTES:
        return None
    # The last character may have bits to spare: of its spellings one is ours.
    spelt = base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
    return data if spelt == token else None
