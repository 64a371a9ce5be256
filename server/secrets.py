"""The one secret of an installation, and the keys that are derived from it."""

import os
import secrets
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.config import Settings, SettingsError
from server.config_values import MIN_SECRET_BYTES

SECRET_FILE = "secret"  # noqa: S105 - the file's name
NEW_SECRET_BYTES = 48
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secrets:
    """Derives one key for each purpose, so that no key serves two (HKDF, RFC 5869)."""

    secret: bytes = field(repr=False)

    def derive(self, purpose: str) -> bytes:
        """Return the key of 32 bytes for ``purpose``, ever the same for the same secret."""
        kdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"bandstand/{purpose}".encode())
        return kdf.derive(self.secret)

    @property
    def token_signing(self) -> bytes:
        """For access tokens."""
        return self.derive("access-tokens")

    @property
    def stream_key_sealing(self) -> bytes:
        """For stream keys at rest."""
        return self.derive("stream-key-sealing")

    @property
    def stream_key_fingerprint(self) -> bytes:
        """For finding a stream by its key."""
        return self.derive("stream-key-fingerprint")

    @property
    def webhook_sealing(self) -> bytes:
        """For the secrets that sign webhooks out, at rest."""
        return self.derive("webhook-secret-sealing")

    @property
    def forward_sealing(self) -> bytes:
        """For the keys of other servers that shows are forwarded to, at rest."""
        return self.derive("forward-key-sealing")

    @property
    def playback_sessions(self) -> bytes:
        """For the sessions in the paths of playlists."""
        return self.derive("playback-sessions")

    @property
    def banned_addresses(self) -> bytes:
        """For what rooms keep of a banned address."""
        return self.derive("banned-addresses")


def load_secrets(settings: Settings) -> Secrets:
    """Take the secret of the settings, or in dev that of the data folder, made if need be.

    Raises SettingsError, also where the data folder cannot be written.
    """
    if settings.secret is not None:
        return Secrets(settings.secret.get_secret_value().encode())
    path = settings.data / SECRET_FILE
    try:
        if not path.exists():
            _make_secret(path)
        text = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"BANDSTAND_DATA: {error.strerror}: {error.filename}") from None
    if len(text) < MIN_SECRET_BYTES:
        raise SettingsError(f"BANDSTAND_SECRET: {path} is cut short: restore it from a backup")
    return Secrets(text)


def _make_secret(path: Path) -> None:
    """Write a new secret; of two processes that do so at once, one wins and both use it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # made with mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(NEW_SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _link_if_absent(draft, path)
    finally:
        Path(draft).unlink()


def _link_if_absent(draft: str, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
