"""What each answer of Hyperswitch becomes, and what is asked, over a real socket."""

import json
from contextlib import aclosing, asynccontextmanager

import httpx
import pytest

from actors.ports import (
    NewPayment,
    NewRefund,
    NotKnown,
    PaymentState,
    Psp,
    RefundState,
    Refused,
    Unclear,
)
from server.psp import HyperswitchPsp

PAYMENT = NewPayment("pay_1", "ord_1", 1500, "EUR", "Ticket: Night", "https://stage.example/orders")
REFUND = NewRefund("ref_1", "pay_1", 500, "EUR", "cannot come")
PAID = {"payment_id": "pay_1", "status": "succeeded", "amount": 1500, "currency": "EUR"}
OPEN = PAID | {
    "status": "requires_payment_method",
    "payment_link": {"link": "https://psp.example/pay/1", "payment_link_id": "plink_1"},
}
REFUNDED = {
    "refund_id": "ref_1",
    "payment_id": "pay_1",
    "status": "succeeded",
    "amount": 500,
    "currency": "EUR",
}


def error(code: str, message: str = "Words.") -> dict[str, object]:
    return {"error": {"type": "invalid_request", "code": code, "message": message}}


@asynccontextmanager
async def answering(status: int, body: object):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=data))
    async with aclosing(HyperswitchPsp("https://psp.example", "key", transport)) as psp:
        yield psp


async def test_it_is_the_port(psp):
    port: Psp = psp
    assert port is psp


# What is asked


async def test_a_payment_is_made_with_a_page_to_pay_it(provider, psp, api_key):
    provider.answers(200, OPEN)
    assert await psp.create_payment(PAYMENT) == PaymentState(
        "pay_1", "open", 1500, "EUR", "https://psp.example/pay/1"
    )
    (request,) = provider.requests
    assert (request.method, request.target) == ("POST", "/api/payments")
    assert request.headers["api-key"] == api_key
    assert request.json == {
        "payment_id": "pay_1",
        "amount": 1500,
        "currency": "EUR",
        "capture_method": "automatic",
        "description": "Ticket: Night",
        "return_url": "https://stage.example/orders",
        "payment_link": True,
        "metadata": {"order_id": "ord_1"},
    }


async def test_a_refund_is_made_under_our_id(provider, psp):
    provider.answers(200, REFUNDED)
    assert await psp.create_refund(REFUND) == RefundState("ref_1", "ref_1", "succeeded", 500, "EUR")
    (request,) = provider.requests
    assert (request.method, request.target) == ("POST", "/api/refunds")
    assert request.json == {
        "payment_id": "pay_1",
        "refund_id": "ref_1",
        "amount": 500,
        "refund_type": "instant",
        "reason": "cannot come",
    }


async def test_states_are_asked_past_all_caches(provider, psp):
    provider.answers(200, PAID)
    provider.answers(200, REFUNDED)
    assert await psp.get_payment("pay_1") == PaymentState("pay_1", "succeeded", 1500, "EUR")
    assert await psp.get_refund("ref_1") == RefundState("ref_1", "ref_1", "succeeded", 500, "EUR")
    assert [(each.method, each.target) for each in provider.requests] == [
        ("GET", "/api/payments/pay_1?force_sync=true"),
        ("GET", "/api/refunds/ref_1?force_sync=true"),
    ]


async def test_a_payment_is_cancelled(provider, psp):
    provider.answers(200, PAID | {"status": "cancelled"})
    assert await psp.cancel_payment("pay_1") == PaymentState("pay_1", "cancelled", 1500, "EUR")
    (request,) = provider.requests
    assert (request.method, request.target) == ("POST", "/api/payments/pay_1/cancel")


async def test_an_id_stays_one_piece_of_the_path(provider, psp):
    provider.answers(404, error("HE_02", "Refund does not exist in our records."))
    await psp.get_refund("../payments/pay_1?x=#")
    (request,) = provider.requests
    assert request.target == "/api/refunds/..%2Fpayments%2Fpay_1%3Fx%3D%23?force_sync=true"


async def test_long_texts_are_cut_to_what_the_provider_takes(provider, psp):
    provider.answers(200, REFUNDED)
    await psp.create_refund(NewRefund("ref_1", "pay_1", 500, "EUR", "x" * 1000))
    assert provider.requests[0].json["reason"] == "x" * 255


