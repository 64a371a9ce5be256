"""Stream keys: what an encoder shows to go on air. Kept sealed, found by a fingerprint."""

import base64
import hashlib
import hmac
import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 24
"""24 random bytes are 32 characters of base64."""
NONCE_BYTES = 12
MAX_KEY_CHARS = 128


class SealBroken(Exception):
    """A sealed key cannot be opened: the secret of this installation was changed."""


class StreamKeys:
    """Makes keys, and keeps them unreadable to who reads the store alone.

    ``sealing`` and ``fingerprinting`` are keys of 32 bytes (AES-256-GCM, HMAC-SHA256).
    """

    def __init__(self, sealing: bytes, fingerprinting: bytes) -> None:
        self._aead = AESGCM(sealing)
        self._fingerprinting = fingerprinting

    def new_key(self) -> str:
        """Return a new key: 32 characters that need no escape in a URL."""
        return secrets.token_urlsafe(KEY_BYTES)

    def fingerprint(self, key: str) -> str:
        """Return what finds a stream by its key, as 64 hexadecimal digits."""
        return hmac.new(self._fingerprinting, key.encode(), hashlib.sha256).hexdigest()

    def seal(self, key: str, stream_id: str) -> str:
        """Encrypt the key for the store; it opens for the same stream alone."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._aead.encrypt(nonce, key.encode(), stream_id.encode())
        return base64.b64encode(sealed).decode()

    def open(self, sealed: str, stream_id: str) -> str:
        """Decrypt a sealed key. SealBroken."""
        data = base64.b64decode(sealed)
        try:
            key = self._aead.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], stream_id.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken("the stream key was sealed under another secret") from error
        return key.decode()
