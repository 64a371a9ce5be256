"""How a soak ends."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

SHOWN_DIFFERENCES = 40


def end_with(differences: Sequence[object], folder: Path) -> None:
    """Print what was wrong, and exit with 1 and keep the run's folder if anything was."""
    print(f"{'differences':<24} {len(differences)}")
    for difference in differences[:SHOWN_DIFFERENCES]:
        print(f"  {difference}")
    if differences:
        sys.exit(f"the data of this run: {folder}")
    shutil.rmtree(folder)
