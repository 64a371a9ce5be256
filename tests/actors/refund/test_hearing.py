"""What was said, as an event: a table for each who speaks."""

from dataclasses import replace

import pytest

from actors.ports import (
    LicenceChanged,
    NotKnown,
    PaymentState,
    PspNotice,
    RefundState,
    Refused,
    TransferState,
    Unclear,
)
from actors.refund.events import (
    DisputeHeard,
    LicenceTold,
    PaymentHeard,
    RefundHeard,
    ReversalHeard,
    TransferHeard,
)
from actors.refund.hearing import heard_from_call, heard_from_webhook
from actors.refund.jobs import Job, JobKind
from actors.refund.messages import PspAnswer

NO = Refused("IR_14", "not in this state")
NOBODY = Unclear("timed_out")


def job(kind: JobKind, subject: str) -> Job:
    return Job(kind, subject, 0)


@pytest.mark.parametrize("kind", [JobKind.ASK_PAYMENT, JobKind.EXPIRE_PAYMENT])
@pytest.mark.parametrize("word", ["open", "succeeded", "failed", "cancelled"])
def test_an_answer_about_a_payment(kind: JobKind, word: str) -> None:
    state = PaymentState("pay_1", word, 1000, "EUR", "https://pay", "DECLINED")  # type: ignore[arg-type]  # all of its words
    heard = heard_from_call(job(kind, "pay_1"), state)
    assert heard == PaymentHeard(
        "asked",
        word,  # type: ignore[arg-type]  # as above
        amount=1000,
        currency="EUR",
        pay_url="https://pay",
        code="DECLINED",
        job=f"{kind}:pay_1",
    )


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (NO, PaymentHeard("reply", "refused", code="IR_14", message="not in this state")),
        (NotKnown(), PaymentHeard("reply", "not_known")),
        (NOBODY, PaymentHeard("reply", "unclear", code="timed_out")),
        (
            RefundState("ref_1", "re_1", "succeeded", 1, "EUR"),
            PaymentHeard("reply", "unclear", code="RefundState"),
        ),
    ],
)
def test_the_reply_to_the_making_of_a_payment(answer: PspAnswer, heard: PaymentHeard) -> None:
    create = job(JobKind.CREATE_PAYMENT, "pay_1")
    assert heard_from_call(create, answer) == replace(heard, job="create_payment:pay_1")


@pytest.mark.parametrize(
    ("kind", "source"), [(JobKind.SUBMIT_REFUND, "reply"), (JobKind.ASK_REFUND, "asked")]
)
@pytest.mark.parametrize("word", ["pending", "succeeded", "failed", "review"])
def test_a_word_on_a_refund(kind: JobKind, source: str, word: str) -> None:
    state = RefundState("ref_1", "re_1", word, 1000, "EUR", "CODE")  # type: ignore[arg-type]  # all of its words
    heard = heard_from_call(job(kind, "ref_1"), state)
    assert isinstance(heard, RefundHeard)
    assert (heard.source, heard.word, heard.job) == (source, word, f"{kind}:ref_1")
    assert (heard.refund_id, heard.psp_id) == ("ref_1", "re_1")
    assert (heard.amount, heard.currency, heard.code) == (1000, "EUR", "CODE")


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (NO, RefundHeard("ref_1", "reply", "refused", code="IR_14", message="not in this state")),
        (NotKnown(), RefundHeard("ref_1", "reply", "not_known")),
        (NOBODY, RefundHeard("ref_1", "reply", "unclear", code="timed_out")),
        (
            PaymentState("pay_1", "succeeded", 1, "EUR"),
            RefundHeard("ref_1", "reply", "unclear", code="PaymentState"),
        ),
    ],
)
def test_no_word_on_a_refund(answer: PspAnswer, heard: RefundHeard) -> None:
    submit = job(JobKind.SUBMIT_REFUND, "ref_1")
    assert heard_from_call(submit, answer) == replace(heard, job="submit_refund:ref_1")


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (
            TransferState("trf_1", "tr_1", 975, "EUR"),
            TransferHeard("trf_1", "paid", psp_id="tr_1", amount=975),
        ),
        (NO, TransferHeard("trf_1", "refused", code="IR_14")),
        (NOBODY, TransferHeard("trf_1", "unclear", code="timed_out")),
        (NotKnown(), TransferHeard("trf_1", "unclear", code="NotKnown")),
    ],
)
def test_an_answer_about_a_transfer(answer: PspAnswer, heard: TransferHeard) -> None:
    send = job(JobKind.SEND_TRANSFER, "trf_1")
    assert heard_from_call(send, answer) == replace(heard, job="send_transfer:trf_1")


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (
            TransferState("trf_1", "tr_1", 975, "EUR", reversed_amount=500),
            ReversalHeard("trf_1", "ref_1", "confirmed", 500),
        ),
        (NO, ReversalHeard("trf_1", "ref_1", "refused", code="IR_14")),
        (NOBODY, ReversalHeard("trf_1", "ref_1", "unclear", code="timed_out")),
    ],
)
def test_an_answer_about_a_reversal(answer: PspAnswer, heard: ReversalHeard) -> None:
    reverse = job(JobKind.REVERSE_TRANSFER, "ref_1:trf_1")
    assert heard_from_call(reverse, answer) == replace(heard, job="reverse_transfer:ref_1:trf_1")


