"""What is sent to Stripe Connect, over a real socket, and what each answer becomes."""

import json
from contextlib import aclosing, asynccontextmanager
from urllib.parse import parse_qs

import httpx
import pytest

from actors.ports import NotKnown, Payouts, Refused, TransferState, Unclear
from server.psp import ConnectPayouts, NoPayouts

SENT = {
    "id": "tr_1",
    "object": "transfer",
    "amount": 1200,
    "amount_reversed": 0,
    "currency": "eur",
    "destination": "acct_1",
    "transfer_group": "trf_1",
    "reversed": False,
}
REVERSED = {"id": "trr_1", "amount": 500, "currency": "eur", "transfer": "tr_1"}
STATE = TransferState("trf_1", "tr_1", 1200, "EUR", 0)


def error(kind: str, code: str | None = None) -> dict[str, object]:
    return {"error": {"type": kind, "code": code, "message": "Words."}}


@asynccontextmanager
async def answering(status: int, body: object):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=data))
    async with aclosing(ConnectPayouts("https://connect.example", "key", transport)) as payouts:
        yield payouts


def send(payouts):
    return payouts.send_transfer("trf_1", "acct_1", 1200, "EUR")


def reverse(payouts):
    return payouts.reverse_transfer("rev:ref_1:trf_1", "tr_1", 500)


async def test_both_are_the_port(payouts):
    ports: list[Payouts] = [payouts, NoPayouts()]
    assert len(ports) == 2


async def test_a_transfer_is_sent_keyed_by_our_id(provider, payouts, api_key):
    provider.answers(200, SENT)
    assert await send(payouts) == STATE
    (request,) = provider.requests
    assert (request.method, request.target) == ("POST", "/connect/v1/transfers")
    assert request.headers["authorization"] == f"Bearer {api_key}"
    assert request.headers["idempotency-key"] == "trf_1"
    assert parse_qs(request.body.decode()) == {
        "amount": ["1200"],
        "currency": ["eur"],
        "destination": ["acct_1"],
        "transfer_group": ["trf_1"],
    }


async def test_a_transfer_is_found_by_our_id(provider, payouts):
    provider.answers(200, {"object": "list", "data": [SENT | {"amount_reversed": 700}]})
    assert await payouts.get_transfer("trf_1") == TransferState("trf_1", "tr_1", 1200, "EUR", 700)
    (request,) = provider.requests
    assert request.target == "/connect/v1/transfers?transfer_group=trf_1&limit=2"


async def test_a_reversal_is_keyed_by_its_own_key_and_tells_what_it_moved(provider, payouts):
    provider.answers(200, REVERSED)
    assert await reverse(payouts) == TransferState("", "tr_1", 500, "EUR", 500)
    (request,) = provider.requests
    assert request.target == "/connect/v1/transfers/tr_1/reversals"
    assert request.headers["idempotency-key"] == "rev:ref_1:trf_1"
    assert request.body == b"amount=500"


@pytest.mark.parametrize("call", [send, lambda it: it.get_transfer("trf_1"), reverse])
async def test_no_call_is_sent_twice_or_raises_whatever_comes(
    provider, payouts, autojump_clock, call
):
    provider.sends(b"", then_close=True)
    provider.hangs()
    provider.floods()
    provider.answers(500, error("api_error"))
    provider.answers(200, b"<html>")
    outcomes = [await call(payouts) for _ in range(5)]
    assert outcomes[:4] == [
        Unclear("connection_lost"),
        Unclear("timed_out"),
        Unclear("answer_too_long"),
        Unclear("http_500"),
    ]
    assert isinstance(outcomes[4], Unclear)
    assert len(provider.requests) == 5


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        ([], NotKnown()),
        ([SENT], STATE),
        ([SENT, SENT], Unclear("data: not one transfer")),
        (["tr_1"], Unclear("data: not one transfer")),
        (None, Unclear("data: not a list")),
        ([SENT | {"transfer_group": "trf_2"}], Unclear("transfer_group: of another transfer")),
    ],
)
async def test_what_a_list_says(data, outcome):
    async with answering(200, {"object": "list", "data": data}) as payouts:
        assert await payouts.get_transfer("trf_1") == outcome


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"transfer_group": "trf_2"}, "transfer_group: of another transfer"),
        ({"transfer_group": None}, "transfer_group: of another transfer"),
        ({"id": None}, "id: missing"),
        ({"id": "tr 1"}, "id: not an id of 1 to 128 visible ASCII characters"),
        ({"amount": None}, "amount: missing"),
        ({"amount_reversed": -1}, "amount_reversed: not an amount in minor units"),
        ({"currency": "euro"}, "currency: not three letters"),
    ],
)
async def test_a_transfer_that_contradicts_or_lacks_something_is_unclear(change, reason):
    async with answering(200, SENT | change) as payouts:
        assert await send(payouts) == Unclear(reason)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"transfer": "tr_2"}, "transfer: another one"),
        ({"amount": "500"}, "amount: not an amount in minor units"),
        ({"amount": None}, "amount: missing"),
        ({"currency": None}, "currency: missing"),
    ],
)
async def test_a_reversal_that_contradicts_or_lacks_something_is_unclear(change, reason):
    async with answering(200, REVERSED | change) as payouts:
        assert await reverse(payouts) == Unclear(reason)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, error("invalid_request_error", "balance_insufficient"), "balance_insufficient"),
        (404, error("invalid_request_error", "resource_missing"), "resource_missing"),
        (400, error("invalid_request_error"), "invalid_request_error"),
        (402, error("card_error", "card_declined"), "card_declined"),
    ],
)
async def test_a_definite_no_is_refused_and_to_a_question_unclear(status, body, code):
    async with answering(status, body) as payouts:
        assert await send(payouts) == Refused(code, "Words.")
        assert await reverse(payouts) == Refused(code, "Words.")
        assert await payouts.get_transfer("trf_1") == Unclear(code)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, error("idempotency_error"), "idempotency_error"),
        (409, error("invalid_request_error", "lock_timeout"), "lock_timeout"),
        (429, error("invalid_request_error", "rate_limit"), "rate_limit"),
        (401, error("invalid_request_error"), "invalid_request_error"),
        (403, error("invalid_request_error"), "invalid_request_error"),
        (500, error("invalid_request_error", "resource_missing"), "http_500"),
        (503, b"", "http_503"),
        (400, b"<html>", "http_400"),
        (404, {"error": "no"}, "http_404"),
        (302, {}, "http_302"),
    ],
)
async def test_all_that_is_no_verdict_is_unclear(status, body, reason):
    async with answering(status, body) as payouts:
        assert await send(payouts) == Unclear(reason)
        assert await reverse(payouts) == Unclear(reason)
        assert await payouts.get_transfer("trf_1") == Unclear(reason)


async def test_where_payouts_are_off_nothing_is_sent():
    payouts = NoPayouts()
    for outcome in (await send(payouts), await reverse(payouts)):
        assert isinstance(outcome, Refused)
        assert outcome.code == "payouts_off"
    assert await payouts.get_transfer("trf_1") == NotKnown()
