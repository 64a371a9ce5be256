"""The payment provider and the provider of payouts, as the settings name them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from actors.ports import NewPayment, NewRefund, Payouts, Psp, Unclear
from server.config import Settings
from server.config_values import PSP_OFF
from server.psp import ConnectPayouts, HyperswitchPsp, NoPayouts
from server.sandbox.config import PREFIX
from server.secrets import Secrets

OFF = Unclear("payments are switched off")


@dataclass(frozen=True, slots=True)
class Providers:
    """``webhook_secrets`` are what the payment provider may sign with.

    ``sandbox_key`` is the key of both of the sandbox's APIs.
    """

    psp: Psp
    payouts: Payouts
    webhook_secrets: tuple[bytes, ...] = field(repr=False)
    sandbox_key: str = field(repr=False)


class NoPsp:
    """``actors.ports.Psp`` where payments are off: what was sold before waits for an answer."""

    async def create_payment(self, payment: NewPayment) -> Unclear:
        """Make none."""
        return OFF

    async def get_payment(self, payment_id: str) -> Unclear:
        """Know nothing."""
        return OFF

    async def cancel_payment(self, payment_id: str) -> Unclear:
        """End none."""
        return OFF

    async def create_refund(self, refund: NewRefund) -> Unclear:
        """Make none."""
        return OFF

    async def get_refund(self, refund_id: str) -> Unclear:
        """Know nothing."""
        return OFF

    async def refunds_of(self, payment_id: str) -> Unclear:
        """Know nothing."""
        return OFF


@asynccontextmanager
async def open_providers(settings: Settings, secrets: Secrets) -> AsyncIterator[Providers]:
    """Connect to the providers; ``settings`` name the port that we listen on for the sandbox."""
    sandbox_key = secrets.derive("sandbox-api").hex()
    sandbox_url = f"http://{settings.http.reachable}{PREFIX}"
    psp: Psp = NoPsp()
    payouts: Payouts = NoPayouts()
    async with AsyncExitStack() as stack:
        if settings.psp_url != PSP_OFF:
            psp = client = HyperswitchPsp(
                settings.psp_url or sandbox_url, _revealed(settings.psp_api_key) or sandbox_key
            )
            stack.push_async_callback(client.aclose)
        if settings.payout_url != PSP_OFF and (settings.payout_url or settings.uses_sandbox):
            payouts = connect = ConnectPayouts(
                settings.payout_url or sandbox_url,
                _revealed(settings.payout_api_key) or sandbox_key,
            )
            stack.push_async_callback(connect.aclose)
        yield Providers(psp, payouts, _webhook_secrets(settings, secrets), sandbox_key)


def _webhook_secrets(settings: Settings, secrets: Secrets) -> tuple[bytes, ...]:
    given = _revealed(settings.psp_webhook_secret)
    if given is not None:
        return tuple(each.strip().encode() for each in given.split(","))
    return (secrets.derive("sandbox-webhooks").hex().encode(),) if settings.uses_sandbox else ()


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
