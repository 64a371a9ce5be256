"""The doctor's look at the providers: whether they can be reached, and take our keys."""

from contextlib import aclosing
from urllib.parse import urlsplit

import trio
from pydantic import SecretStr

from actors.ports import NotKnown, Refused, Unclear
from server.config import ENV_PREFIX, Settings
from server.config_values import PSP_OFF
from server.findings import Finding, Verdict
from server.psp import ConnectPayouts, HyperswitchPsp

CHECK_TIMEOUT_S = 10.0

Outcome = NotKnown | Refused | Unclear


def check_payments(settings: Settings) -> Finding:
    """Ask the payment provider, where it is not the sandbox, for what it cannot have."""
    if settings.uses_sandbox:
        return Finding(Verdict.OK, "payments", "the sandbox, which moves no money")
    if not settings.sells or settings.psp_url is None:
        return Finding(Verdict.OK, "payments", "off, so no tickets are sold")
    client = HyperswitchPsp(settings.psp_url, _revealed(settings.psp_api_key))
    return _finding("payments", "PSP", settings.psp_url, trio.run(_try, client))


def check_payouts(settings: Settings) -> Finding:
    """Ask the provider of payouts, where it is not the sandbox, for what it cannot have."""
    if settings.payout_url in (None, PSP_OFF):
        if settings.payout_url is None and settings.uses_sandbox:
            return Finding(Verdict.OK, "payouts", "the sandbox, which moves no money")
        return Finding(Verdict.OK, "payouts", "off, so sellers' shares stay with the platform")
    client = ConnectPayouts(settings.payout_url, _revealed(settings.payout_api_key))
    return _finding("payouts", "PAYOUT", settings.payout_url, trio.run(_try, client))


async def _try(client: HyperswitchPsp | ConnectPayouts) -> Outcome:
    async with aclosing(client):
        with trio.move_on_after(CHECK_TIMEOUT_S):
            return await client.try_key()
    return Unclear("timed_out")


def _finding(subject: str, setting: str, url: str, outcome: Outcome) -> Finding:
    host = urlsplit(url).hostname
    match outcome:
        case NotKnown():
            return Finding(Verdict.OK, subject, f"{host} answers, and takes the key")
        case Refused(code):
            advice = f"correct {ENV_PREFIX}{setting}_API_KEY"
            return Finding(Verdict.FAIL, subject, f"{host} refuses the key ({code})", advice)
        case Unclear(reason):
            advice = f"check {ENV_PREFIX}{setting}_URL, and whether it is reachable from here"
            return Finding(Verdict.WARN, subject, f"{host} gives no answer ({reason})", advice)


def _revealed(secret: SecretStr | None) -> str:
    assert secret is not None, "the settings ask for a key with each URL"
    return secret.get_secret_value()
