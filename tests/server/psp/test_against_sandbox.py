"""Both clients, and the reader of webhooks, against the sandbox over sockets."""

from contextlib import aclosing
from functools import partial

import httpx
import pytest
import trio

from actors.ids import new_id
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
from server.psp import SIGNATURE_HEADER, ConnectPayouts, HyperswitchPsp, read_notice, verify
from server.sandbox import FaultScript, SandboxConfig, serve_sandbox

PAYOUT_KEY = "sk_payouts"
WEBHOOK_SECRET = "the response hash key"


class Sandbox:
    """A running sandbox, and the person and the dashboard that it needs."""

    def __init__(self, url: str, api_key: str) -> None:
        self.url = f"{url}/sandbox"
        self._headers = {"api-key": api_key}

    async def post(self, path: str, body: dict[str, object]) -> None:
        async with httpx.AsyncClient(trust_env=False) as person:
            answer = await person.post(self.url + path, json=body, headers=self._headers)
        assert answer.status_code == 200, answer.text

    async def pay(self, payment_id: str, action: str = "pay") -> None:
        async with httpx.AsyncClient(trust_env=False) as person:
            answer = await person.post(f"{self.url}/pay/{payment_id}", data={"action": action})
        assert answer.status_code == 200, answer.text


@pytest.fixture
async def start(nursery, tmp_path, provider, api_key):
    """Start a sandbox; with ``webhooks`` it sends them to ``provider``, which plays the shop."""
    provider.answers(200, {"received": True})

    async def run(*rules: dict[str, object], webhooks: bool = False) -> Sandbox:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        config = SandboxConfig(
            public_url=url,
            api_key=api_key,
            webhook_secret=WEBHOOK_SECRET,
            payout_key=PAYOUT_KEY,
            webhook_url=provider.url + "/webhooks/hyperswitch" if webhooks else "",
            settle_delay_s=3600,
            faults=FaultScript.model_validate({"rules": rules}),
        )
        await nursery.start(partial(serve_sandbox, listeners, tmp_path, config))
        return Sandbox(url, api_key)

    return run


@pytest.fixture
async def hyperswitch(api_key):
    clients: list[HyperswitchPsp] = []

    def connect(sandbox: Sandbox, key: str = api_key) -> HyperswitchPsp:
        clients.append(HyperswitchPsp(sandbox.url, key))
        return clients[-1]

    yield connect
    for each in clients:
        await each.aclose()


def payment(amount: int = 1500) -> NewPayment:
    return NewPayment(
        new_id("pay"), new_id("ord"), amount, "EUR", "Ticket: Night", "https://stage.example/x"
    )


async def paid(psp: HyperswitchPsp, sandbox: Sandbox, amount: int = 1500) -> str:
    made = await psp.create_payment(payment(amount))
    assert isinstance(made, PaymentState)
    await sandbox.pay(made.payment_id)
    return made.payment_id


def refund(payment_id: str, amount: int, reason: str = "cannot come") -> NewRefund:
    return NewRefund(new_id("ref"), payment_id, amount, "EUR", reason)


async def webhooks(provider, count: int):
    """Wait for so many; each is verified before it is read."""
    with trio.fail_after(10):
        while len(provider.requests) < count:
            await provider.changed.wait()
    for each in provider.requests:
        assert verify(each.body, each.headers[SIGNATURE_HEADER.lower()], [WEBHOOK_SECRET.encode()])
    return [read_notice(each.body) for each in provider.requests]


async def test_a_key_is_tried(start, hyperswitch, api_key):
    sandbox = await start()
    assert await hyperswitch(sandbox).try_key() == NotKnown()
    assert isinstance(await hyperswitch(sandbox, "another_key").try_key(), Refused)
    for key, outcome in ((PAYOUT_KEY, NotKnown), ("another_key", Refused)):
        async with aclosing(ConnectPayouts(sandbox.url, key)) as payouts:
            assert isinstance(await payouts.try_key(), outcome)


async def test_a_payments_refunds_are_listed(start, hyperswitch):
    sandbox = await start()
    psp = hyperswitch(sandbox)
    first, second = await paid(psp, sandbox), await paid(psp, sandbox)
    made = {(await psp.create_refund(refund(first, amount))).refund_id for amount in (400, 100)}
    await psp.create_refund(refund(second, 700))
    listed = await psp.refunds_of(first)
    assert {each.refund_id for each in listed} == made
    assert {each.amount for each in listed} == {400, 100}
    assert await psp.refunds_of("pay_unknown") == ()


