import pytest
import trio

from actors.ports import NewPayment, NewRefund, Unclear
from server.config import Settings
from server.providers import NoPsp, open_providers
from server.psp import ConnectPayouts, HyperswitchPsp, NoPayouts
from server.secrets import Secrets

SECRETS = Secrets(b"a secret for the tests, of 32 bytes or more")
NAMED = {
    "psp_url": "https://psp.example/api",
    "psp_api_key": "the_key",
    "psp_webhook_secret": "the_new_secret, the_old_secret",
}


def settings(**members):
    return Settings(_env_file=None, **members)


async def kinds(**members):
    async with open_providers(settings(**members), SECRETS) as providers:
        return type(providers.psp), type(providers.payouts)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, (HyperswitchPsp, ConnectPayouts)),
        ({"payout_url": "off"}, (HyperswitchPsp, NoPayouts)),
        ({"psp_url": "off"}, (NoPsp, NoPayouts)),
        (NAMED, (HyperswitchPsp, NoPayouts)),
        (
            NAMED | {"payout_url": "https://pay.example", "payout_api_key": "k"},
            (HyperswitchPsp, ConnectPayouts),
        ),
    ],
    ids=["sandbox", "sandbox without payouts", "off", "payments alone", "both"],
)
async def test_who_is_asked(members, expected):
    assert await kinds(**members) == expected


async def test_who_may_sign_webhooks():
    async with open_providers(settings(**NAMED), SECRETS) as providers:
        assert providers.webhook_secrets == (b"the_new_secret", b"the_old_secret")
    async with open_providers(settings(psp_url="off"), SECRETS) as providers:
        assert providers.webhook_secrets == ()
    async with open_providers(settings(), SECRETS) as providers:
        (secret,) = providers.webhook_secrets
    async with open_providers(settings(), SECRETS) as again:
        assert again.webhook_secrets == (secret,)
        assert secret.decode() not in repr(again)
        assert again.sandbox_key not in repr(again)


async def test_the_sandbox_is_asked_where_we_listen(nursery):
    heads = []

    async def answer(stream):
        heads.append(await stream.receive_some(4000))
        await stream.send_all(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await stream.aclose()

    listeners = await nursery.start(trio.serve_tcp, answer, 0)
    port = listeners[0].socket.getsockname()[1]
    async with open_providers(settings(http=f"0.0.0.0:{port}"), SECRETS) as providers:
        assert isinstance(await providers.psp.get_payment("pay_1"), Unclear)
    assert heads[0].startswith(b"GET /sandbox/payments/pay_1")
    assert f"api-key: {providers.sandbox_key}".encode() in heads[0]
    nursery.cancel_scope.cancel()


async def test_with_payments_off_nobody_knows_anything():
    psp = NoPsp()
    payment = NewPayment("pay_1", "ord_1", 5, "EUR", "", "")
    refund = NewRefund("ref_1", "pay_1", 5, "EUR", "")
    for answer in (
        await psp.create_payment(payment),
        await psp.get_payment("pay_1"),
        await psp.cancel_payment("pay_1"),
        await psp.create_refund(refund),
        await psp.get_refund("ref_1"),
    ):
        assert isinstance(answer, Unclear)
