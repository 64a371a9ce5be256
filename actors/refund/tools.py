"""What all orders' actors share."""

from dataclasses import dataclass

from actors.ports import Clock
from actors.refund.books import Books
from actors.refund.calls import Calls
from actors.refund.case import Terms
from storage.api import Store


@dataclass(frozen=True, slots=True)
class RefundTools:
    """Where orders are kept, how the provider is called, and on which terms new ones are made."""

    store: Store
    books: Books
    calls: Calls
    clock: Clock
    terms: Terms
