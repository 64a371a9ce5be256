"""The provider of payouts: Stripe Connect's API of transfers (https://docs.stripe.com/api/transfers).

Amounts are in minor units there too; its currencies are in lower case.
"""

from urllib.parse import quote

import httpx

from actors.ports import NotKnown, Refused, TransferState, Unclear
from server.psp.fields import (
    MAX_CODE_CHARS,
    BadField,
    Members,
    amount,
    currency,
    identifier,
    needed,
    nested,
    remark,
)
from server.psp.wire import Answer, Wire

REFUSALS = ("card_error", "invalid_request_error")
"""The types of errors after which nothing was done; a wrong use of a key is not one of them."""
NO_VERDICT_STATUSES = {401, 403, 409, 429}
NO_TRANSFER = "trf_that_cannot_exist"


class ConnectPayouts:
    """``actors.ports.Payouts``; ``base_url`` is all before ``/v1``.

    Our transfer id is the idempotency key, so that the same transfer asked for again has one
    effect, and the transfer group, so that it can be found by our id when no answer came.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._wire = Wire(base_url, {"Authorization": f"Bearer {api_key}"}, transport)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def try_key(self) -> NotKnown | Refused | Unclear:
        """Ask for a transfer that cannot exist: ``Refused`` says that it is our key which is not
        taken, ``NotKnown`` that all is well.
        """
        answer = await self._wire.get(
            "/v1/transfers", {"transfer_group": NO_TRANSFER, "limit": "1"}
        )
        if isinstance(answer, Unclear):
            return answer
        if answer.refuses_key:
            return Refused(f"http_{answer.status}", "the key is refused")
        found = _transfer_found(answer, NO_TRANSFER)
        return Unclear("unexpected_transfer") if isinstance(found, TransferState) else found

    async def send_transfer(
        self, transfer_id: str, account: str, amount: int, currency: str
    ) -> TransferState | Refused | Unclear:
        """Send money to a seller's account."""
        form = {
            "amount": str(amount),
            "currency": currency.lower(),
            "destination": account,
            "transfer_group": transfer_id,
        }
        answer = await self._wire.post_form("/v1/transfers", form, {"Idempotency-Key": transfer_id})
        if isinstance(answer, Unclear):
            return answer
        return _transfer(answer.body, transfer_id) if answer.ok else _fault(answer)

    async def get_transfer(self, transfer_id: str) -> TransferState | NotKnown | Unclear:
        """Ask how a transfer stands; of one id there are never two."""
        query = {"transfer_group": transfer_id, "limit": "2"}
        answer = await self._wire.get("/v1/transfers", query)
        return answer if isinstance(answer, Unclear) else _transfer_found(answer, transfer_id)

    async def reverse_transfer(
        self, key: str, psp_id: str, amount: int
    ) -> TransferState | Refused | Unclear:
        """Take back a part of a transfer, or all.

        ``reversed_amount`` of the answer, and its ``amount``, is what this reversal moved, not
        what all reversals of the transfer did. The provider does not name our transfer's id with
        it: ``transfer_id`` is "".
        """
        path = f"/v1/transfers/{quote(psp_id, safe='')}/reversals"
        answer = await self._wire.post_form(path, {"amount": str(amount)}, {"Idempotency-Key": key})
        if isinstance(answer, Unclear):
            return answer
        return _reversal(answer.body, psp_id) if answer.ok else _fault(answer)


class NoPayouts:
    """``actors.ports.Payouts`` where payouts are off: money stays with the platform."""

    async def send_transfer(
        self, transfer_id: str, account: str, amount: int, currency: str
    ) -> TransferState | Refused | Unclear:
        """Send nothing."""
        return self._refusal()

    async def get_transfer(self, transfer_id: str) -> TransferState | NotKnown | Unclear:
        """Know of no transfer."""
        return NotKnown()

    async def reverse_transfer(
        self, key: str, psp_id: str, amount: int
    ) -> TransferState | Refused | Unclear:
        """Take nothing back."""
        return self._refusal()

    def _refusal(self) -> Refused:
        return Refused("payouts_off", "this installation has no provider of payouts")


def _transfer_found(answer: Answer, transfer_id: str) -> TransferState | NotKnown | Unclear:
    if answer.ok:
        return _only_transfer(answer.body, transfer_id)
    fault = _fault(answer)
    return Unclear(fault.code) if isinstance(fault, Refused) else fault


def _only_transfer(members: Members, transfer_id: str) -> TransferState | NotKnown | Unclear:
    found = members.get("data")
    if not isinstance(found, list):
        return Unclear("data: not a list")
    if not found:
        return NotKnown()
    if len(found) > 1 or not isinstance(found[0], dict):
        return Unclear("data: not one transfer")
    return _transfer(found[0], transfer_id)


def _transfer(members: Members, transfer_id: str) -> TransferState | Unclear:
    try:
        if members.get("transfer_group") != transfer_id:
            return Unclear("transfer_group: of another transfer")
        return TransferState(
            transfer_id,
            needed(identifier(members, "id"), "id"),
            needed(amount(members, "amount"), "amount"),
            needed(currency(members, "currency"), "currency"),
            needed(amount(members, "amount_reversed"), "amount_reversed"),
        )
    except BadField as error:
        return Unclear(str(error))


def _reversal(members: Members, psp_id: str) -> TransferState | Unclear:
    try:
        if members.get("transfer") != psp_id:
            return Unclear("transfer: another one")
        moved = needed(amount(members, "amount"), "amount")
        money = needed(currency(members, "currency"), "currency")
        return TransferState("", psp_id, moved, money, reversed_amount=moved)
    except BadField as error:
        return Unclear(str(error))


def _fault(answer: Answer) -> Refused | Unclear:
    """Read ``{"error": {"type", "code", "message"}}``: a refusal is a 4xx with such a type."""
    try:
        error = nested(answer.body, "error")
        kind = remark(error, "type", MAX_CODE_CHARS)
        code = remark(error, "code", MAX_CODE_CHARS) or kind
        message = remark(error, "message")
    except BadField:
        return Unclear(f"http_{answer.status}")
    final = 400 <= answer.status < 500 and answer.status not in NO_VERDICT_STATUSES
    if final and kind in REFUSALS:
        return Refused(code, message)
    return Unclear(code if code and answer.status < 500 else f"http_{answer.status}")
