"""The room's slow work, done in child tasks: committing, and finding out after a failure."""

from collections.abc import Sequence

from actors.kernel import Ref
from actors.room.archive import Archive
from actors.room.drafts import Commit, Draft, Landed
from actors.room.messages import (
    RoomMessage,
)
from actors.room.outcomes import (
    CommitFailed,
    Committed,
    Reconciled,
)
from actors.room.patience import read_in_the_end
from actors.room.state import load
from storage import Conflict, OutcomeUnknown, StoreUnavailable


async def write_commit(room: Ref[RoomMessage], archive: Archive, commit: Commit) -> None:
    """Commit; tell the room how it went."""
    try:
        await archive.append(commit.after, commit.events, commit.amended, commit.ops)
    except (Conflict, OutcomeUnknown, StoreUnavailable) as error:
        await room.tell(CommitFailed(error))
    else:
        await room.tell(Committed(commit))


async def reconcile(room: Ref[RoomMessage], archive: Archive, drafts: Sequence[Draft]) -> None:
    """Read how the room is, as often as it takes, and which drafts it has already."""
    await room.tell(await read_in_the_end(_read, archive, drafts))


async def _read(archive: Archive, drafts: Sequence[Draft]) -> Reconciled:
    state = await load(archive)
    if state is None:
        raise RuntimeError("the room's record is gone")
    landed = {}
    for draft in drafts:
        found = await _find(archive, draft)
        if found is not None:
            landed[draft.id] = found
    return Reconciled(state, landed)


async def _find(archive: Archive, draft: Draft) -> Landed | None:
    """Find a draft by what proves it, or by the client_id that it was sent under before."""
    row = await archive.store.get(draft.collection, draft.id)
    if row is not None:
        return Landed(row.doc.get("offset"), draft.id)
    if draft.client_key is None:
        return None
    message = await archive.sent_as(*draft.client_key)
    return None if message is None else Landed(message.offset, message.id)
