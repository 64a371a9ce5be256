"""The bodies of a seller's requests and responses."""

from typing import Annotated

from pydantic import Field

from server.api.bodies import Body
from server.api.shop_bodies import TransferView

MAX_ACCOUNT_CHARS = 100

Account = Annotated[str, Field(pattern=rf"^[0-9A-Za-z_.:-]{{1,{MAX_ACCOUNT_CHARS}}}$")]


class BalanceView(Body):
    """Where a seller stands in one currency, in minor units."""

    currency: str
    payable: int
    receivable: int
    reserved: int = Field(description="Held for refunds that are not confirmed yet")
    in_transit: int = Field(description="Sent, and not confirmed yet")


class BalanceList(Body):
    """A seller's balances, by currency."""

    balances: list[BalanceView]


class LegView(Body):
    """One account's part of an entry: positive where it is debited, negative where credited."""

    account: str
    amount: int


class EntryView(Body):
    """An entry of the ledger; ``amount`` is what it adds to what the seller is owed."""

    id: str
    at: str
    kind: str
    order_id: str
    currency: str
    amount: int
    legs: list[LegView]


class EntryList(Body):
    """One page of the ledger."""

    items: list[EntryView]
    next_cursor: str | None


class TransferList(Body):
    """One page of transfers."""

    items: list[TransferView]
    next_cursor: str | None


class PayoutAccountBody(Body):
    """Where a seller's share is to be sent: an account with the provider of payouts."""

    account: Account


class PayoutAccountView(Body):
    """Where a seller's share is sent; null until they have said it."""

    account: str | None
