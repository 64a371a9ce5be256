"""Run by test_durability: writes until its files may not grow, then is given room again.

The limit is the kernel's on file size, so the failure is a real write that comes back short.
Prints one JSON object; the process is its own because the limit holds for all of one.
"""

import json
import resource
import sys
from pathlib import Path

import trio

from storage import Put, Store, StoreUnavailable, open_sqlite

LIMIT_BYTES = 512 * 1024
TASKS = 8


async def fill(store: Store, task: int, acknowledged: list[str], refused: list[str]) -> None:
    for number in range(10_000):
        key = f"{task}-{number}"
        try:
            await store.commit(Put("rooms", key, {"text": "x" * 2000}, 0))
        except StoreUnavailable:
            refused.append(key)
            return
        acknowledged.append(key)


async def main() -> None:
    acknowledged: list[str] = []
    refused: list[str] = []
    folder = Path(sys.argv[1])
    async with open_sqlite(folder) as store:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, hard))
        async with trio.open_nursery() as nursery:
            for task in range(TASKS):
                nursery.start_soon(fill, store, task, acknowledged, refused)
        still_read = [await store.get("rooms", key) is not None for key in acknowledged]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await store.commit(Put("rooms", "later", {}, 0))
    print(
        json.dumps(
            {"acknowledged": acknowledged, "refused": refused, "still_read": all(still_read)}
        )
    )


if __name__ == "__main__":
    trio.run(main)