@pytest.mark.parametrize(
    "call",
    [
        lambda psp: psp.create_payment(PAYMENT),
        lambda psp: psp.get_payment("pay_1"),
        lambda psp: psp.cancel_payment("pay_1"),
        lambda psp: psp.create_refund(REFUND),
        lambda psp: psp.get_refund("ref_1"),
    ],
)
async def test_no_call_is_sent_twice_or_raises_whatever_comes(provider, psp, autojump_clock, call):
    provider.sends(b"", then_close=True)
    provider.hangs()
    provider.floods()
    provider.answers(200, b"<html>")
    provider.answers(503, error("HE_00"))
    provider.answers(302, {}, "Location: /")
    outcomes = [await call(psp) for _ in range(6)]
    assert all(isinstance(each, Unclear) for each in outcomes)
    assert [each.reason for each in outcomes[:3]] == [
        "connection_lost",
        "timed_out",
        "answer_too_long",
    ]
    assert [each.reason for each in outcomes[4:]] == ["http_503", "http_302"]
    assert len(provider.requests) == 6


# What the answers mean


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("requires_payment_method", "open"),
        ("requires_confirmation", "open"),
        ("requires_customer_action", "open"),
        ("requires_merchant_action", "open"),
        ("requires_capture", "open"),
        ("processing", "open"),
        ("review", "open"),
        ("partially_authorized_and_requires_capture", "open"),
        ("partially_captured_and_capturable", "open"),
        ("partially_captured_and_processing", "open"),
        ("succeeded", "succeeded"),
        ("partially_captured", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("cancelled_post_capture", "cancelled"),
        ("expired", "cancelled"),
    ],
)
async def test_each_status_of_a_payment(said, status):
    async with answering(200, OPEN | {"status": said, "error_code": "E"}) as psp:
        expected = PaymentState("pay_1", status, 1500, "EUR", "https://psp.example/pay/1", "E")
        assert await psp.get_payment("pay_1") == expected
        assert await psp.create_payment(PAYMENT) == expected
        assert await psp.cancel_payment("pay_1") == expected


@pytest.mark.parametrize(
    ("members", "amount"),
    [
        ({"amount_received": 1400}, 1400),
        ({"amount_received": None}, 1500),
        ({"amount_received": 700, "status": "partially_captured"}, 700),
        ({"amount_received": 0, "status": "processing"}, 1500),
    ],
)
async def test_the_amount_is_what_was_captured(members, amount):
    async with answering(200, PAID | members) as psp:
        state = await psp.get_payment("pay_1")
    assert isinstance(state, PaymentState)
    assert state.amount == amount


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payment_id": "pay_2"}, "payment_id: of another payment"),
        ({"payment_id": None}, "payment_id: missing"),
        ({"status": "conflicted"}, "status: conflicted"),
        ({"status": "brand_new"}, "status: brand_new"),
        ({"status": None}, "status: missing"),
        ({"status": 3}, "status: not a string"),
        ({"amount": None}, "amount: missing"),
        ({"amount": "1500"}, "amount: not an amount in minor units"),
        ({"amount_received": 1.5}, "amount_received: not an amount in minor units"),
        ({"currency": None}, "currency: missing"),
        ({"payment_link": "https://x.example"}, "payment_link: not an object"),
        ({"payment_link": {"link": "javascript:alert(1)"}}, "link: not a web address"),
        ({"payment_link": {"link": "https://x.example/ y"}}, "link: not a web address"),
    ],
)
async def test_a_payment_that_contradicts_or_lacks_something_is_unclear(change, reason):
    async with answering(200, PAID | change) as psp:
        assert await psp.get_payment("pay_1") == Unclear(reason)
        assert await psp.create_payment(PAYMENT) == Unclear(reason)
        assert await psp.cancel_payment("pay_1") == Unclear(reason)


async def test_an_open_payment_that_nobody_can_pay_is_unclear():
    async with answering(200, OPEN | {"payment_link": None}) as psp:
        assert await psp.create_payment(PAYMENT) == Unclear("payment_link: missing")
        assert await psp.get_payment("pay_1") == PaymentState("pay_1", "open", 1500, "EUR")


@pytest.mark.parametrize("status", ["pending", "succeeded", "failed", "review"])
async def test_each_status_of_a_refund(status):
    async with answering(200, REFUNDED | {"status": status, "error_code": "E"}) as psp:
        expected = RefundState("ref_1", "ref_1", status, 500, "EUR", "E")
        assert await psp.create_refund(REFUND) == expected
        assert await psp.get_refund("ref_1") == expected


async def test_a_failure_that_is_a_time_out_of_the_processor_is_unclear():
    async with answering(200, REFUNDED | {"status": "failed", "error_code": "TIMEOUT"}) as psp:
        assert await psp.create_refund(REFUND) == Unclear("TIMEOUT")
        assert await psp.get_refund("ref_1") == Unclear("TIMEOUT")


