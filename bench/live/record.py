"""What happened in a chaos: counts, waits, and whatever was wrong."""

from collections import Counter
from dataclasses import dataclass, field

MAX_DIFFERENCES = 50


@dataclass
class Record:
    """Filled by all publishers and listeners of a run."""

    counts: Counter[str] = field(default_factory=Counter)
    waits_s: list[float] = field(default_factory=list)
    """From one new segment to the next, while the publisher sent."""
    starts_s: list[float] = field(default_factory=list)
    """From the start of an encoder, or its thaw, to the first segment after it."""
    statuses: Counter[str] = field(default_factory=Counter)
    """How often a stream must have become each status, by what the publishers did."""
    differences: list[str] = field(default_factory=list)

    def note(self, difference: str) -> None:
        """Note what is wrong; of very much only the count."""
        self.counts["differences"] += 1
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences.append(difference)
