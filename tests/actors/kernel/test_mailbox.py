import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from actors.kernel import ActorStopped, MailboxFull
from actors.kernel.mailbox import Mailbox


async def test_messages_keep_their_order() -> None:
    mailbox: Mailbox[int] = Mailbox("box", 8)
    for number in range(5):
        mailbox.put_nowait(number)
    assert [await mailbox.get() for _ in range(5)] == [0, 1, 2, 3, 4]
    assert mailbox.get_nowait() is None


async def test_a_full_mailbox_refuses_or_holds_the_sender_back(
    autojump_clock: trio.abc.Clock,
) -> None:
    mailbox: Mailbox[int] = Mailbox("box", 1)
    mailbox.put_nowait(1)
    with pytest.raises(MailboxFull):
        mailbox.put_nowait(2)
    with trio.move_on_after(1) as scope:
        await mailbox.put(2)
    assert scope.cancelled_caught
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mailbox.put, 3)
        await trio.testing.wait_all_tasks_blocked()
        assert mailbox.statistics(0).blocked_senders == 1
        assert [await mailbox.get(), await mailbox.get()] == [1, 3]


async def test_close_hands_back_what_was_queued_and_refuses_the_rest() -> None:
    mailbox: Mailbox[int] = Mailbox("box", 2)
    mailbox.put_nowait(1)
    mailbox.put_nowait(2)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mailbox.put, 3)
        await trio.testing.wait_all_tasks_blocked()
        assert mailbox.close() == [1, 2, 3]
    with pytest.raises(ActorStopped):
        mailbox.put_nowait(4)
    with pytest.raises(ActorStopped):
        await mailbox.put(4)


async def test_statistics() -> None:
    mailbox: Mailbox[int] = Mailbox("box", 4)
    for number in range(3):
        mailbox.put_nowait(number)
    await mailbox.get()
    measured = mailbox.statistics(restarts=1)
    assert (measured.name, measured.depth, measured.capacity) == ("box", 2, 4)
    assert (measured.max_depth, measured.received, measured.restarts) == (3, 1, 1)


async def test_a_mailbox_holds_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Mailbox("box", 0)


@given(st.lists(st.sampled_from(["put", "get"]), max_size=60), st.integers(1, 5))
def test_any_schedule_is_a_bounded_queue(schedule: list[str], capacity: int) -> None:
    async def play() -> None:
        mailbox: Mailbox[int] = Mailbox("box", capacity)
        model: list[int] = []
        for number, step in enumerate(schedule):
            if step == "get":
                expected = model.pop(0) if model else None
                assert mailbox.get_nowait() == expected
            elif len(model) < capacity:
                mailbox.put_nowait(number)
                model.append(number)
            else:
                with pytest.raises(MailboxFull):
                    mailbox.put_nowait(number)
            assert mailbox.statistics(0).depth == len(model)
        assert mailbox.close() == model

    trio.run(play)
