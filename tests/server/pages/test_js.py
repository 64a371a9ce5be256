"""The scripts of the pages: their syntax, and their own tests, run by node."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "server" / "pages" / "static" / "js"
TESTS = ROOT / "tests" / "js"
NODE_TIMEOUT_S = 120


def node(*arguments: str, text: str | None = None) -> None:
    program = shutil.which("node")
    if program is None:
        pytest.fail("node is missing: the scripts of the pages are tested with it (>= 20)")
    done = subprocess.run(
        [program, *arguments],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        timeout=NODE_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_script_parses() -> None:
    scripts = sorted(SCRIPTS.glob("*.js"))
    assert scripts
    for script in scripts:
        node("--input-type=module", "--check", "-", text=script.read_text())


def test_the_scripts_pass_their_own_tests() -> None:
    tests = sorted(str(path) for path in TESTS.glob("*.test.mjs"))
    assert tests
    node("--test", *tests)
