"""The data folder and its lock: one store per folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.api import StoreLocked, StoreUnavailable

LOCK_NAME = "lock"
DATABASE_NAME = "bandstand.sqlite3"

_MAX_PID_BYTES = 20


@contextmanager
def hold_folder(folder: Path) -> Iterator[Path]:
    """Make the folder, hold its lock, and give the database's path.

    The lock is ``flock`` on an open file, so it ends with the process however that dies; the
    file itself stays, because removing it would let two processes lock two files of one name.
    Raises ``StoreLocked`` naming the holder's process id, and ``StoreUnavailable``.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"the data folder {folder} cannot be used: {error}") from error
    try:
        _lock(descriptor, folder)
        yield folder / DATABASE_NAME
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except BlockingIOError as error:
        # Empty in the instant between the holder's lock and its writing of the number.
        holder = os.pread(descriptor, _MAX_PID_BYTES, 0).decode(errors="replace") or "unknown"
        raise StoreLocked(
            f"the data folder {folder} is in use by process {holder}: stop it, or give this one "
            "another folder"
        ) from error
    except OSError as error:
        raise StoreUnavailable(f"the data folder {folder} cannot be locked: {error}") from error
