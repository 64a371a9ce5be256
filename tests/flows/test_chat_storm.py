"""A short storm over real sockets, judged as the long one is: by ``bench/storm.py``."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 240
NAME_CHARACTERS = 24


def storm(*options: str) -> dict[str, str]:
    """Run one; give the rows that it prints. It ends with 1 where anything is wrong."""
    command = [sys.executable, "-m", "bench", "storm", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    return {line[:NAME_CHARACTERS].strip(): line[NAME_CHARACTERS:].strip() for line in lines}


def number(text: str) -> int:
    """Give the number that a row begins with."""
    return int(text.split()[0].replace(",", ""))


def test_a_storm_loses_nothing_and_keeps_its_order() -> None:
    rows = storm("--members", "200", "--rate", "50", "--seconds", "5")
    assert rows["differences"] == "0"
    said = number(rows["messages acknowledged"])
    assert said >= 50
    listening = 200 - 50 - 2 * 10
    assert number(rows["deliveries checked"]) == said * listening
    assert "recovered" in rows["the others"]


def test_kill_9_in_a_storm_loses_nothing_that_was_acknowledged() -> None:
    rows = storm("--members", "120", "--rate", "40", "--seconds", "6", "--kill", "1")
    assert rows["differences"] == "0"
    assert rows["killed"] == "1"
    assert number(rows["messages acknowledged"]) >= 50
    listening = 120 - 30 - 2 * 6
    assert rows["the listening"] == f"{listening} connections lost, {listening} recovered"
