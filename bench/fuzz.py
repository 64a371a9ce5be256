"""Fuzz the layers of ingest, each guided by the branches that its inputs reach.

    python -m bench fuzz --seconds 3600 [--target chunks] [--grow]

It needs Atheris, which nothing else here does: ``pip install atheris``. Each target
(``tests/support/fuzz_targets.py``) gets an equal share of the time, from its corpus and from seeds
that are made anew. An input that breaks a rule is kept in the folder that is named at the end.
``--grow`` adds to the committed corpus what reaches something new, up to a bound.
"""

import argparse
import hashlib
import importlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType

from support.fuzz_targets import CORPUS, MAX_INPUT_BYTES, SHAKEN_HANDS, TARGETS

HANDSHAKE_BYTES = 3073
MAX_MEMORY_MB = 1024
MAX_INPUT_S = 10
MAX_CORPUS_INPUTS = 150
MAX_CORPUS_BYTES = 64 * 1024
"""Of one target, as it is committed."""
SHOWS = [("hevc", "opus"), ("av1", "flac"), ("vp9", "ac3"), ("h264", "mp3"), ("hevc", "eac3"),
         ("h264", "aac")]  # fmt: skip
GROWING = Path(tempfile.gettempdir()) / "bandstand-fuzz"
MEDIA = f"{Path(__file__).parent.parent / 'media'}/"
NAME_DIGITS = 16
STAT = re.compile(r"^stat::(\w+):\s+(\d+)$", re.MULTILINE)
COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")
Step = tuple[str, int, int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--target", choices=TARGETS, action="append")
    parser.add_argument("--grow", action="store_true")
    asked = parser.parse_args()
    names = asked.target or list(TARGETS)
    print(f"{'target':<12}{'inputs':>12}{'/s':>9}{'branches':>10}{'corpus':>8}{'MB':>6}  found")
    broken = 0
    for name in names:
        broken += fuzz(name, asked.seconds // len(names))
        if asked.grow:
            grow(name)
    print(f"inputs that break a rule: {broken}" + (f", in {GROWING}" if broken else ""))
    return 1 if broken else 0


def fuzz(name: str, seconds: int) -> int:
    """Run one target; gives how many inputs broke a rule in it."""
    folder = GROWING / name
    found = GROWING / f"{name}-found"
    for each in (folder, found):
        each.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (folder / f"seed-{number}").write_bytes(seed[:MAX_INPUT_BYTES])
    before = len(list(found.iterdir()))
    committed = [str(CORPUS / name)] if (CORPUS / name).is_dir() else []
    ran = run_child(
        name, str(folder), *committed, f"-max_total_time={seconds}", f"-artifact_prefix={found}/"
    )
    stats = {key: int(value) for key, value in STAT.findall(ran.stderr)}
    coverage = COVERAGE.findall(ran.stderr)
    fresh = len(list(found.iterdir())) - before
    print(
        f"{name:<12}{stats.get('number_of_executed_units', 0):>12,}"
        f"{stats.get('average_exec_per_sec', 0):>9,}"
        f"{coverage[-1][0] if coverage else '?':>10}{len(list(folder.iterdir())):>8,}"
        f"{stats.get('peak_rss_mb', 0):>6}  {fresh}",
        flush=True,
    )
    if ran.returncode:
        print(ran.stderr[-3000:], file=sys.stderr)
    return max(fresh, int(ran.returncode != 0))


def run_child(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """LibFuzzer takes over the process that it runs in."""
    command = [sys.executable, "-m", "bench", "fuzz", "--child", name, *arguments]
    bounds = [f"-rss_limit_mb={MAX_MEMORY_MB}", f"-timeout={MAX_INPUT_S}"]
    bounds += [f"-max_len={MAX_INPUT_BYTES}", "-print_final_stats=1"]
    return subprocess.run(
        [*command, *bounds], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        errors="replace", check=False,
    )  # fmt: skip


def child(name: str, arguments: list[str]) -> None:
    """Instrument the sources and fuzz, until LibFuzzer ends the process."""
    atheris = importlib.import_module("atheris")
    for module in [each for each in sys.modules if each.startswith(("media.", "support.fuzz"))]:
        del sys.modules[module]
    with atheris.instrument_imports(include=["media"]):
        targets = importlib.import_module("support.fuzz_targets")
    atheris.Setup([f"fuzz-{name}", *arguments], partial(targets.run_target, name))
    atheris.Fuzz()


def grow(name: str) -> None:
    """Take inputs into the committed corpus, small ones first, that step where none before did."""
    committed = CORPUS / name
    committed.mkdir(parents=True, exist_ok=True)
    kept = [path.read_bytes() for path in committed.iterdir()]
    reached: set[Step] = set()
    for data in kept:
        reached |= steps(name, data)
    fresh = (path.read_bytes() for path in (GROWING / name).iterdir())
    for data in sorted(set(fresh) - set(kept), key=lambda each: (len(each), each)):
        if len(kept) >= MAX_CORPUS_INPUTS or sum(map(len, kept)) + len(data) > MAX_CORPUS_BYTES:
            break
        new = steps(name, data) - reached
        if new:
            reached |= new
            kept.append(data)
            (committed / hashlib.sha256(data).hexdigest()[:NAME_DIGITS]).write_bytes(data)


def steps(name: str, data: bytes) -> set[Step]:
    """From which line to which the input goes, in each function of ``media``."""
    reached: set[Step] = set()

    def enter(frame: FrameType, event: str, argument: object) -> Callable[..., object] | None:
        if MEDIA not in frame.f_code.co_filename:
            return None
        last = 0

        def move(frame: FrameType, event: str, argument: object) -> Callable[..., object]:
            nonlocal last
            reached.add((frame.f_code.co_filename, last, frame.f_lineno))
            last = frame.f_lineno
            return move

        return move

    sys.settrace(enter)
    try:
        TARGETS[name](data)
    finally:
        sys.settrace(None)
    return reached


def seeds(name: str) -> Iterator[bytes]:
    """Real sessions and shows, as the target takes them."""
    from support.coded import coded_flv
    from support.rtmp_client import Client
    from support.shows import FLV_HEADER_BYTES

    from media.rtmp.amf0 import encode_values

    sessions = [path.read_bytes() for path in sorted((CORPUS / "rtmp").glob("*.bin"))]
    match name:
        case "chunks":
            yield from (b"\x40" + session[HANDSHAKE_BYTES:] for session in sessions)
        case "connection":
            heads = bytes([SHAKEN_HANDS | 4]), bytes([SHAKEN_HANDS])
            yield from (head + each[HANDSHAKE_BYTES:] for head in heads for each in sessions)
            yield b"\x10" + Client.hello()
        case "amf":
            yield encode_values("connect", 1, {"app": "live", "capsEx": 15, "list": [True, None]})
            yield encode_values("@setDataFrame", "onMetaData", {"width": 320, "": {"a": "x"}})
        case _:
            yield from (coded_flv(*show)[FLV_HEADER_BYTES:] for show in SHOWS)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
