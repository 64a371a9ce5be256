"""Run by test_durability: commits groups of documents and says each number once acknowledged.

``python killed_program.py FOLDER FIRST``: numbers count up from FIRST until it is killed.
"""

import itertools
import os
import sys
from pathlib import Path

import trio

from storage import Put, Store, open_sqlite

TASKS = 16
GROUP_DOCUMENTS = 3


async def write(store: Store, numbers: "itertools.count[int]") -> None:
    for number in numbers:
        await store.commit(
            *(
                Put(
                    "room_events",
                    f"msg_{number}_{part}",
                    {"room": f"rom_{number}", "offset": part, "kind": "message"},
                    0,
                )
                for part in range(GROUP_DOCUMENTS)
            )
        )
        os.write(sys.stdout.fileno(), f"{number}\n".encode())


async def main() -> None:
    numbers = itertools.count(int(sys.argv[2]))  # shared: each number goes to one task
    async with open_sqlite(Path(sys.argv[1])) as store, trio.open_nursery() as nursery:
        for _ in range(TASKS):
            nursery.start_soon(write, store, numbers)


if __name__ == "__main__":
    trio.run(main)
