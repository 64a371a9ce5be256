"""Whatever a provider answers, each call of both clients returns a value of its port."""

import json
from contextlib import aclosing

import httpx
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ports import (
    NewPayment,
    NewRefund,
    NotKnown,
    PaymentState,
    RefundState,
    Refused,
    TransferState,
    Unclear,
)
from server.psp import ConnectPayouts, HyperswitchPsp

PAYMENT = NewPayment("pay_1", "ord_1", 1500, "EUR", "Ticket", "https://stage.example/orders")
REFUND = NewRefund("ref_1", "pay_1", 500, "EUR", "")
IDS = {"refund_id": "ref_1", "payment_id": "pay_1", "transfer_group": "trf_1", "transfer": "tr_1"}

NAMES = st.sampled_from(
    [
        *IDS,
        "id",
        "status",
        "amount",
        "amount_received",
        "amount_reversed",
        "currency",
        "error",
        "error_code",
        "code",
        "type",
        "message",
        "payment_link",
        "link",
        "data",
    ]
)
WORDS = st.sampled_from(
    ["succeeded", "failed", "TIMEOUT", "EUR", "HE_02", "IR_13", "card_error", "https://x.example"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | WORDS,
    lambda inner: st.dictionaries(NAMES, inner, max_size=6) | st.lists(inner, max_size=2),
    max_leaves=12,
)
BODIES = st.dictionaries(NAMES, VALUES).map(lambda members: json.dumps(IDS | members).encode())
STATUSES = st.sampled_from([200, 201, 204, 302, 400, 402, 404, 409, 422, 429, 500, 503])


@settings(max_examples=150, deadline=None)
@given(STATUSES, BODIES | st.binary(max_size=50))
def test_any_answer_is_a_value(status, body):
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))

    async def main() -> None:
        async with (
            aclosing(HyperswitchPsp("https://psp.example", "key", transport)) as psp,
            aclosing(ConnectPayouts("https://connect.example", "key", transport)) as payouts,
        ):
            payment = PaymentState | Unclear
            assert isinstance(await psp.create_payment(PAYMENT), payment | Refused)
            assert isinstance(await psp.get_payment("pay_1"), payment | NotKnown)
            assert isinstance(await psp.cancel_payment("pay_1"), payment | Refused | NotKnown)
            refund = RefundState | Unclear
            assert isinstance(await psp.create_refund(REFUND), refund | Refused)
            assert isinstance(await psp.get_refund("ref_1"), refund | NotKnown)
            transfer = TransferState | Unclear
            sent = await payouts.send_transfer("trf_1", "acct_1", 5, "EUR")
            assert isinstance(sent, transfer | Refused)
            assert isinstance(await payouts.get_transfer("trf_1"), transfer | NotKnown)
            reversal = await payouts.reverse_transfer("rev", "tr_1", 5)
            assert isinstance(reversal, transfer | Refused)

    trio.run(main)
