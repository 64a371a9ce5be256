"""Python's collector of cycles, set for a process that holds thousands of connections."""

import gc

YOUNG_OBJECTS = 10_000
"""A look at the young ones costs some 2 ms then, and comes a few times a second in a full room."""
YOUNG_LOOKS, MIDDLE_LOOKS = 10, 20
"""After so many looks at an age comes one at the next one. Every 2 million new objects, which is
every two minutes in a full room, all are looked at: that holds up everything for 100 to 200 ms
with 5,000 members, and came every five seconds with Python's own settings. What is left of a
connection until then is 36 objects."""


def calm_collector() -> None:
    """Look for cycles less often, and never among what was made so far: the imported modules."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, MIDDLE_LOOKS)
