"""A stage for the orders of a test; what always holds of the money is checked at its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from support.money_rules import check_books
from support.orders import TERMS, VIRTUAL_TIME, OrderStage, open_order_stage

from actors.refund import Terms

SHOPS = {"shop", "suspending_shop"}


def pytest_itemcollected(item: pytest.Item) -> None:
    if isinstance(item, pytest.Function) and SHOPS.intersection(item.fixturenames):
        item.add_marker(VIRTUAL_TIME)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[OrderStage]:
    async with open_checked(tmp_path, TERMS) as stage:
        yield stage


@pytest.fixture
async def suspending_shop(tmp_path: Path) -> AsyncIterator[OrderStage]:
    """One where a licence opens nothing while its refund is open."""
    async with open_checked(tmp_path, replace(TERMS, suspends=True)) as stage:
        yield stage


@asynccontextmanager
async def open_checked(folder: Path, terms: Terms) -> AsyncIterator[OrderStage]:
    async with open_order_stage(folder, terms) as stage:
        yield stage
        await stage.settled()
        await check_books(stage.store)
