"""The engines under test, opened on one small schema.

An engine comes into the suite by its line in ``ENGINES``.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from storage import Store, open_sqlite
from storage.declaring import Collection, Migration, Schema, by, unique

SCHEMA = Schema(
    collections=(
        Collection(
            "things",
            fields={"band": str, "rank": int, "code": str, "live": bool, "set": str},
            indexes=(
                unique("code"),
                unique("band", "set"),
                by("rank"),
                by("band", "rank"),
                by("live", "rank"),
                by("band"),
            ),
        ),
        Collection("others", fields={}, indexes=()),
    ),
    migrations=(Migration(1, "first"),),
)

Engine = Callable[[Path], AbstractAsyncContextManager[Store]]

ENGINES: dict[str, Engine] = {"sqlite": partial(open_sqlite, schema=SCHEMA)}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture
async def store(engine: Engine, tmp_path: Path) -> AsyncIterator[Store]:
    async with engine(tmp_path / "data") as opened:
        yield opened
