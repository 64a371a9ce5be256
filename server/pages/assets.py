"""Static files, read once into memory and named by a version made from all their bytes.

The version is a folder of the URL (``/static/{version}/js/home.js``), so that the relative
imports of an ES module stay within the version of the page that asked for it, and a browser may
keep every file for ever.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC_FOLDER = Path(__file__).parent / "static"
VERSION_LENGTH_CHARS = 12
GZIP_WORTH_BYTES = 1024

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file: its bytes, the same gzipped (None when too small to be worth it)."""

    body: bytes
    gzipped: bytes | None
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All static files by their path below the static folder, and the version of the whole."""

    version: str
    files: dict[str, Asset]

    def url(self, name: str) -> str:
        """Return the URL of a static file; KeyError for a file that is not there."""
        if name not in self.files:
            raise KeyError(f"no static file {name!r}")
        return f"/static/{self.version}/{name}"


def load_assets(folder: Path) -> Assets:
    """Read every file of a known type below ``folder``."""
    files: dict[str, Asset] = {}
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        content_type = CONTENT_TYPES.get(path.suffix)
        if content_type is None or not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        body = path.read_bytes()
        digest = hashlib.sha256(body)
        whole.update(name.encode() + b"\0" + digest.digest())
        zipped = gzip.compress(body, mtime=0) if len(body) >= GZIP_WORTH_BYTES else None
        files[name] = Asset(body, zipped, content_type, digest.hexdigest()[:32])
    return Assets(whole.hexdigest()[:VERSION_LENGTH_CHARS], files)


@cache
def assets() -> Assets:
    """Return this process's static files, read at the first call."""
    return load_assets(STATIC_FOLDER)
