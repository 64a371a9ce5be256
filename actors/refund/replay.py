"""The replay: an order's log decided once more from its beginning, and compared with the store."""

from actors.refund.books import EVENT_LOG, Books
from actors.refund.case import Case
from actors.refund.decide import decide
from actors.refund.documents import documents
from actors.refund.events import EVENTS
from actors.refund.ledger import Balance
from storage.api import Row, Store

LOG_PAGE_EVENTS = 200


async def read_log(store: Store, order_id: str) -> list[Row]:
    """Return all events of an order, in their order."""
    rows: list[Row] = []
    while True:
        after = (rows[-1].doc["seq"], rows[-1].id) if rows else None
        page = await store.find(
            EVENT_LOG, {"order": order_id}, sort="seq", after=after, limit=LOG_PAGE_EVENTS
        )
        rows += page
        if len(page) < LOG_PAGE_EVENTS:
            return rows


def replay(log: list[Row]) -> Case | None:
    """Decide each event of a log again; gives where that leads."""
    case = None
    for row in log:
        doc = row.doc
        event = EVENTS.validate_python(doc["event"])
        case = decide(case, event, Balance(**doc["balance"]), doc["at"], doc["fresh"]).case
    return case


async def replay_matches(store: Store, order_id: str) -> bool:
    """Whether the log leads to just what the store holds, document by document."""
    record = await Books(store).load(order_id)
    case = replay(await read_log(store, order_id))
    if record is None or case is None:
        return record is None and case is None
    return documents(case) == documents(record.case)
