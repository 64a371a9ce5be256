from dataclasses import dataclass

import pytest
import trio

from actors.kernel import Ask, Reply


@dataclass(frozen=True, slots=True)
class Question(Ask[int]):
    text: str = ""


async def test_wait_gives_the_answer() -> None:
    reply: Reply[int] = Reply()
    reply.answer(7)
    assert await reply.wait() == 7


async def test_wait_raises_the_refusal() -> None:
    reply: Reply[int] = Reply()
    reply.refuse(LookupError("no such thing"))
    with pytest.raises(LookupError, match="no such thing"):
        await reply.wait()


async def test_a_waiter_is_woken(autojump_clock: trio.abc.Clock) -> None:
    reply: Reply[str] = Reply()

    async def answer_later() -> None:
        await trio.sleep(5)
        reply.answer("late")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer_later)
        assert await reply.wait() == "late"


def test_settling_twice_is_refused() -> None:
    reply: Reply[int] = Reply()
    reply.answer(1)
    with pytest.raises(RuntimeError, match="already been settled"):
        reply.refuse(ValueError())


def test_each_question_has_a_reply_of_its_own() -> None:
    assert Question("a").reply is not Question("a").reply
    assert Question("a") == Question("a")
    assert not Question("a").reply.settled
