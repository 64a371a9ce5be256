"""Run one benchmark, ``python -m bench NAME [options]``, or all that end soon: ``python -m bench``.

Those that take minutes run only when they are named.
"""

import runpy
import sys
from pathlib import Path

NAMES = ("ingest", "edge", "fanout", "store")
SOAKS = ("chaos", "fuzz", "guards", "killing", "publishers", "storm", "traps", "webhooks")
TESTS = Path(__file__).parent.parent / "tests"


def main() -> None:
    """Run the one that is named, or each under its name."""
    sys.path.append(str(TESTS))  # the soaks judge by the rules that the tests hold to
    if len(sys.argv) > 1:
        name = sys.argv.pop(1)
        if name not in (*NAMES, *SOAKS):
            sys.exit(f"there is no {name}: {', '.join((*NAMES, *SOAKS))}")
        runpy.run_module(f"bench.{name}", run_name="__main__", alter_sys=True)
        return
    for name in NAMES:
        print(f"== {name}")
        runpy.run_module(f"bench.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