async def test_a_payment_is_made_and_paid_and_the_webhook_says_so(start, hyperswitch, provider):
    sandbox = await start(webhooks=True)
    psp = hyperswitch(sandbox)
    new = payment()
    made = await psp.create_payment(new)
    assert isinstance(made, PaymentState)
    assert (made.status, made.amount, made.currency) == ("open", 1500, "EUR")
    assert made.pay_url == f"{sandbox.url}/pay/{new.payment_id}"
    assert await psp.get_payment(new.payment_id) == made
    assert await psp.create_payment(new) == Unclear("HE_01")
    await sandbox.pay(new.payment_id)
    state = await psp.get_payment(new.payment_id)
    assert isinstance(state, PaymentState)
    assert (state.status, state.amount) == ("succeeded", 1500)
    (notice,) = await webhooks(provider, 1)
    assert (notice.kind, notice.status, notice.amount) == ("payment", "succeeded", 1500)
    assert notice.payment_id == new.payment_id
    assert notice.event_id.startswith("evt_")
    assert notice.updated_at


async def test_a_payment_is_declined_or_cancelled(start, hyperswitch, provider):
    sandbox = await start(webhooks=True)
    psp = hyperswitch(sandbox)
    declined, cancelled = payment(), payment()
    await psp.create_payment(declined)
    await psp.create_payment(cancelled)
    await sandbox.pay(declined.payment_id, "decline")
    state = await psp.get_payment(declined.payment_id)
    assert isinstance(state, PaymentState)
    assert (state.status, state.error_code) == ("failed", "card_declined")
    ended = await psp.cancel_payment(cancelled.payment_id)
    assert isinstance(ended, PaymentState)
    assert ended.status == "cancelled"
    taken = await paid(psp, sandbox)
    refusal = await psp.cancel_payment(taken)
    assert isinstance(refusal, Refused)
    assert refusal.code == "IR_14"
    notices = await webhooks(provider, 3)
    assert {each.status for each in notices} == {"failed", "cancelled", "succeeded"}


async def test_nobody_knows_what_was_never_made(start, hyperswitch):
    psp = hyperswitch(await start())
    assert await psp.get_payment(new_id("pay")) == NotKnown()
    assert await psp.cancel_payment(new_id("pay")) == NotKnown()
    assert await psp.get_refund(new_id("ref")) == NotKnown()
    refusal = await psp.create_refund(refund(new_id("pay"), 100))
    assert isinstance(refusal, Refused)
    assert refusal.code == "HE_02"


async def test_a_wrong_key_is_no_verdict(start, hyperswitch):
    psp = hyperswitch(await start(), "another key")
    assert await psp.create_payment(payment()) == Unclear("IR_01")
    assert await psp.get_refund(new_id("ref")) == Unclear("IR_01")


async def test_a_refund_is_pending_until_it_is_settled(start, hyperswitch, provider):
    sandbox = await start(webhooks=True)
    psp = hyperswitch(sandbox)
    taken = await paid(psp, sandbox)
    new = refund(taken, 500)
    pending = RefundState(new.refund_id, new.refund_id, "pending", 500, "EUR")
    assert await psp.create_refund(new) == pending
    assert await psp.get_refund(new.refund_id) == pending
    assert await psp.create_refund(new) == Unclear("HE_01")
    await sandbox.post(f"/control/refunds/{new.refund_id}/settle", {"status": "succeeded"})
    state = await psp.get_refund(new.refund_id)
    assert isinstance(state, RefundState)
    assert state.status == "succeeded"
    notice = (await webhooks(provider, 2))[-1]
    assert (notice.kind, notice.status, notice.amount) == ("refund", "succeeded", 500)
    assert (notice.refund_id, notice.payment_id) == (new.refund_id, taken)


async def test_a_full_refund_made_again_and_one_too_many_hear_the_same(start, hyperswitch):
    sandbox = await start()
    psp = hyperswitch(sandbox)
    taken = await paid(psp, sandbox)
    new = refund(taken, 1500)
    assert isinstance(await psp.create_refund(new), RefundState)
    assert await psp.create_refund(new) == Unclear("IR_13")
    assert isinstance(await psp.get_refund(new.refund_id), RefundState)
    other = refund(taken, 1)
    assert await psp.create_refund(other) == Unclear("IR_13")
    assert await psp.get_refund(other.refund_id) == NotKnown()


async def test_a_refund_is_refused_declined_or_reviewed(start, hyperswitch):
    sandbox = await start()
    psp = hyperswitch(sandbox)
    taken = await paid(psp, sandbox)
    refused = await psp.create_refund(refund(taken, 100, "sandbox:refuse"))
    assert isinstance(refused, Refused)
    assert refused.code == "HE_03"
    declined = await psp.create_refund(refund(taken, 100, "sandbox:decline"))
    assert isinstance(declined, RefundState)
    assert (declined.status, declined.error_code) == ("failed", "refund_declined")
    reviewed = await psp.create_refund(refund(taken, 100, "sandbox:review"))
    assert isinstance(reviewed, RefundState)
    assert reviewed.status == "review"
    open_one = payment()
    await psp.create_payment(open_one)
    early = await psp.create_refund(refund(open_one.payment_id, 100))
    assert isinstance(early, Refused)
    assert early.code == "IR_14"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"fault": "drop_reply", "delay_s": 0}, "connection_lost"),
        ({"fault": "5xx_after", "status": 502}, "http_502"),
        ({"fault": "timeout_then_success"}, "TIMEOUT"),
    ],
)
async def test_a_refund_whose_reply_is_lost_is_found_by_our_id(start, hyperswitch, fault, reason):
    sandbox = await start({"on": "create_refund", "times": 1, **fault})
    psp = hyperswitch(sandbox)
    new = refund(await paid(psp, sandbox), 1500)
    assert await psp.create_refund(new) == Unclear(reason)
    assert await psp.create_refund(new) == Unclear("HE_01" if reason == "TIMEOUT" else "IR_13")
    await sandbox.post(f"/control/refunds/{new.refund_id}/settle", {"status": "succeeded"})
    state = await psp.get_refund(new.refund_id)
    assert isinstance(state, RefundState)
    assert (state.status, state.amount) == ("succeeded", 1500)


