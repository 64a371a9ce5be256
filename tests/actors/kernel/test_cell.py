"""The life of one actor: questions, crashes, restarts, idleness and the end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
import trio

from actors.kernel import (
    Actor,
    ActorCrashed,
    ActorStopped,
    Ask,
    AskTimeout,
    Reply,
    Supervisor,
)


@dataclass(frozen=True, slots=True)
class Add(Ask[int]):
    number: int


@dataclass(frozen=True, slots=True)
class Park(Ask[str]):
    """Answered only when the actor is released."""


@dataclass(frozen=True, slots=True)
class Release:
    pass


@dataclass(frozen=True, slots=True)
class Crash(Ask[None]):
    pass


@dataclass(frozen=True, slots=True)
class Spawn:
    work: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Later:
    delay_s: float
    message: Release


Message = Add | Park | Release | Crash | Spawn | Later


class Adder(Actor[Message]):
    def __init__(self, lives: list["Adder"], *, answer_at_stop: bool = False) -> None:
        lives.append(self)
        self.total = 0
        self.parked: list[Reply[str]] = []
        self.busy = False
        self.said_goodbye = False
        self.answer_at_stop = answer_at_stop

    async def receive(self, message: Message) -> None:
        match message:
            case Add():
                self.total += message.number
                message.reply.answer(self.total)
            case Park():
                self.parked.append(message.reply)
            case Release():
                self.release()
            case Crash():
                raise RuntimeError("planted")
            case Spawn():
                self.context.spawn(message.work)
            case Later():
                self.context.after(message.delay_s, message.message)

    def release(self) -> None:
        for reply in self.parked:
            reply.answer("released")
        self.parked.clear()

    async def stopped(self) -> None:
        self.said_goodbye = True
        if self.answer_at_stop:
            self.release()

    def idle(self) -> bool:
        return not self.busy


@pytest.fixture
def lives() -> list[Adder]:
    return []


async def test_ask_answers_in_order(supervisor: Supervisor, lives: list[Adder]) -> None:
    ref = supervisor.spawn("adder", lambda: Adder(lives)).ref
    assert [await ref.ask(Add(n)) for n in (1, 2, 3)] == [1, 3, 6]


async def test_ask_times_out(
    supervisor: Supervisor, lives: list[Adder], autojump_clock: trio.abc.Clock
) -> None:
    ref = supervisor.spawn("adder", lambda: Adder(lives)).ref
    with pytest.raises(AskTimeout, match="adder did not answer within 2 s"):
        await ref.ask(Park(), timeout_s=2)
    assert await ref.ask(Add(1)) == 1


async def test_a_crash_refuses_what_is_open_and_starts_anew(
    supervisor: Supervisor, lives: list[Adder]
) -> None:
    ref = supervisor.spawn("adder", lambda: Adder(lives)).ref
    await ref.ask(Add(5))
    park, crash, queued = Park(), Crash(), Add(1)
    for message in (park, crash, queued):
        ref.tell_nowait(message)
    with pytest.raises(ActorCrashed):
        await park.reply.wait()
    with pytest.raises(ActorCrashed):
        await crash.reply.wait()
    # What was queued behind the crash is done by the next life, from a fresh state.
    assert await queued.reply.wait() == 1
    assert len(lives) == 2
    assert not lives[0].said_goodbye


async def test_a_crash_of_a_child_task_is_a_crash(
    supervisor: Supervisor, lives: list[Adder]
) -> None:
    ref = supervisor.spawn("adder", lambda: Adder(lives)).ref
    park = Park()
    ref.tell_nowait(park)

    async def fail() -> None:
        raise RuntimeError("planted in a child")

    ref.tell_nowait(Spawn(fail))
    with pytest.raises(ActorCrashed):
        await park.reply.wait()
    assert await ref.ask(Add(1)) == 1


async def test_a_crash_takes_nothing_else_with_it(supervisor: Supervisor) -> None:
    ours: list[Adder] = []
    theirs: list[Adder] = []
    mine = supervisor.spawn("mine", lambda: Adder(ours)).ref
    other = supervisor.spawn("other", lambda: Adder(theirs)).ref
    await other.ask(Add(41))
    with pytest.raises(ActorCrashed):
        await mine.ask(Crash())
    assert await other.ask(Add(1)) == 42
    assert len(theirs) == 1


async def test_the_restart_budget_ends_a_hopeless_actor(
    supervisor: Supervisor, lives: list[Adder]
) -> None:
    cell = supervisor.spawn("adder", lambda: Adder(lives))
    for _ in range(3):
        with pytest.raises(ActorCrashed):
            await cell.ref.ask(Crash())
    await cell.finished.wait()
    assert len(lives) == 3
    with pytest.raises(ActorStopped):
        await cell.ref.ask(Add(1))


async def test_old_crashes_are_forgiven(
    supervisor: Supervisor, lives: list[Adder], autojump_clock: trio.abc.Clock
) -> None:
    ref = supervisor.spawn("adder", lambda: Adder(lives)).ref
    for _ in range(6):
        with pytest.raises(ActorCrashed):
            await ref.ask(Crash())
        await trio.sleep(31)
    assert await ref.ask(Add(2)) == 2


async def test_a_factory_that_fails_spends_the_budget(supervisor: Supervisor) -> None:
    def broken() -> Adder:
        raise OSError("the store is gone")

    cell = supervisor.spawn("adder", broken)
    question = Add(1)
    cell.ref.tell_nowait(question)
    await cell.finished.wait()
    with pytest.raises(ActorCrashed, match="crashed too often"):
        await question.reply.wait()


async def test_stop_refuses_the_queued_and_answers_the_parked(
    supervisor: Supervisor, lives: list[Adder]
) -> None:
    cell = supervisor.spawn("adder", lambda: Adder(lives, answer_at_stop=True))
    park = Park()
    await cell.ref.tell(park)
    await trio.testing.wait_all_tasks_blocked()
    taken, queued = Add(1), Add(1)
    cell.ref.tell_nowait(taken)  # goes straight to the waiting actor
    cell.ref.tell_nowait(queued)
    cell.stop()
    await cell.finished.wait()
    assert await park.reply.wait() == "released"
    assert await taken.reply.wait() == 1
    with pytest.raises(ActorStopped):
        await queued.reply.wait()
    assert lives[0].said_goodbye


async def test_stop_refuses_what_stays_parked(supervisor: Supervisor, lives: list[Adder]) -> None:
    cell = supervisor.spawn("adder", lambda: Adder(lives))
    park = Park()
    await cell.ref.tell(park)
    await trio.testing.wait_all_tasks_blocked()
    cell.stop()
    with pytest.raises(ActorStopped):
        await park.reply.wait()


async def test_last_words_have_a_deadline(
    supervisor: Supervisor, autojump_clock: trio.abc.Clock
) -> None:
    class Talkative(Actor[Message]):
        async def receive(self, message: Message) -> None:
            raise AssertionError("nothing is sent to it")

        async def stopped(self) -> None:
            await trio.sleep_forever()

    cell = supervisor.spawn("talkative", Talkative)
    await trio.testing.wait_all_tasks_blocked()
    cell.stop()
    await cell.finished.wait()


async def test_an_idle_actor_stops_and_a_busy_one_does_not(
    supervisor: Supervisor, lives: list[Adder], autojump_clock: trio.abc.Clock
) -> None:
    cell = supervisor.spawn("adder", lambda: Adder(lives), idle_s=10)
    await cell.ref.ask(Add(1))
    lives[0].busy = True
    await trio.sleep(100)
    assert not cell.ref.stopped
    lives[0].busy = False
    await trio.sleep(11)
    assert cell.ref.stopped
    assert lives[0].said_goodbye


async def test_a_message_sent_as_the_idle_time_ends_is_not_lost(
    supervisor: Supervisor, lives: list[Adder], autojump_clock: trio.abc.Clock
) -> None:
    cell = supervisor.spawn("adder", lambda: Adder(lives), idle_s=10)
    await cell.ref.ask(Add(0))
    question = Add(3)

    # Wakes in the same scheduler pass in which the actor's time runs out, in either order.
    await trio.sleep(10)
    try:
        cell.ref.tell_nowait(question)
    except ActorStopped:
        assert cell.ref.stopped
    else:
        assert await question.reply.wait() == 3


async def test_child_tasks_and_timers_die_with_the_actor(
    supervisor: Supervisor, lives: list[Adder], autojump_clock: trio.abc.Clock
) -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.append("child")

    cell = supervisor.spawn("adder", lambda: Adder(lives))
    await cell.ref.tell(Spawn(work))
    await cell.ref.tell(Later(1000, Release()))
    await trio.testing.wait_all_tasks_blocked()
    cell.stop()
    await cell.finished.wait()
    assert ended == ["child"]


async def test_after_tells_in_time(
    supervisor: Supervisor, lives: list[Adder], autojump_clock: trio.abc.Clock
) -> None:
    ref = supervisor.spawn("adder", lambda: Adder(lives)).ref
    park = Park()
    await ref.tell(park)
    await ref.tell(Later(30, Release()))
    start = trio.current_time()
    assert await park.reply.wait() == "released"
    assert trio.current_time() - start == pytest.approx(30)


async def test_a_child_that_reports_to_a_closed_mailbox_is_no_crash(
    supervisor: Supervisor, lives: list[Adder], autojump_clock: trio.abc.Clock
) -> None:
    release = trio.Event()
    cell = supervisor.spawn("adder", lambda: SlowGoodbye(lives, release))

    async def report() -> None:
        await release.wait()
        await cell.ref.tell(Release())

    await cell.ref.tell(Spawn(report))
    await trio.testing.wait_all_tasks_blocked()
    cell.stop()
    await cell.finished.wait()
    assert lives[0].said_goodbye


class SlowGoodbye(Adder):
    def __init__(self, lives: list[Adder], release: trio.Event) -> None:
        super().__init__(lives)
        self._release = release

    async def stopped(self) -> None:
        self._release.set()
        await trio.sleep(1)
        self.said_goodbye = True
