"""The directory, and the properties that all of the kernel rests on."""

from dataclasses import dataclass

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.kernel import (
    Actor,
    ActorStopped,
    Ask,
    Directory,
    RestartBudget,
    Supervisor,
    TooManyActors,
)


@dataclass(frozen=True, slots=True)
class Count(Ask[tuple[int, int]]):
    """Answers which life this is, and how many were counted in it."""


@dataclass(frozen=True, slots=True)
class Fail(Ask[None]):
    pass


class Counter(Actor[Count | Fail]):
    def __init__(self, key: str, alive: dict[str, int], lives: dict[str, int]) -> None:
        self.key = key
        self.alive = alive
        self.count = 0
        lives[key] = self.life = lives.get(key, 0) + 1

    async def started(self) -> None:
        self.alive[self.key] = self.alive.get(self.key, 0) + 1
        assert self.alive[self.key] == 1, "two actors of one key"
        await trio.sleep(0.01)

    async def receive(self, message: Count | Fail) -> None:
        if isinstance(message, Fail):
            self.alive[self.key] -= 1
            raise RuntimeError("planted")
        self.count += 1
        message.reply.answer((self.life, self.count))

    async def stopped(self) -> None:
        await trio.sleep(0.5)
        self.alive[self.key] -= 1


def counters(supervisor: Supervisor, **bounds: float) -> Directory[Count | Fail]:
    alive: dict[str, int] = {}
    lives: dict[str, int] = {}
    return Directory(
        supervisor,
        "counter",
        lambda key: Counter(key, alive, lives),
        **bounds,  # type: ignore[arg-type]  # one dict of bounds for two parameters
    )


async def test_get_or_start_gives_the_same_actor(
    supervisor: Supervisor, autojump_clock: trio.abc.Clock
) -> None:
    directory = counters(supervisor)
    assert directory.get("a") is None
    ref = await directory.get_or_start("a")
    assert await directory.get_or_start("a") is ref
    assert directory.get("a") is ref
    assert await directory.ask("a", Count()) == (1, 1)
    assert await directory.ask("a", Count()) == (1, 2)
    assert len(directory) == 1


async def test_a_successor_waits_for_the_last_words(
    supervisor: Supervisor, autojump_clock: trio.abc.Clock
) -> None:
    directory = counters(supervisor, idle_s=10.0)
    await directory.ask("a", Count())
    await trio.sleep(10.2)
    assert directory.get("a") is None
    # It is still saying goodbye; the next one starts after it, never beside it.
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(directory.ask, "a", Count())
    assert await directory.ask("a", Count()) == (2, 4)


async def test_a_directory_is_bounded(
    supervisor: Supervisor, autojump_clock: trio.abc.Clock
) -> None:
    directory = counters(supervisor, max_actors=2, idle_s=10.0)
    await directory.ask("a", Count())
    await directory.ask("b", Count())
    with pytest.raises(TooManyActors):
        await directory.ask("c", Count())
    await trio.sleep(20)
    assert await directory.ask("c", Count()) == (1, 1)


async def test_a_stopped_supervisor_starts_nothing(autojump_clock: trio.abc.Clock) -> None:
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(nursery)
        directory = counters(supervisor)
        await directory.ask("a", Count())
        await supervisor.stop()
    with pytest.raises(ActorStopped):
        await directory.get_or_start("a")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["count", "fail", "wait"]),
        st.sampled_from("ab"),
        st.floats(0, 15),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_every_question_ends_and_one_actor_owns_a_key(
    schedule: list[tuple[str, str, float]],
) -> None:
    """Whatever crashes, idles and stops in between: no question hangs, no key has two owners."""
    outcomes: list[str] = []

    async def ask(directory: Directory[Count | Fail], key: str, question: Count | Fail) -> None:
        try:
            await directory.ask(key, question)
            outcomes.append("answered")
        except ActorStopped:
            outcomes.append("stopped")

    async def play() -> None:
        async with trio.open_nursery() as actors:
            supervisor = Supervisor(actors, RestartBudget(restarts=2, window_s=5))
            directory = counters(supervisor, idle_s=8.0)
            with trio.fail_after(10_000):
                async with trio.open_nursery() as askers:
                    for step, key, delay_s in schedule:
                        if step == "wait":
                            await trio.sleep(delay_s)
                        else:
                            question = Count() if step == "count" else Fail()
                            askers.start_soon(ask, directory, key, question)
            await supervisor.stop()

    trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))
    assert len(outcomes) == sum(step != "wait" for step, _, _ in schedule)
