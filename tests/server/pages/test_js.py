"""The scripts of the pages: their syntax, and their own tests, run by Node."""

import subprocess
from pathlib import Path

import playwright

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "server" / "pages" / "static" / "js"
TESTS = ROOT / "tests" / "js"
NODE_TIMEOUT_S = 120
# Playwright brings a Node of its own, so the tests need none of the system's, which may be old.
NODE = Path(playwright.__file__).parent / "driver" / "node"


def node(*arguments: str, text: str | None = None) -> None:
    done = subprocess.run(
        [str(NODE), *arguments],
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
