"""What each job does in the world, which here is one of memory."""

from dataclasses import dataclass, field, replace

import pytest
from support.cases import a_case
from support.world import DUPLICATE, EXCEEDS, WorldGates, WorldPayouts, WorldPsp

from actors.ports import (
    LicenceChanged,
    NewPayment,
    NotKnown,
    PaymentState,
    RefundState,
    Refused,
    TransferState,
    Unclear,
)
from actors.refund.calls import MAX_DESCRIPTION_CHARS, Calls
from actors.refund.case import Case, Reversal
from actors.refund.jobs import Job, JobKind
from actors.refund.licence_machine import LicenceStatus

ACCOUNT = "acct_1"


@dataclass
class SeeingPsp(WorldPsp):
    """Keeps what it was asked to make."""

    seen: list[NewPayment] = field(default_factory=list)

    async def create_payment(self, payment: NewPayment) -> PaymentState | Refused | Unclear:
        self.seen.append(payment)
        return await super().create_payment(payment)


class World:
    def __init__(self) -> None:
        self.psp = SeeingPsp()
        self.payouts = WorldPayouts()
        self.gates = WorldGates()
        self.calls = Calls(
            self.psp, self.payouts, self.gates, "https://stage.example/orders?order="
        )

    async def make(self, kind: JobKind, subject: str, case: Case, attempts: int = 1) -> object:
        return await self.calls.make(Job(kind, subject, 0, attempts), case, ACCOUNT)

    async def paid(self) -> None:
        """The payment of the case is made, and paid."""
        await self.make(JobKind.CREATE_PAYMENT, "pay_1", a_case(), attempts=0)
        self.psp.pay("pay_1")


@pytest.fixture
def world() -> World:
    return World()


async def test_a_payment_is_made_with_what_the_buyer_sees(world: World) -> None:
    answer = await world.make(JobKind.CREATE_PAYMENT, "pay_1", a_case(), attempts=0)
    assert isinstance(answer, PaymentState)
    assert world.psp.seen == [
        NewPayment(
            payment_id="pay_1",
            order_id="ord_1",
            amount=1000,
            currency="EUR",
            description="A show, A track",
            return_url="https://stage.example/orders?order=ord_1",
        )
    ]


async def test_a_long_title_is_cut(world: World) -> None:
    case = a_case()
    lines = (replace(case.order.lines[0], title="x" * 500),)
    case = replace(case, order=replace(case.order, lines=lines))
    await world.make(JobKind.CREATE_PAYMENT, "pay_1", case, attempts=0)
    assert world.psp.seen[0].description == "x" * MAX_DESCRIPTION_CHARS


async def test_a_payment_that_may_have_been_made_is_asked_for_first(world: World) -> None:
    await world.make(JobKind.CREATE_PAYMENT, "pay_1", a_case(), attempts=0)
    answer = await world.make(JobKind.CREATE_PAYMENT, "pay_1", a_case(), attempts=1)
    assert answer == world.psp.payments["pay_1"]
    assert world.psp.posts["pay_1"] == 1


async def test_a_payment_of_which_nobody_knows_is_made_then(world: World) -> None:
    answer = await world.make(JobKind.CREATE_PAYMENT, "pay_1", a_case(), attempts=1)
    assert isinstance(answer, PaymentState)
    assert world.psp.posts["pay_1"] == 1


async def test_asking_for_a_payment(world: World) -> None:
    assert await world.make(JobKind.ASK_PAYMENT, "pay_1", a_case()) == NotKnown()
    await world.paid()
    answer = await world.make(JobKind.ASK_PAYMENT, "pay_1", a_case())
    assert isinstance(answer, PaymentState)
    assert answer.status == "succeeded"


async def test_a_payment_that_nobody_paid_is_ended(world: World) -> None:
    assert await world.make(JobKind.EXPIRE_PAYMENT, "pay_1", a_case()) == NotKnown()
    await world.make(JobKind.CREATE_PAYMENT, "pay_1", a_case(), attempts=0)
    answer = await world.make(JobKind.EXPIRE_PAYMENT, "pay_1", a_case())
    assert isinstance(answer, PaymentState)
    assert answer.status == world.psp.payments["pay_1"].status == "cancelled"


async def test_a_payment_that_was_paid_is_not_ended(world: World) -> None:
    await world.paid()
    answer = await world.make(JobKind.EXPIRE_PAYMENT, "pay_1", a_case())
    assert isinstance(answer, PaymentState)
    assert answer.status == world.psp.payments["pay_1"].status == "succeeded"


async def test_paid_between_the_look_and_the_end_is_asked_again(world: World) -> None:
    await world.paid()
    paid = world.psp.payments["pay_1"]
    look = world.psp.get_payment

    async def stale(payment_id: str) -> PaymentState | NotKnown | Unclear:
        await look(payment_id)
        return replace(paid, status="open")

    world.psp.get_payment = stale  # type: ignore[method-assign]  # as it was a moment ago
    assert await world.make(JobKind.EXPIRE_PAYMENT, "pay_1", a_case()) == Unclear("IR_16")


