"""Short secrets that must be read again: kept sealed, so that the store alone tells nobody."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class SealBroken(Exception):
    """What is sealed cannot be opened: the secret of this installation was changed."""


class Sealing:
    """Seals with AES-256-GCM under a key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, secret: str, belongs_to: str) -> str:
        """Encrypt for the store; it opens for the same id alone."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._aead.encrypt(nonce, secret.encode(), belongs_to.encode())
        return base64.b64encode(sealed).decode()

    def open(self, sealed: str, belongs_to: str) -> str:
        """Decrypt. SealBroken."""
        data = base64.b64decode(sealed)
        try:
            secret = self._aead.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], belongs_to.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken("it was sealed under another secret") from error
        return secret.decode()