@pytest.mark.parametrize("active", [True, False])
def test_the_answer_of_the_stream(active: bool) -> None:
    tell = job(JobKind.TELL_LICENCE, "lic_1")
    told = LicenceChanged("lic_1", "usr_buyer", "str_1", active)
    assert heard_from_call(tell, told) == LicenceTold("lic_1", done=True, active=active)
    assert heard_from_call(tell, NOBODY) == LicenceTold("lic_1", done=False)


REFUND = PspNotice(
    "evt_1",
    "refund",
    "refund_succeeded",
    "succeeded",
    refund_id="ref_1",
    amount=1000,
    currency="EUR",
    error_code="C",
    error_message="M",
)
PAYMENT = replace(REFUND, kind="payment", refund_id="", payment_id="pay_1")
DISPUTE = PspNotice("evt_1", "dispute", "dispute_opened", "opened", dispute_id="dp_1", amount=700)


@pytest.mark.parametrize("word", ["succeeded", "failed", "review"])
def test_a_webhook_about_a_refund(word: str) -> None:
    heard = heard_from_webhook(replace(REFUND, status=word))
    assert isinstance(heard, RefundHeard)
    assert (heard.refund_id, heard.source, heard.word) == ("ref_1", "webhook", word)
    assert (heard.amount, heard.currency) == (1000, "EUR")
    assert (heard.code, heard.message, heard.evidence) == ("C", "M", "evt_1")


@pytest.mark.parametrize("word", ["succeeded", "failed", "cancelled"])
def test_a_webhook_about_a_payment(word: str) -> None:
    heard = heard_from_webhook(replace(PAYMENT, status=word))
    assert isinstance(heard, PaymentHeard)
    assert (heard.source, heard.word, heard.evidence) == ("webhook", word, "evt_1")
    assert (heard.amount, heard.currency) == (1000, "EUR")


@pytest.mark.parametrize("word", ["opened", "won", "lost", "something_new"])
def test_a_webhook_about_a_dispute(word: str) -> None:
    heard = heard_from_webhook(replace(DISPUTE, status=word))
    assert heard == DisputeHeard("dp_1", word, 700, "evt_1")


@pytest.mark.parametrize(
    "notice",
    [
        replace(REFUND, status="pending"),
        replace(REFUND, status="processing"),
        replace(REFUND, status=""),
        replace(REFUND, status="failed", error_code="TIMEOUT"),
        replace(PAYMENT, status="processing"),
        replace(PAYMENT, status="requires_customer_action"),
        replace(DISPUTE, amount=None),
        PspNotice("evt_1", "other", "mandate_active", ""),
    ],
    ids=lambda notice: f"{notice.kind}-{notice.status}-{notice.error_code}",
)
def test_a_webhook_that_changes_nothing(notice: PspNotice) -> None:
    assert heard_from_webhook(notice) is None
