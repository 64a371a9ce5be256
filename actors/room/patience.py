"""Reading again what the store could not give."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from storage import StoreUnavailable

FIRST_PAUSE_S = 0.25
MAX_PAUSE_S = 5.0

T = TypeVar("T")


async def read_in_the_end(read: Callable[..., Awaitable[T]], *args: object) -> T:
    """Give what ``read`` gives, called as often as it takes while the store is out."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await read(*args)
        except StoreUnavailable:
            await trio.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)
