"""Run the benchmarks that end by themselves, one after the other: ``python -m bench``."""

import runpy

NAMES = ("ingest", "edge", "fanout", "store")


def main() -> None:
    """Run each, under its name."""
    for name in NAMES:
        print(f"== {name}")
        runpy.run_module(f"bench.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
