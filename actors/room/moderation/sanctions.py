"""What is laid on a user: a timeout, a ban, a shadow ban; each at most once at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from storage.api import Delete, Document, Put, Row

SANCTIONS = "room_sanctions"
MAX_SANCTIONS = 10_000
"""Of one room, with those whose time is over and that are not cleared away yet."""
MAX_TIMEOUT_S = 14 * 24 * 3_600
MAX_BAN_S = 10 * 365 * 24 * 3_600
MAX_CLEARED_SANCTIONS = 20
"""That one commit clears away, of those whose time is over."""


class Kind(StrEnum):
    """The kinds of sanctions."""

    TIMEOUT = "timeout"
    BAN = "ban"
    SHADOWBAN = "shadowban"


@dataclass(frozen=True, slots=True)
class Sanction:
    """A sanction until ``until_ms`` (Unix time; None: for good).

    ``address`` is the mark of the address that is banned with the user, "" for none. ``version``
    is that of its document.
    """

    user_id: str
    name: str
    kind: Kind
    until_ms: int | None
    reason: str
    by: str
    by_name: str
    at_ms: int
    address: str = ""
    version: int = 0

    @property
    def key(self) -> tuple[str, Kind]:
        """What there is one of in a room."""
        return self.user_id, self.kind

    def holds(self, now_ms: int) -> bool:
        """Whether it is not over."""
        return self.until_ms is None or now_ms < self.until_ms

    def wait_s(self, now_ms: int) -> float | None:
        """Seconds until it is over; None where waiting does not help."""
        return None if self.until_ms is None else max(0.0, (self.until_ms - now_ms) / 1000)


Sanctions = Mapping[tuple[str, Kind], Sanction]


def put_sanction(room_id: str, sanction: Sanction) -> Put:
    """Write a sanction over the one of its version."""
    doc: Document = {
        "room": room_id,
        "user": sanction.user_id,
        "name": sanction.name,
        "kind": sanction.kind.value,
        "until": sanction.until_ms,
        "reason": sanction.reason,
        "by": sanction.by,
        "by_name": sanction.by_name,
        "at": sanction.at_ms,
        "address_hash": sanction.address or None,
    }
    doc = {name: value for name, value in doc.items() if value is not None}
    return Put(SANCTIONS, _id(room_id, sanction), doc, sanction.version)


def delete_sanction(room_id: str, sanction: Sanction) -> Delete:
    """Remove a sanction."""
    return Delete(SANCTIONS, _id(room_id, sanction), sanction.version)


def sanction_of(row: Row) -> Sanction:
    """Read a sanction."""
    doc = row.doc
    return Sanction(
        user_id=doc["user"],
        name=doc["name"],
        kind=Kind(doc["kind"]),
        until_ms=doc.get("until"),
        reason=doc["reason"],
        by=doc["by"],
        by_name=doc["by_name"],
        at_ms=doc["at"],
        address=doc.get("address_hash", ""),
        version=row.version,
    )


def banned_addresses(sanctions: Iterable[Sanction]) -> dict[str, Sanction]:
    """Give the bans that hold for an address, by its mark; of several, the one that ends last."""
    found: dict[str, Sanction] = {}
    for sanction in sanctions:
        if sanction.address:
            other = found.get(sanction.address)
            if other is None or _end(sanction) > _end(other):
                found[sanction.address] = sanction
    return found


def _end(sanction: Sanction) -> float:
    return float("inf") if sanction.until_ms is None else sanction.until_ms


def _id(room_id: str, sanction: Sanction) -> str:
    return f"{room_id}:{sanction.user_id}:{sanction.kind.value}"
