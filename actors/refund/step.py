"""One decision in the making: a case, and what is changed, posted and wanted beside it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from actors.refund.case import Case, Licence, Order, Refund, Transfer, replaced
from actors.refund.jobs import RETRY_DELAYS_MS, Job, JobKind, retry_at
from actors.refund.ledger import Account, Balance, Entry, entry


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from an event: all of it is committed at once, or nothing.

    ``seats`` are to be taken (or given back, where negative), by product. ``says`` tells an
    operator what was done, ``alerts`` what needs one.
    """

    case: Case
    balance: Balance
    entries: tuple[Entry, ...]
    seats: Mapping[str, int]
    says: tuple[str, ...]
    alerts: tuple[str, ...]


class Step:
    """Collects one decision. ``fresh`` is a ULID that no other step has, for new ids."""

    def __init__(self, case: Case, balance: Balance, now_ms: int, fresh: str) -> None:
        self.case = case
        self.balance = balance
        self.now_ms = now_ms
        self.fresh = fresh
        self.seats: Counter[str] = Counter()
        self._entries: list[Entry] = []
        self._says: list[str] = []
        self._alerts: list[str] = []

    def decision(self) -> Decision:
        """Close the step."""
        self.change_order(seq=self.case.order.seq + 1)
        return Decision(
            self.case,
            self.balance,
            tuple(self._entries),
            {product: count for product, count in self.seats.items() if count},
            tuple(self._says),
            tuple(self._alerts),
        )

    @property
    def order(self) -> Order:
        """The order as it is by now."""
        return self.case.order

    def change_order(self, **changes: Any) -> None:
        """Set fields of the order."""
        self.case = replace(self.case, order=replace(self.order, **changes))

    def put_refund(self, refund: Refund) -> None:
        """Add or replace a refund."""
        self.case = replace(self.case, refunds=replaced(self.case.refunds, refund))

    def put_licence(self, licence: Licence) -> None:
        """Add or replace a licence."""
        self.case = replace(self.case, licences=replaced(self.case.licences, licence))

    def put_transfer(self, transfer: Transfer) -> None:
        """Add or replace a transfer."""
        self.case = replace(self.case, transfers=replaced(self.case.transfers, transfer))

    def say(self, text: str) -> None:
        """Note what was done."""
        self._says.append(text)

    def alert(self, text: str) -> None:
        """Note what an operator has to see."""
        self._says.append(f"ALERT: {text}")
        self._alerts.append(text)

    def post(self, cause: str, kind: str, *legs: tuple[Account, int], seller: int = 0) -> None:
        """Post an entry; ``seller`` is what the seller gains (or loses, where negative) by it."""
        also = self.balance.credit(seller) if seller > 0 else self.balance.debit(-seller)
        made = entry(cause, kind, *legs, also=also)
        if made.legs:
            self.balance = self.balance.applied(made.legs)
            self._entries.append(made)

    def job(self, kind: JobKind, subject: str) -> Job | None:
        """Return the job of this kind about this subject."""
        key = Job(kind, subject, 0).key
        return next((job for job in self.order.jobs if job.key == key), None)

    def add_job(self, kind: JobKind, subject: str, due_at: int, attempts: int = 0) -> None:
        """Want something done; a job of the same key is replaced."""
        self.drop_job(kind, subject)
        self.change_order(jobs=(*self.order.jobs, Job(kind, subject, due_at, attempts)))

    def drop_job(self, kind: JobKind, subject: str) -> None:
        """Want it no more."""
        key = Job(kind, subject, 0).key
        self.change_order(jobs=tuple(job for job in self.order.jobs if job.key != key))

    def retry_job(
        self, kind: JobKind, subject: str, delays_ms: tuple[int, ...] = RETRY_DELAYS_MS
    ) -> None:
        """Do a job once more, later; nothing happens where it is not wanted any more."""
        job = self.job(kind, subject)
        if job is not None:
            due_at = retry_at(job, self.now_ms, delays_ms)
            self.add_job(kind, subject, due_at, job.attempts + 1)
