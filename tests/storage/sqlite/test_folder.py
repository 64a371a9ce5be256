"""One store per data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage import StoreLocked, StoreUnavailable, open_sqlite
from storage.sqlite.folder import DATABASE_NAME, LOCK_NAME, hold_folder

OPEN_THE_STORE = """
import sys, trio
from pathlib import Path
from storage import StoreLocked, open_sqlite

async def main():
    async with open_sqlite(Path(sys.argv[1])):
        print("opened")

try:
    trio.run(main)
except StoreLocked as locked:
    print(locked)
"""


def open_in_another_process(folder: Path) -> str:
    command = [sys.executable, "-c", OPEN_THE_STORE, str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with hold_folder(tmp_path):
        said = open_in_another_process(tmp_path)
    assert f"in use by process {os.getpid()}:" in said
    assert open_in_another_process(tmp_path) == "opened\n"


async def test_a_second_store_of_this_process_is_locked_out_too(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path):
        with pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
            async with open_sqlite(tmp_path):
                pytest.fail("opened twice")
    async with open_sqlite(tmp_path):
        pass


async def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    async with open_sqlite(folder):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("in_the_way", [".", LOCK_NAME, DATABASE_NAME])
async def test_a_folder_that_cannot_be_used(tmp_path: Path, in_the_way: str) -> None:
    folder = tmp_path / "data"
    if in_the_way == ".":
        folder.write_text("a file")
    else:
        (folder / in_the_way).mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="data"):
        async with open_sqlite(folder):
            pytest.fail("opened")