async def test_another_amount_is_told_for_the_caller_to_see():
    async with answering(200, REFUNDED | {"amount": 501, "currency": "USD"}) as psp:
        expected = RefundState("ref_1", "ref_1", "succeeded", 501, "USD")
        assert await psp.create_refund(REFUND) == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"refund_id": "ref_2"}, "refund_id: of another refund"),
        ({"refund_id": None}, "refund_id: missing"),
        ({"status": "manual_review"}, "status: manual_review"),
        ({"status": None}, "status: missing"),
        ({"amount": True}, "amount: not an amount in minor units"),
        ({"amount": None}, "amount: missing"),
        ({"currency": "E"}, "currency: not three letters"),
    ],
)
async def test_a_refund_that_contradicts_or_lacks_something_is_unclear(change, reason):
    async with answering(200, REFUNDED | change) as psp:
        assert await psp.create_refund(REFUND) == Unclear(reason)
        assert await psp.get_refund("ref_1") == Unclear(reason)


@pytest.mark.parametrize("payment_id", ["pay_2", None])
async def test_a_refund_of_another_payment_is_unclear(payment_id):
    async with answering(200, REFUNDED | {"payment_id": payment_id}) as psp:
        assert await psp.create_refund(REFUND) == Unclear("payment_id: of another payment")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "IR_04"),
        (422, "IR_05"),
        (422, "IR_06"),
        (400, "IR_12"),
        (400, "IR_14"),
        (400, "IR_16"),
        (400, "HE_03"),
        (404, "HE_04"),
    ],
)
async def test_a_definite_no_is_refused_and_to_a_question_unclear(status, code):
    async with answering(status, error(code)) as psp:
        assert await psp.create_payment(PAYMENT) == Refused(code, "Words.")
        assert await psp.cancel_payment("pay_1") == Refused(code, "Words.")
        assert await psp.create_refund(REFUND) == Refused(code, "Words.")
        assert await psp.get_payment("pay_1") == Unclear(code)
        assert await psp.get_refund("ref_1") == Unclear(code)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, error("HE_01"), "HE_01"),
        (400, error("IR_13"), "IR_13"),
        (400, error("CE_06"), "CE_06"),
        (402, error("CE_00"), "CE_00"),
        (422, error("HE_00"), "HE_00"),
        (401, error("IR_01"), "IR_01"),
        (403, error("IR_22"), "IR_22"),
        (409, error("IR_16"), "IR_16"),
        (429, error("IR_16"), "IR_16"),
        (429, b"slow down", "http_429"),
        (400, b"<html>", "http_400"),
        (404, {}, "http_404"),
        (400, {"error": "IR_12"}, "http_400"),
        (400, {"error": {"code": 12}}, "http_400"),
        (400, {"error": {"message": "Words."}}, "http_400"),
        (500, error("IR_14"), "http_500"),
        (502, b"", "http_502"),
        (504, error("HE_02", "Refund does not exist in our records."), "http_504"),
        (200, b"", "refund_id: missing"),
        (202, b"<html>", "refund_id: missing"),
    ],
)
async def test_all_that_is_no_verdict_is_unclear(status, body, reason):
    async with answering(status, body) as psp:
        asked, found = await psp.create_refund(REFUND), await psp.get_refund("ref_1")
    assert isinstance(asked, Unclear)
    assert found == Unclear(reason)
    assert asked == found or status < 300


async def test_only_the_object_asked_for_is_not_known():
    async with answering(404, error("HE_02", "Refund does not exist in our records.")) as psp:
        assert await psp.get_refund("ref_1") == NotKnown()
        assert await psp.get_payment("pay_1") == Unclear("HE_02")
    async with answering(404, error("HE_02", "Payment does not exist in our records")) as psp:
        assert await psp.get_payment("pay_1") == NotKnown()
        assert await psp.cancel_payment("pay_1") == NotKnown()
        assert await psp.get_refund("ref_1") == Unclear("HE_02")
        assert await psp.create_refund(REFUND) == Refused(
            "HE_02", "Payment does not exist in our records"
        )
    merchant = error("HE_02", "Merchant account does not exist in our records")
    async with answering(404, merchant) as psp:
        assert await psp.get_refund("ref_1") == Unclear("HE_02")
        assert await psp.get_payment("pay_1") == Unclear("HE_02")


# A payment's refunds


async def test_a_list_of_refunds():
    mine = RefundState("ref_1", "ref_1", "succeeded", 500, "EUR")
    async with answering(200, {"count": 1, "data": [REFUNDED]}) as psp:
        assert await psp.refunds_of("pay_1") == (mine,)
    async with answering(404, error("HE_02", "Refund does not exist in our records.")) as psp:
        assert await psp.refunds_of("pay_1") == ()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, {}, "http_500"),
        (200, {"data": "none"}, "data: not a list"),
        (200, {"data": [REFUNDED | {"payment_id": "pay_2"}]}, "payment_id: of another payment"),
        (200, {"data": ["ref_1"]}, "payment_id: of another payment"),
        (200, {"data": [REFUNDED | {"status": "new"}]}, "status: new"),
    ],
)
async def test_a_list_that_says_nothing(status, body, reason):
    async with answering(status, body) as psp:
        assert await psp.refunds_of("pay_1") == Unclear(reason)