async def test_a_refund_that_never_arrived_is_not_known(start, hyperswitch):
    sandbox = await start({"on": "create_refund", "fault": "5xx_before", "times": 1})
    psp = hyperswitch(sandbox)
    new = refund(await paid(psp, sandbox), 1500)
    assert await psp.create_refund(new) == Unclear("http_500")
    assert await psp.get_refund(new.refund_id) == NotKnown()
    assert isinstance(await psp.create_refund(new), RefundState)


async def test_a_wrong_amount_is_handed_on(start, hyperswitch):
    sandbox = await start({"on": "get_refund", "fault": "wrong_amount", "by": 7})
    psp = hyperswitch(sandbox)
    new = refund(await paid(psp, sandbox), 100)
    await psp.create_refund(new)
    state = await psp.get_refund(new.refund_id)
    assert isinstance(state, RefundState)
    assert state.amount == 107


async def test_a_dispute_is_told_of(start, hyperswitch, provider):
    sandbox = await start(webhooks=True)
    taken = await paid(hyperswitch(sandbox), sandbox)
    for status in ("opened", "lost"):
        await sandbox.post("/control/disputes", {"payment_id": taken, "status": status})
    notices = [each for each in await webhooks(provider, 3) if each.kind == "dispute"]
    assert {each.status for each in notices} == {"opened", "lost"}
    assert {each.amount for each in notices} == {1500}
    assert {each.payment_id for each in notices} == {taken}
    assert len({each.dispute_id for each in notices}) == 1


async def test_a_transfer_has_one_effect_is_found_and_is_reversed_once_for_each_key(start):
    sandbox = await start()
    ours = new_id("trf")
    async with aclosing(ConnectPayouts(sandbox.url, PAYOUT_KEY)) as payouts:
        assert await payouts.get_transfer(ours) == NotKnown()
        sent = await payouts.send_transfer(ours, "acct_1", 1200, "EUR")
        assert isinstance(sent, TransferState)
        assert sent == TransferState(ours, sent.psp_id, 1200, "EUR", 0)
        assert await payouts.send_transfer(ours, "acct_1", 1200, "EUR") == sent
        assert await payouts.send_transfer(ours, "acct_1", 1201, "EUR") == Unclear(
            "idempotency_key_reused"
        )
        for key, amount in (("rev:1", 500), ("rev:1", 500), ("rev:2", 100)):
            back = await payouts.reverse_transfer(key, sent.psp_id, amount)
            assert back == TransferState("", sent.psp_id, amount, "EUR", amount)
        found = await payouts.get_transfer(ours)
        assert found == TransferState(ours, sent.psp_id, 1200, "EUR", 600)
        refusal = await payouts.reverse_transfer("rev:3", sent.psp_id, 601)
        assert isinstance(refusal, Refused)
        assert refusal.code == "amount_too_large"


async def test_accounts_and_keys_that_do_not_serve(start):
    sandbox = await start()
    async with aclosing(ConnectPayouts(sandbox.url, PAYOUT_KEY)) as payouts:
        closed = await payouts.send_transfer(new_id("trf"), "acct_closed_1", 5, "EUR")
        assert isinstance(closed, Refused)
        assert closed.code == "transfers_not_allowed"
        missing = await payouts.reverse_transfer("rev:1", "tr_none", 5)
        assert isinstance(missing, Refused)
        assert missing.code == "resource_missing"
    async with aclosing(ConnectPayouts(sandbox.url, "another key")) as payouts:
        outcome = await payouts.send_transfer(new_id("trf"), "acct_1", 5, "EUR")
        assert isinstance(outcome, Unclear)


async def test_a_transfer_whose_reply_is_lost_is_found_by_our_id(start):
    sandbox = await start({"on": "transfer", "fault": "drop_reply", "delay_s": 0, "times": 1})
    ours = new_id("trf")
    async with aclosing(ConnectPayouts(sandbox.url, PAYOUT_KEY)) as payouts:
        outcome = await payouts.send_transfer(ours, "acct_1", 1200, "EUR")
        assert outcome == Unclear("connection_lost")
        found = await payouts.get_transfer(ours)
        assert isinstance(found, TransferState)
        assert await payouts.send_transfer(ours, "acct_1", 1200, "EUR") == found
