"""The gatekeeper: who may come into a room, and who is put out of a stream and its room."""

from actors.ids import is_id
from actors.kernel import Directory, KernelError
from actors.ports import LicenceChanged, Untold
from actors.room import (
    ListUsers,
    PutOut,
    RoomMessage,
    is_direct,
    licence_required,
    not_found,
    room_exists,
)
from actors.room.direct import read_pair
from actors.room.moderation import Person, read_role
from actors.room.welcome import LICENCE_REQUIRED, is_welcome
from actors.services import Principal
from actors.services.licences import pass_holder
from actors.services.streams import STREAM_PREFIX, get_stream
from actors.stream import ChangeLicence, StreamMessage
from storage import Store, StoreError

LICENCE_REVOKED = "licence_revoked"


class Gatekeeper:
    """``actors.ports.Gatekeeper``, and the look at those who want to come in.

    Actors are asked also where none runs: one that crashed for good has left its window on the
    board, or its members in the room.
    """

    def __init__(
        self, store: Store, streams: Directory[StreamMessage], rooms: Directory[RoomMessage]
    ) -> None:
        self._store = store
        self._streams = streams
        self._rooms = rooms

    async def admit(self, room_id: str, principal: Principal | None) -> bool:
        """Let somebody (None: a guest) into a room, and tell whether they hold a ticket to it.

        Moderators need none. Of a direct room only its two hear that there is one.
        RoomError not_found, licence_required; StoreUnavailable.
        """
        if is_direct(room_id):
            pair = await read_pair(self._store, room_id)
            if pair is None or principal is None or principal.user_id not in pair.ids:
                raise not_found()
            return False
        if not is_id(room_id, STREAM_PREFIX):
            if not await room_exists(self._store, room_id):
                raise not_found()
            return False
        stream = await get_stream(self._store, room_id)
        if stream is None:
            raise not_found()
        holds_ticket = await pass_holder(self._store, principal, stream) is not None
        public = stream.access == "public"
        if not (public or holds_ticket or await self._moderates(room_id, principal)):
            raise licence_required()
        return holds_ticket

    async def licence_changed(self, change: LicenceChanged) -> None:
        """Tell the stream's actor, and have the room put out who has no licence left.

        Call it once the change is committed: then who is looked at from now on, or loaded by an
        actor that starts meanwhile, has it already. Returns when both have answered. The same
        change told again has no other effect. Untold.
        """
        try:
            await self._streams.ask(change.stream_id, ChangeLicence(change))
            if not change.active:
                await self._put_out_unless_welcome(
                    change.stream_id, change.user_id, LICENCE_REVOKED
                )
        except (KernelError, StoreError) as error:
            raise Untold(f"licence {change.licence_id}: {error}") from error

    async def access_changed(self, stream_id: str) -> None:
        """Have the room put out all who may not be in it now that the stream has another access.

        KernelError, StoreUnavailable; then ask for the same again.
        """
        for user_id in await self._rooms.ask(stream_id, ListUsers()):
            await self._put_out_unless_welcome(stream_id, user_id, LICENCE_REQUIRED)

    async def _put_out_unless_welcome(
        self, stream_id: str, user_id: str | None, reason: str
    ) -> None:
        stream = await get_stream(self._store, stream_id)
        if stream is None or not await is_welcome(self._store, stream, user_id):
            await self._rooms.ask(stream_id, PutOut(user_id, reason))

    async def _moderates(self, room_id: str, principal: Principal | None) -> bool:
        if principal is None:
            return False
        person = Person(principal.user_id, principal.name, admin=principal.admin)
        return (await read_role(self._store, room_id, person)).moderates
