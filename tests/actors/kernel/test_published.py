import trio

from actors.kernel import Published


async def test_value_is_the_newest() -> None:
    published = Published(1)
    published.publish(2)
    assert (published.value, published.version) == (2, 1)


async def test_wait_newer_returns_at_once_for_an_old_version() -> None:
    published = Published("a")
    published.publish("b")
    assert await published.wait_newer(0) == "b"


async def test_all_waiters_are_woken_and_see_the_newest(autojump_clock: trio.abc.Clock) -> None:
    published = Published(0)
    seen: list[int] = []

    async def wait() -> None:
        seen.append(await published.wait_newer(published.version))

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        published.publish(1)
        published.publish(2)
    assert seen == [2, 2, 2]


async def test_a_waiter_that_is_cancelled_leaves_nothing_behind(
    autojump_clock: trio.abc.Clock,
) -> None:
    published = Published(0)
    with trio.move_on_after(1) as scope:
        await published.wait_newer(0)
    assert scope.cancelled_caught
    published.publish(1)
    assert await published.wait_newer(0) == 1
