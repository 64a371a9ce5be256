"""Take away what meets each trap of ingest, one by one, and see that a test fails each time.

Run ``python -m bench traps``, or with words that are in the names of the traps to try. Each is an
edit of the sources (``bench/traps.toml``) in a copy of the project, with the tests that must miss
it. It prints which test was the first to fail, and fails itself where none did.
"""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

from bench.guards import FIRST_FAILURE, PARTS, ROOT

LIST = Path(__file__).with_name("traps.toml")
TIMEOUT_S = 120


class Trap(NamedTuple):
    """``text`` is found once in ``file``; ``without`` takes its place, and ``tests`` run."""

    name: str
    file: str
    text: str
    without: str
    tests: str


def main(words: list[str]) -> int:
    traps = [Trap(**each) for each in tomllib.loads(LIST.read_text())["traps"]]
    chosen = [each for each in traps if not words or any(word in each.name for word in words)]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in PARTS:
            if (ROOT / part).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "vendor", ".hypothesis")
                shutil.copytree(ROOT / part, copy / part, ignore=ignored)
            else:
                shutil.copy(ROOT / part, copy / part)
        for trap in chosen:
            failure = first_failure(trap, copy)
            unnoticed += failure is None
            print(f"{trap.name:58} {failure or 'NOBODY NOTICES'}", flush=True)
    print(f"{len(chosen)} traps, {unnoticed} not missed by any test")
    return 1 if unnoticed else 0


def first_failure(trap: Trap, copy: Path) -> str | None:
    """Run a trap's tests without what meets it; gives the first one that fails."""
    path = copy / trap.file
    text = path.read_text()
    if text.count(trap.text) != 1:
        sys.exit(f"{trap.name}: its text is {text.count(trap.text)} times in {trap.file}")
    path.write_text(text.replace(trap.text, trap.without))
    options = ["-x", "-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *trap.tests.split()]
    try:
        ran = subprocess.run(
            command, cwd=copy, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no end after {TIMEOUT_S} s"
    finally:
        path.write_text(text)
    if ran.returncode == 0:
        return None
    found = FIRST_FAILURE.search(ran.stdout)
    return found[1].removeprefix("tests/") if found else f"pytest ended with {ran.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
