"""The room's slow work, done in child tasks: committing, and finding out after a failure."""

from collections.abc import Sequence

import trio

from actors.kernel import Ref
from actors.room.archive import Archive, RoomRecord
from actors.room.drafts import Draft
from actors.room.events import Message
from actors.room.messages import CommitFailed, Committed, Reconciled, RoomMessage
from storage import Conflict, OutcomeUnknown, StoreUnavailable

FIRST_PAUSE_S = 0.25
MAX_PAUSE_S = 5.0


async def commit(
    room: Ref[RoomMessage], archive: Archive, record: RoomRecord, messages: tuple[Message, ...]
) -> None:
    """Commit messages that follow ``record``; tell the room how it went."""
    try:
        await archive.append(record, messages)
    except (Conflict, OutcomeUnknown, StoreUnavailable) as error:
        await room.tell(CommitFailed(error))
    else:
        await room.tell(Committed(messages))


async def reconcile(
    room: Ref[RoomMessage], archive: Archive, last_offset: int, drafts: Sequence[Draft]
) -> None:
    """Read where the room stands, as often as it takes, and which drafts were sent before."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            reconciled = await _read(archive, last_offset, drafts)
        except StoreUnavailable:
            await trio.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)
        else:
            await room.tell(reconciled)
            return


async def _read(archive: Archive, last_offset: int, drafts: Sequence[Draft]) -> Reconciled:
    record = await archive.read()
    if record is None:
        raise RuntimeError("the room's record is gone")
    news = await archive.between(last_offset, record.last_offset)
    earlier = {}
    for draft in drafts:
        if draft.client_id is not None:
            message = await archive.sent_as(draft.user_id, draft.client_id)
            if message is not None:
                earlier[draft.id] = message
    return Reconciled(record, news, earlier)
