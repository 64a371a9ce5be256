"""Stream keys: what an encoder shows to go on air. Kept sealed, found by a fingerprint."""

import hashlib
import hmac
import secrets

from actors.services.sealing import Sealing

KEY_BYTES = 24
"""24 random bytes are 32 characters of base64."""
MAX_KEY_CHARS = 128


class StreamKeys:
    """Makes keys, and keeps them unreadable to who reads the store alone.

    ``sealing`` and ``fingerprinting`` are keys of 32 bytes (AES-256-GCM, HMAC-SHA256).
    """

    def __init__(self, sealing: bytes, fingerprinting: bytes) -> None:
        self._sealing = Sealing(sealing)
        self._fingerprinting = fingerprinting

    def new_key(self) -> str:
        """Return a new key: 32 characters that need no escape in a URL."""
        return secrets.token_urlsafe(KEY_BYTES)

    def fingerprint(self, key: str) -> str:
        """Return what finds a stream by its key, as 64 hexadecimal digits."""
        return hmac.new(self._fingerprinting, key.encode(), hashlib.sha256).hexdigest()

    def seal(self, key: str, stream_id: str) -> str:
        """Encrypt the key for the store; it opens for the same stream alone."""
        return self._sealing.seal(key, stream_id)

    def open(self, sealed: str, stream_id: str) -> str:
        """Decrypt a sealed key. SealBroken."""
        return self._sealing.open(sealed, stream_id)
