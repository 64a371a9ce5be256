"""What one client does in the rooms: who it is, where it is, and its commands' results."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, assert_never

import trio

from actors.kernel import ActorStopped, Ask, Directory, KernelError, TooManyActors
from actors.room import (
    MAX_MESSAGE_CHARACTERS,
    USER_BURST_MESSAGES,
    USER_MESSAGES_PER_S,
    Delete,
    DirectMessages,
    Edit,
    History,
    Join,
    Leave,
    ListMembers,
    Moderate,
    NoteTyping,
    Person,
    Pin,
    React,
    Report,
    RoomError,
    RoomMember,
    RoomMessage,
    Send,
    Sent,
    licence_required,
)
from actors.room.direct import User
from actors.services import AccountError, Principal
from server.gateway import wire
from server.gateway.commands import (
    Auth,
    Command,
    DeleteMessage,
    EditMessage,
    JoinRoom,
    LeaveRoom,
    ListRoom,
    ModerateRoom,
    PinMessage,
    ReactToMessage,
    ReadHistory,
    ReportMessage,
    SendMessage,
    TakingPart,
    TellTyping,
)
from server.gateway.direct import DirectCommand, SendDirect, correspond
from server.gateway.watch_commands import UnwatchStream, WatchStream
from server.gateway.watching import Watching, WatchRefused
from storage import StoreUnavailable

MAX_ROOMS_PER_CONNECTION = 20
MAX_WATCHED_PER_CONNECTION = 20
LEAVE_TIMEOUT_S = 5.0

R = TypeVar("R")


class Refusal(Exception):
    """The command is not done; what the client is told."""

    def __init__(self, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Services:
    """What all sessions share.

    ``admit`` raises RoomError where a room is not there, or not for this user (None: a guest), and
    tells whether the user holds a ticket. ``mark_address`` turns an address into what rooms know
    it by.
    ``authenticate`` raises AccountError. Without ``watching`` no stream can be watched.
    """

    rooms: Directory[RoomMessage]
    admit: Callable[[str, Principal | None], Awaitable[bool]]
    authenticate: Callable[[str], Principal]
    mark_address: Callable[[str], str]
    direct: DirectMessages
    watching: Watching | None


class Session:
    """One connection's part in the chat.

    ``member`` is how rooms reach it; ``address`` is its client's.

    ``question`` is the one that a room has been asked last. From when the room has settled it
    until its reply is written, pushes have to wait: they come after it in the room's order.
    """

    __slots__ = ("_member", "_principal", "_rooms", "_services", "_watched", "address", "question")

    def __init__(self, services: Services, member: RoomMember, address: str) -> None:
        self._services = services
        self.address = address
        self._member = member
        self._principal: Principal | None = None
        self._rooms: dict[str, Person] | None = (
            None  # most of the memory of a session that never joins
        )
        self._watched: set[str] | None = None
        self.question: Ask[Any] | None = None

    @property
    def user_id(self) -> str | None:
        """Whose connection this is; None for a guest."""
        return None if self._principal is None else self._principal.user_id

    async def do(self, command: Command) -> wire.Item:
        """Do a command; give its result. Refusal."""
        try:
            return await self._do(command)
        except (RoomError, AccountError, WatchRefused) as error:
            raise Refusal(error.code, error.message, error.retry_after_s) from error
        except TooManyActors as error:
            raise Refusal("busy", "Too many rooms are open at once.", 5.0) from error
        except (KernelError, StoreUnavailable) as error:
            raise Refusal("unavailable", "The room does not answer. Try again.", 1.0) from error

    def forget(self, room: str) -> bool:
        """Be in a room no more, as the room has said; tell whether there is another one."""
        if self._rooms is not None:
            self._rooms.pop(room, None)
        return bool(self._rooms)

    async def leave_all(self) -> None:
        """Go out of all rooms and watch no stream, at the connection's end."""
        for stream in tuple(self._watched or ()):
            self._unwatch(stream)
        with trio.move_on_after(LEAVE_TIMEOUT_S, shield=True):
            for room in tuple(self._rooms or ()):
                await self._tell_leave(room)
        self._rooms = None

    async def _do(self, command: Command) -> wire.Item:
        match command:
            case Auth(token):
                return self._authenticate(token)
            case JoinRoom():
                return await self._join(command)
            case LeaveRoom(room):
                await self._leave(room)
                return {"room": room}
            case ReadHistory(room, before, limit):
                page = await self._ask(room, lambda by: History(before, limit, by))
                return wire.history(room, page)
            case ListRoom(room):
                return wire.members(room, await self._ask(room, ListMembers))
            case WatchStream(stream):
                return await self._watch(stream)
            case UnwatchStream(stream):
                self._unwatch(stream)
                return {"stream": stream}
            case _:
                if self._principal is None:
                    raise Refusal("unauthenticated", "Sign in to take part.")
                if isinstance(command, DirectCommand):
                    me = User(self._principal.user_id, self._principal.name)
                    return await correspond(command, me, self._services.direct, self._say_direct)
                return await self._take_part(command)

    async def _take_part(self, command: TakingPart) -> wire.Item:
        room = command.room
        match command:
            case SendMessage(_, content, client_id, reply_to, mentions):
                said = (content, client_id, reply_to, mentions)
                return wire.sent(await self._ask(room, lambda by: Send(by, *said)))
            case EditMessage(_, message, content):
                return {"offset": await self._ask(room, lambda by: Edit(by, message, content))}
            case DeleteMessage(_, message, reason):
                return {"offset": await self._ask(room, lambda by: Delete(by, message, reason))}
            case PinMessage(_, message, on):
                return {"offset": await self._ask(room, lambda by: Pin(by, message, on))}
            case ReactToMessage(_, message, emoji, on):
                await self._ask(room, lambda by: React(by, message, emoji, on))
            case ReportMessage(_, message, reason):
                await self._ask(room, lambda by: Report(by, message, reason))
            case ModerateRoom(_, what):
                return {"offset": await self._ask(room, lambda by: Moderate(by, what))}
            case TellTyping():
                await self._ask(room, NoteTyping)
            case _:
                assert_never(command)
        return {"room": room}

    def _authenticate(self, token: str) -> wire.Item:
        principal = self._services.authenticate(token)
        if self._principal is not None and self._principal.user_id != principal.user_id:
            raise Refusal("forbidden", "This connection is another user's: open a new one.")
        self._principal = principal
        return {
            "user": {"id": principal.user_id, "name": principal.name},
            "permissions": ["read", "send"],
            "limits": {
                "message_characters": MAX_MESSAGE_CHARACTERS,
                "burst_messages": USER_BURST_MESSAGES,
                "messages_per_s": USER_MESSAGES_PER_S,
                "rooms": MAX_ROOMS_PER_CONNECTION,
            },
        }

    async def _join(self, command: JoinRoom) -> wire.Item:
        room = command.room
        if self._rooms is None:
            self._rooms = {}
        if room not in self._rooms and len(self._rooms) >= MAX_ROOMS_PER_CONNECTION:
            raise Refusal("too_many_rooms", f"At most {MAX_ROOMS_PER_CONNECTION} rooms at a time.")
        person = await self._admit(room)
        self._rooms[room] = person
        question = Join(self._member, command.after, command.epoch, person)
        self.question = question
        try:
            state = await self._services.rooms.ask(room, question)
            # A licence that was revoked since the first look is refused by this one, or else the
            # room hears of it only now that this member is in, and puts it out: a revocation is
            # told when it is committed, and this reads what is.
            await self._admit(room)
        except (KernelError, RoomError, StoreUnavailable):
            await self._tell_leave(room)  # it may have let us in all the same
            self._rooms.pop(room, None)
            raise
        if room not in self._rooms:
            raise licence_required()  # put out already, and told so
        return wire.joined(room, state)

    async def _watch(self, stream: str) -> wire.Item:
        watching = self._services.watching
        if watching is None:
            raise Refusal("unavailable", "Streams cannot be watched here.")
        mine = self._watched or set()
        if stream not in mine and len(mine) >= MAX_WATCHED_PER_CONNECTION:
            mine = {each for each in mine if watching.watches(each, self._member)}  # not gone
            if len(mine) >= MAX_WATCHED_PER_CONNECTION:
                most = f"At most {MAX_WATCHED_PER_CONNECTION} streams at a time."
                raise Refusal("too_many_streams", most)
        watched = await watching.watch(stream, self._member, self._principal)
        self._watched = mine | {stream}
        return wire.watched(stream, watched.facts, watched.viewers)

    def _unwatch(self, stream: str) -> None:
        if self._watched is not None and stream in self._watched:
            self._watched.discard(stream)
            if self._services.watching is not None:
                self._services.watching.unwatch(stream, self._member)

    async def _leave(self, room: str) -> None:
        if self._rooms is not None and room in self._rooms:
            await self._ask(room, lambda _: Leave(self._member))
            self._rooms.pop(room, None)

    async def _ask(self, room: str, question_of: Callable[[Person], Ask[R]]) -> R:
        # A member was admitted when it came in, and is put out when it may not be in any more. An
        # actor is made only for a room that there is, or guessed names would fill the directory.
        person = None if self._rooms is None else self._rooms.get(room)
        if person is None or person.user_id != self.user_id:  # or signed in since
            person = await self._admit(room)
        return await self._put(room, question_of(person))

    async def _say_direct(self, room: str, said: SendDirect) -> Sent:
        # The room's id is made of this user's: there is nothing to admit.
        by = self._person(holds_ticket=False)
        return await self._put(room, Send(by, said.content, said.client_id, said.reply_to))

    async def _put(self, room: str, question: Ask[R]) -> R:
        self.question = question
        return await self._services.rooms.ask(room, question)

    async def _admit(self, room: str) -> Person:
        """Look whether this client may be in a room, and as whom. RoomError, StoreUnavailable."""
        return self._person(await self._services.admit(room, self._principal))

    def _person(self, holds_ticket: bool) -> Person:
        principal = self._principal
        address = self._services.mark_address(self.address)
        if principal is None:
            return Person(None, "", address)
        return Person(principal.user_id, principal.name, address, principal.admin, holds_ticket)

    async def _tell_leave(self, room: str) -> None:
        ref = self._services.rooms.get(room)
        if ref is not None:
            try:
                await ref.tell(Leave(self._member))
            except ActorStopped:
                return  # then nobody is in; and if it comes back, the first push puts us out
