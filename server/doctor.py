"""``bandstand doctor``: looks whether this machine can run the server, and says what to do."""

import os
import shutil
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from json import JSONDecodeError, loads
from pathlib import Path

from server.capacity import WANTED_OPEN_FILES, capacity_within, open_files
from server.certificate_checks import check_certificate
from server.config import ENV_PREFIX, Settings, SettingsError, load_settings
from server.config_values import Endpoint
from server.findings import Finding, Verdict
from server.provider_checks import check_payments, check_payouts
from server.secrets import SECRET_FILE

MIN_PYTHON = (3, 11)
MIN_SQLITE = (3, 37, 0)
MIN_FREE_BYTES = 1_000_000_000
LOW_FREE_BYTES = 200_000_000
PROBE_TIMEOUT_S = 2.0
MAX_HEALTH_BYTES = 16_384
HLS_SCRIPT = Path(__file__).parent / "pages" / "static" / "vendor" / "hls.min.mjs"
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"})
PROGRAMS = {
    "ffmpeg": "pushes a test show from the command line, and runs some tests",
    "ffprobe": "lets tests check what is delivered",
    "chromium": "runs the tests of the pages",
    "npm": "fetches hls.js when the pages are set up",
}


def examine() -> Iterator[Finding]:
    """Make all checks; without good settings, only those that need none."""
    yield check_python()
    yield check_sqlite()
    yield check_open_files()
    yield check_hls_script()
    yield from check_programs()
    yield from check_unknown_variables()
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in error.lines:
            yield Finding(Verdict.FAIL, "settings", line, "correct it in the environment or .env")
        return
    yield Finding(Verdict.OK, "settings", f"{settings.env}, public at {settings.public_url}")
    yield check_secret(settings)
    yield check_data(settings)
    yield check_disk(settings)
    yield check_http_port(settings.http)
    yield check_ingest_port(settings, "rtmp", settings.rtmp)
    if settings.rtmps is not None:
        yield check_ingest_port(settings, "rtmps", settings.rtmps)
    yield check_certificate(settings)
    yield check_payments(settings)
    yield check_payouts(settings)


def check_python() -> Finding:
    """Look at the Python that runs this."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < MIN_PYTHON:
        return Finding(Verdict.FAIL, "python", found, "install Python 3.11 or newer")
    return Finding(Verdict.OK, "python", found)


def check_sqlite() -> Finding:
    """Look at the SQLite that Python was linked with."""
    if sqlite3.sqlite_version_info < MIN_SQLITE:
        wanted = ".".join(map(str, MIN_SQLITE))
        return Finding(
            Verdict.FAIL, "sqlite", sqlite3.sqlite_version, f"use a Python with {wanted} or newer"
        )
    return Finding(Verdict.OK, "sqlite", sqlite3.sqlite_version)


def check_open_files() -> Finding:
    """Look how many sockets this process may hold."""
    _, hard = open_files()  # the server raises its own limit as far as this
    capacity = capacity_within(hard)
    says = f"up to {hard}: {capacity.door} connections, {capacity.chat} of them in chat"
    if not capacity.whole:
        return Finding(
            Verdict.WARN,
            "open files",
            says,
            f"for more, raise the hard limit: ulimit -Hn {WANTED_OPEN_FILES}, or "
            f"LimitNOFILE={WANTED_OPEN_FILES} in a systemd unit",
        )
    return Finding(Verdict.OK, "open files", says)


def check_hls_script() -> Finding:
    """Look for the player that browsers without HLS of their own need."""
    if not HLS_SCRIPT.is_file():
        return Finding(Verdict.WARN, "hls.js", "is missing: Firefox cannot play", "run: make setup")
    return Finding(Verdict.OK, "hls.js", f"{HLS_SCRIPT.stat().st_size // 1024} KiB")


def check_programs() -> Iterator[Finding]:
    """Look for programs that are good to have."""
    for program, purpose in PROGRAMS.items():
        path = shutil.which(program)
        if path is None:
            yield Finding(Verdict.WARN, program, f"not found (optional): it {purpose}")
        else:
            yield Finding(Verdict.OK, program, path)


def check_unknown_variables() -> Iterator[Finding]:
    """Look for variables that nobody reads: misspelt ones, mostly."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(ENV_PREFIX) and name not in known:
            yield Finding(Verdict.WARN, name, "is not a setting", "check its spelling")


