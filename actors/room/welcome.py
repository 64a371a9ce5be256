"""Who may be in the room of a ticketed stream, read anew for those who are in already."""

from collections.abc import Iterable

from actors.ids import is_id
from actors.kernel import Ref
from actors.room.messages import PutOut, RoomMessage
from actors.room.moderation import Person, read_role
from actors.room.patience import read_in_the_end
from actors.services.access_tokens import Principal
from actors.services.accounts import COLLECTION as USERS
from actors.services.licences import may_attend
from actors.services.streams import STREAM_PREFIX, Stream, get_stream
from storage import Store

LICENCE_REQUIRED = "licence_required"


async def is_welcome(store: Store, stream: Stream, user_id: str | None) -> bool:
    """Whether a user (None: a guest) may be in a stream's room. StoreUnavailable.

    Its moderators need no ticket.
    """
    if user_id is None:
        return await may_attend(store, None, stream)
    row = await store.get(USERS, user_id)
    principal = Principal(user_id, "", admin=row is not None and row.doc["admin"])
    if await may_attend(store, principal, stream):
        return True
    person = Person(user_id, "", admin=principal.admin)
    return (await read_role(store, stream.id, person)).moderates


async def put_out_unwelcome(
    room: Ref[RoomMessage], store: Store, room_id: str, user_ids: Iterable[str | None]
) -> None:
    """Have the room put out those who may not be in it, however long the store is out."""
    if not is_id(room_id, STREAM_PREFIX):
        return
    for user_id in await read_in_the_end(_unwelcome, store, room_id, user_ids):
        await room.tell(PutOut(user_id, LICENCE_REQUIRED))


async def _unwelcome(
    store: Store, room_id: str, user_ids: Iterable[str | None]
) -> list[str | None]:
    stream = await get_stream(store, room_id)
    if stream is None or stream.access == "public":
        return []
    return [each for each in user_ids if not await is_welcome(store, stream, each)]
