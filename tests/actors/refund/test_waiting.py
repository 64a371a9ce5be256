"""Those who wait for the provider's word, and what each is answered."""

from dataclasses import replace
from typing import Any

import pytest
from support.cases import a_case

from actors.kernel import Reply
from actors.refund import OrderError, RefundOpened
from actors.refund.case import Case, Payment
from actors.refund.payment_machine import PaymentStatus
from actors.refund.refund_machine import RefundStatus
from actors.refund.waiting import Waiting


def refund_is(status: RefundStatus, code: str = "", message: str = "") -> Case:
    case = a_case(refund=1000)
    refund = replace(case.refunds[0], status=status, error_code=code, error_message=message)
    return replace(case, refunds=(refund,))


async def error_of(reply: Reply[Any]) -> OrderError:
    with pytest.raises(OrderError) as error:
        await reply.wait()
    return error.value


@pytest.mark.parametrize(
    "status", [RefundStatus.REQUESTED, RefundStatus.SUBMITTING], ids=lambda each: each.value
)
def test_a_refund_under_way_is_waited_for(status: RefundStatus) -> None:
    waiting, reply = Waiting(), Reply[RefundOpened]()
    waiting.for_refund("ref_1", reply)
    waiting.answer(refund_is(status))
    assert not reply.settled
    assert waiting


@pytest.mark.parametrize(
    "status",
    [status for status in RefundStatus if status not in ("requested", "submitting", "failed")],
    ids=lambda each: each.value,
)
async def test_every_word_but_a_refusal_says_that_it_is_open(status: RefundStatus) -> None:
    waiting, reply = Waiting(), Reply[RefundOpened]()
    waiting.for_refund("ref_1", reply)
    waiting.answer(refund_is(status))
    assert await reply.wait() == RefundOpened("ref_1", 1000, "EUR")
    assert not waiting


async def test_a_refusal_says_why() -> None:
    waiting, reply = Waiting(), Reply[RefundOpened]()
    waiting.for_refund("ref_1", reply)
    waiting.answer(refund_is(RefundStatus.FAILED, "IR_14", "wrong state"))
    error = await error_of(reply)
    assert (error.code, error.message) == ("psp_refused", "wrong state")
    assert error.details == {"psp_code": "IR_14", "refund_id": "ref_1"}


async def test_who_has_waited_long_enough_is_told_that_it_is_open() -> None:
    waiting, reply = Waiting(), Reply[RefundOpened]()
    waiting.for_refund("ref_1", reply)
    waiting.answer_refund("ref_1", refund_is(RefundStatus.SUBMITTING))
    assert await reply.wait() == RefundOpened("ref_1", 1000, "EUR")
    waiting.answer_refund("ref_1", refund_is(RefundStatus.PENDING))  # nobody waits any more


def payment_is(status: PaymentStatus, pay_url: str = "") -> Case:
    return a_case(payment=Payment("pay_1", status, pay_url), paid_at=None)


async def test_who_wants_to_pay_waits_until_it_is_known_where() -> None:
    waiting, first, second = Waiting(), Reply[str](), Reply[str]()
    waiting.for_payment(first)
    waiting.for_payment(second)
    waiting.answer(payment_is(PaymentStatus.NEW))
    assert not first.settled
    waiting.answer(payment_is(PaymentStatus.OPEN, "https://pay"))
    assert await first.wait() == await second.wait() == "https://pay"
    assert not waiting


async def test_who_wants_to_pay_is_told_that_it_is_refused() -> None:
    waiting, reply = Waiting(), Reply[str]()
    waiting.for_payment(reply)
    waiting.answer(payment_is(PaymentStatus.FAILED))
    assert (await error_of(reply)).code == "psp_refused"


async def test_who_wants_to_pay_is_told_that_nobody_answers() -> None:
    waiting, reply = Waiting(), Reply[str]()
    waiting.for_payment(reply)
    waiting.refuse_paying("ord_1")
    error = await error_of(reply)
    assert (error.code, error.details) == ("psp_unavailable", {"order_id": "ord_1"})
    assert not waiting
