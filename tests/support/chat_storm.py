"""Many users who talk at once in a room, over real sockets."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager

import trio

from actors.ids import new_id
from actors.services import AccessTokens, Principal
from server.clock import SystemClock
from server.secrets import Secrets
from support.chat import ChatClient, connected

USER_MESSAGES = 16
"""That one user may say at once, and have some left."""


def tokens_of(secret: str, count: int) -> list[str]:
    """Give tokens of as many users, with a name each, of a server with this secret."""
    tokens = AccessTokens(Secrets(secret.encode()).token_signing, SystemClock())
    return [tokens.issue(Principal(new_id("usr"), f"Fan {i}", admin=False)) for i in range(count)]


async def storm(http: str, room: str, tokens: Sequence[str], rate_per_s: float, count: int) -> None:
    """Say ``count`` messages, at a rate, by users in turn."""
    async with AsyncExitStack() as stack:
        users = [await stack.enter_async_context(connected(http, token)) for token in tokens]
        async with trio.open_nursery() as nursery:
            begun = trio.current_time()
            for i in range(count):
                await trio.sleep_until(begun + i / rate_per_s)
                nursery.start_soon(_say, users[i % len(users)], room, f"storm {i}")


async def _say(user: ChatClient, room: str, content: str) -> None:
    await user.do("send", room=room, content=content)


@contextmanager
def storming(
    http: str, room: str, tokens: Sequence[str], rate_per_s: float, count: int
) -> Iterator[None]:
    """Have a storm beside what a test does with a browser, which waits for its end."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            trio.run(storm, http, room, tokens, rate_per_s, count)
        except BaseException as error:  # noqa: BLE001 - it is raised by the test, below
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failures:
        raise failures[0]
