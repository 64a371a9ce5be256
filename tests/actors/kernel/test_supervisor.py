import pytest
import trio

from actors.kernel import Actor, ActorStopped, Ask, Supervisor


class Echo(Actor[Ask[str]]):
    def __init__(self, goodbyes: list[str], name: str) -> None:
        self.goodbyes = goodbyes
        self.name = name

    async def receive(self, message: Ask[str]) -> None:
        message.reply.answer(self.name)

    async def stopped(self) -> None:
        await trio.sleep(1)
        self.goodbyes.append(self.name)


async def test_stop_ends_all_side_by_side(autojump_clock: trio.abc.Clock) -> None:
    goodbyes: list[str] = []
    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(nursery)
        for name in "abc":
            supervisor.spawn(name, lambda name=name: Echo(goodbyes, name))
        await trio.testing.wait_all_tasks_blocked()
        start = trio.current_time()
        await supervisor.stop()
        assert trio.current_time() - start == pytest.approx(1)
    assert sorted(goodbyes) == ["a", "b", "c"]
    with pytest.raises(ActorStopped):
        supervisor.spawn("late", lambda: Echo(goodbyes, "late"))


async def test_stop_cancels_an_actor_that_never_ends(autojump_clock: trio.abc.Clock) -> None:
    class Stuck(Actor[Ask[str]]):
        async def receive(self, message: Ask[str]) -> None:
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        supervisor = Supervisor(nursery)
        question: Ask[str] = Ask()
        supervisor.spawn("stuck", Stuck).ref.tell_nowait(question)
        await trio.testing.wait_all_tasks_blocked()
        await supervisor.stop(timeout_s=3)
    with pytest.raises(ActorStopped):
        await question.reply.wait()


async def test_statistics_of_every_mailbox(
    supervisor: Supervisor, autojump_clock: trio.abc.Clock
) -> None:
    goodbyes: list[str] = []
    refs = [
        supervisor.spawn(name, lambda name=name: Echo(goodbyes, name)).ref for name in ("b", "a")
    ]
    await refs[0].ask(Ask())
    measured = supervisor.statistics()
    assert [each.name for each in measured] == ["a", "b"]
    assert [each.received for each in measured] == [0, 1]
