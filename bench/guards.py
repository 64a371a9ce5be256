"""Take away the guards of the money one by one, and see that a test fails each time.

Run ``python -m bench guards``, or with words that are in the names of the guards to try. Each is an
edit of the sources (``bench/guards.toml``) in a copy of the project. It prints which test was the
first to fail, and fails itself where none did, or where the text of an edit is not found once.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PARTS = ("actors", "media", "server", "storage", "tests", "pyproject.toml", "README.md")
LIST = Path(__file__).with_name("guards.toml")
TESTS = Path("tests/actors/refund")
LAST = ("test_narrow_schedules.py", "test_crash_points.py", "test_any_schedule.py")
"""The slower files, tried where the others let the edit pass."""
EXAMPLES = "300"
TIMEOUT_S = 300

FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", re.MULTILINE)


class Guard(NamedTuple):
    """``text`` is found once in ``file``; ``without`` takes its place."""

    name: str
    file: str
    text: str
    without: str


def main(words: list[str]) -> int:
    guards = [Guard(**each) for each in tomllib.loads(LIST.read_text())["guards"]]
    chosen = [each for each in guards if not words or any(word in each.name for word in words)]
    unnoticed = 0
    for guard in chosen:
        started = time.monotonic()
        failure = first_failure(guard)
        unnoticed += failure is None
        took_s = time.monotonic() - started
        print(f"{guard.name:58} {failure or 'NOBODY NOTICES'}  ({took_s:.0f} s)", flush=True)
    print(f"{len(chosen)} guards, {unnoticed} not missed by any test")
    return 1 if unnoticed else 0


def first_failure(guard: Guard) -> str | None:
    """Run the tests without a guard; gives the first one that fails."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "vendor", ".hypothesis")
                shutil.copytree(source, copy / part, ignore=ignored)
            else:
                shutil.copy(source, copy / part)
        take_away(guard, copy)
        return run_tests(copy)


def take_away(guard: Guard, copy: Path) -> None:
    path = copy / guard.file
    text = path.read_text()
    if text.count(guard.text) != 1:
        sys.exit(f"{guard.name}: its text is {text.count(guard.text)} times in {guard.file}")
    path.write_text(text.replace(guard.text, guard.without))


def run_tests(copy: Path) -> str | None:
    quick = sorted(
        path.relative_to(copy).as_posix()
        for path in (copy / TESTS).glob("test_*.py")
        if path.name not in LAST
    )
    files = [*quick, *(f"{TESTS}/{name}" for name in LAST)]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *files]
    environment = {**os.environ, "BANDSTAND_EXAMPLES": EXAMPLES}
    try:
        ran = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT_S} s"
    if ran.returncode == 0:
        return None
    found = FIRST_FAILURE.search(ran.stdout)
    return found[1].removeprefix(f"{TESTS}/") if found else f"pytest ended with {ran.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