async def test_a_refund_is_asked_for_under_our_own_id(world: World) -> None:
    await world.paid()
    answer = await world.make(JobKind.SUBMIT_REFUND, "ref_1", a_case(refund=1000))
    assert answer == RefundState("ref_1", "re_ref_1", "pending", 1000, "EUR")
    assert list(world.psp.refunds) == ["ref_1"]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("refuse", Refused("IR_14", "this payment cannot be refunded")),
        ("lose", Unclear("lost")),
        ("drop", Unclear("no reply")),
        ("timeout", Unclear("TIMEOUT")),
    ],
)
async def test_a_refund_that_does_not_go_well(world: World, fault: str, answer: object) -> None:
    await world.paid()
    world.psp.faults.append(fault)
    case = a_case(refund=1000)
    assert await world.make(JobKind.SUBMIT_REFUND, "ref_1", case) == answer


async def test_a_refund_again_or_of_too_much_is_unclear(world: World) -> None:
    await world.paid()
    await world.make(JobKind.SUBMIT_REFUND, "ref_1", a_case(refund=1000))
    again = await world.make(JobKind.SUBMIT_REFUND, "ref_1", a_case(refund=1000))
    assert again == Unclear(DUPLICATE)
    world.psp.refunds["ref_0"] = replace(world.psp.refunds.pop("ref_1"), refund_id="ref_0")
    too_much = await world.make(JobKind.SUBMIT_REFUND, "ref_1", a_case(refund=1000))
    assert too_much == Unclear(EXCEEDS)


async def test_asking_for_a_refund(world: World) -> None:
    case = a_case(refund=1000)
    assert await world.make(JobKind.ASK_REFUND, "ref_1", case) == NotKnown()
    await world.paid()
    await world.make(JobKind.SUBMIT_REFUND, "ref_1", case)
    assert await world.make(JobKind.ASK_REFUND, "ref_1", case) == world.psp.refunds["ref_1"]
    world.psp.silent = True
    assert await world.make(JobKind.ASK_REFUND, "ref_1", case) == Unclear("silent")


async def test_a_transfer_goes_to_the_sellers_account(world: World) -> None:
    answer = await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case())
    assert answer == TransferState("trf_1", "tr_trf_1", 975, "EUR")


async def test_a_transfer_that_may_have_been_sent_is_asked_for_first(world: World) -> None:
    world.payouts.faults.extend(["drop", "refuse"])
    await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case())
    answer = await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case(), attempts=2)
    assert answer == TransferState("trf_1", "tr_trf_1", 975, "EUR")
    assert list(world.payouts.faults) == ["refuse"], "it was not sent again"


async def test_a_transfer_of_which_nobody_knows_is_sent_then(world: World) -> None:
    world.payouts.faults.append("lose")
    assert await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case()) == Unclear("lost")
    answer = await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case(), attempts=2)
    assert isinstance(answer, TransferState)


def reversing(*reversals: Reversal) -> Case:
    case = a_case(refund=1000)
    return replace(
        case, transfers=(replace(case.transfers[0], psp_id="tr_trf_1", reversals=reversals),)
    )


async def test_a_part_of_a_transfer_is_taken_back_under_a_key_of_its_own(world: World) -> None:
    await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case())
    case = reversing(Reversal("ref_1", 500))
    answer = await world.make(JobKind.REVERSE_TRANSFER, "ref_1:trf_1", case)
    assert isinstance(answer, TransferState)
    assert answer.reversed_amount == 500
    assert world.payouts.reversals == {"rev:ref_1:trf_1": 500}


async def test_a_reversal_that_may_have_been_made_is_looked_for_first(world: World) -> None:
    await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case())
    world.payouts.faults.extend(["drop", "lose"])
    case = reversing(Reversal("ref_0", 200, "confirmed"), Reversal("ref_1", 500))
    world.payouts.reversals["rev:ref_0:trf_1"] = 200
    await world.make(JobKind.REVERSE_TRANSFER, "ref_1:trf_1", case)
    answer = await world.make(JobKind.REVERSE_TRANSFER, "ref_1:trf_1", case, attempts=2)
    assert isinstance(answer, TransferState)
    assert answer.reversed_amount == 500
    assert list(world.payouts.faults) == ["lose"], "it was not asked back again"


async def test_reversals_of_one_transfer_wait_for_each_other(world: World) -> None:
    await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case())
    case = reversing(Reversal("ref_1", 500), Reversal("ref_2", 100))
    answer = await world.make(JobKind.REVERSE_TRANSFER, "ref_2:trf_1", case)
    assert isinstance(answer, Unclear)
    assert world.payouts.reversals == {}


async def test_a_seller_with_nothing_left_gives_nothing_back(world: World) -> None:
    await world.make(JobKind.SEND_TRANSFER, "trf_1", a_case())
    world.payouts.broke = True
    case = reversing(Reversal("ref_1", 975))
    answer = await world.make(JobKind.REVERSE_TRANSFER, "ref_1:trf_1", case)
    assert isinstance(answer, Refused)


@pytest.mark.parametrize("status", LicenceStatus)
async def test_the_stream_is_told_whether_a_licence_opens_it(
    world: World, status: LicenceStatus
) -> None:
    case = a_case()
    case = replace(case, licences=(replace(case.licences[0], status=status), case.licences[1]))
    answer = await world.make(JobKind.TELL_LICENCE, "lic_1", case)
    told = LicenceChanged("lic_1", "usr_buyer", "str_1", status is LicenceStatus.ACTIVE)
    assert answer == told
    assert world.gates.told == [told]


async def test_a_stream_that_does_not_answer_is_told_again(world: World) -> None:
    world.gates.deaf = True
    answer = await world.make(JobKind.TELL_LICENCE, "lic_1", a_case())
    assert answer == Unclear("nobody answers")
