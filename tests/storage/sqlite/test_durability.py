"""What was acknowledged is there: after kill -9, and when the disk is full."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from storage import Row, Store, open_sqlite

HERE = Path(__file__).parent
GROUP_DOCUMENTS = 3
ROUNDS = 4


def run_and_kill(folder: Path, first: int, lines: int) -> list[int]:
    """Kill the program once it has said so many lines; return all that it acknowledged."""
    program = HERE / "killed_program.py"
    command = [sys.executable, str(program), str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    assert process.returncode == -9
    return [int(line) for line in said]


async def groups(store: Store) -> dict[int, int]:
    """Return how many documents of each group are there."""
    found: dict[int, int] = {}
    after = None
    while page := await store.find("room_events", {}, sort="id", after=after, limit=2000):
        for row in page:
            number = int(row.id.split("_")[1])
            found[number] = found.get(number, 0) + 1
        after = (page[-1].id, page[-1].id)
    return found


async def test_kill_9_loses_nothing_acknowledged_and_leaves_nothing_half_done(
    tmp_path: Path,
) -> None:
    chance = random.Random()
    acknowledged: list[int] = []
    first = 0
    for _ in range(ROUNDS):
        acknowledged += run_and_kill(tmp_path, first, chance.randint(1, 800))
        async with open_sqlite(tmp_path) as store:
            found = await groups(store)
            assert set(acknowledged) <= found.keys()
            assert set(found.values()) == {GROUP_DOCUMENTS}
            one = await store.find(
                "room_events", {"room": f"rom_{acknowledged[-1]}"}, sort="offset"
            )
            assert [row.doc["offset"] for row in one] == list(range(GROUP_DOCUMENTS))
        first = max(found) + 1


def fill_the_disk(folder: Path) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "full_disk_program.py"), str(folder)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return dict(json.loads(said))


async def test_a_full_disk_refuses_and_then_goes_on(tmp_path: Path) -> None:
    said = fill_the_disk(tmp_path)
    assert len(said["acknowledged"]) > 20
    assert len(said["refused"]) == 8  # each task met the limit
    assert said["still_read"]
    async with open_sqlite(tmp_path) as store:
        rows = await store.find("rooms", {}, sort="id", limit=2000)
        assert {row.id for row in rows} == {*said["acknowledged"], "later"}
        assert await store.get("rooms", "later") == Row("later", 1, {})