def check_secret(settings: Settings) -> Finding:
    """Look where the secret comes from, and who may read it."""
    if settings.secret is not None:
        return Finding(Verdict.OK, "secret", f"{ENV_PREFIX}SECRET is set")
    path = settings.data / SECRET_FILE
    if not path.exists():
        return Finding(Verdict.OK, "secret", f"will be made in {path}")
    if path.stat().st_mode & 0o077:
        return Finding(
            Verdict.WARN, "secret", f"{path} is open to others", f"run: chmod 600 {path}"
        )
    return Finding(Verdict.OK, "secret", f"in {path}")


def check_data(settings: Settings) -> Finding:
    """Try to write a file where the data goes, and look what file system that is."""
    folder = _nearest_existing(settings.data)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"bandstand")
    except OSError as error:
        return Finding(
            Verdict.FAIL,
            "data",
            f"{settings.data}: {error.strerror}",
            f"make it writable for {_user()}, or set {ENV_PREFIX}DATA",
        )
    kind = file_system(folder)
    if kind in NETWORK_FILE_SYSTEMS:
        return Finding(
            Verdict.WARN,
            "data",
            f"{settings.data} is on {kind}, where SQLite's locks are not to be trusted",
            f"set {ENV_PREFIX}DATA to a folder on a local disk",
        )
    return Finding(Verdict.OK, "data", f"{settings.data.absolute()} on {kind}")


def check_disk(settings: Settings) -> Finding:
    """Look how much room there is."""
    free = shutil.disk_usage(_nearest_existing(settings.data)).free
    says = f"{free / 1e9:.1f} GB free"
    if free < LOW_FREE_BYTES:
        return Finding(Verdict.FAIL, "disk", says, "make room: the store cannot grow")
    if free < MIN_FREE_BYTES:
        return Finding(Verdict.WARN, "disk", says, "make room soon")
    return Finding(Verdict.OK, "disk", says)


def check_http_port(endpoint: Endpoint) -> Finding:
    """Try to listen there; where something does already, ask it whether it is us."""
    if endpoint.port == 0 or _may_listen(endpoint) is None:
        return Finding(Verdict.OK, "http", f"{endpoint} is free")
    if _is_ours(endpoint.reachable):
        return Finding(Verdict.OK, "http", f"{endpoint}: Bandstand runs there already")
    return _taken("http", endpoint, "HTTP")


def check_ingest_port(settings: Settings, name: str, endpoint: Endpoint) -> Finding:
    """Try to listen there; where the server runs, its own ports are taken by it."""
    if endpoint.port == 0 or _may_listen(endpoint) is None:
        return Finding(Verdict.OK, name, f"{endpoint} is free")
    if _is_ours(settings.http.reachable):
        return Finding(Verdict.OK, name, f"{endpoint}: in use while Bandstand runs")
    return _taken(name, endpoint, name.upper())


def file_system(folder: Path) -> str:
    """Name the file system of a folder, as /proc/self/mountinfo tells (proc(5))."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return "an unknown file system"
    best, kind = "", "an unknown file system"
    path = str(folder.resolve())
    for line in lines:
        before, _, after = line.partition(" - ")
        mount = before.split()[4]
        inside = path == mount or path.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, after.split()[0]
    return kind


def run(write: Callable[[str], object] = print) -> int:
    """Report every finding; 1 where one of them must be put right, else 0."""
    failed = False
    for finding in examine():
        write(str(finding))
        failed = failed or finding.verdict is Verdict.FAIL
    write("Something above must be put right first." if failed else "Ready to play.")
    return int(failed)


def _taken(subject: str, endpoint: Endpoint, variable: str) -> Finding:
    why = _may_listen(endpoint) or "free again"
    advice = f"stop what listens there, or set {ENV_PREFIX}{variable}"
    return Finding(Verdict.FAIL, subject, f"{endpoint}: {why}", advice)


def _may_listen(endpoint: Endpoint) -> str | None:
    """Say why one cannot listen there, None where one can."""
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((endpoint.host, endpoint.port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def _is_ours(endpoint: Endpoint) -> bool:
    connection = HTTPConnection(endpoint.host, endpoint.port, timeout=PROBE_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        health = loads(connection.getresponse().read(MAX_HEALTH_BYTES))
    except (OSError, HTTPException, JSONDecodeError, UnicodeDecodeError):
        return False
    finally:
        connection.close()
    return isinstance(health, dict) and "streams_live" in health


def _nearest_existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path


def _user() -> str:
    return os.environ.get("USER") or f"user {os.getuid()}"
