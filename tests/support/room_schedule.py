"""What members of a room do in a schedule, and what each of them can see of it."""

from operator import itemgetter

from actors.kernel import KernelError
from actors.room import (
    Delete,
    Edit,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessagePosted,
    MessageUnpinned,
    Moderate,
    ModesChanged,
    Person,
    Pin,
    React,
    ReactionsSummed,
    RoomError,
    UserPurged,
)
from actors.room.moderation import Approve, PurgeUser, RemoveMessage, SetModes, SetSlow

OWNER = Person("usr_o", "Olga")
EMOJI = ("👍", "🎸")
CLOSED = object()
EVENTS = "room_events"
KEPT_IN = {"approve": "room_pending"}
"""Where a question finds what it is about, if not among the events."""
BEYOND = 10**9
"""An offset that no room has."""


class View:
    """What a page shows: it is kept up by pushes alone."""

    def __init__(self, joined):
        self.messages = {message.id: message for message in joined.messages}
        self.reactions = {each.id: dict(each.reactions) for each in joined.messages}
        self.start(joined)

    def start(self, joined):
        """Take what every join tells of the present."""
        self.pinned = {message.id for message in joined.pinned}
        self.modes = joined.modes.document()

    def apply(self, push):
        match push:
            case MessagePosted(_, message) | MessageEdited(message=message):
                self.messages[message.id] = message
            case MessageDeleted(message_id=id_):
                self.messages[id_] = None
                self.pinned.discard(id_)
            case UserPurged(user_id=user_id, before=before):
                for id_, message in self.messages.items():
                    mine = message is not None and message.user_id == user_id
                    if mine and message.offset < before:
                        self.messages[id_] = None
                        self.pinned.discard(id_)
            case ModesChanged(modes=modes):
                self.modes = modes
            case MessagePinned(message=message):
                self.pinned.add(message.id)
            case MessageUnpinned(message_id=id_):
                self.pinned.discard(id_)
            case ReactionsSummed(_, sums):
                self.reactions |= {id_: dict(counts) for id_, counts in sums.items()}

    def shown(self):
        messages = {
            id_: (message.offset, message.content, message.edited_at_ms)
            for id_, message in self.messages.items()
            if message is not None and not message.deleted
        }
        reactions = {id_: each for id_, each in self.reactions.items() if each and id_ in messages}
        return messages, reactions, self.pinned, self.modes


class Client:
    """Somebody who keeps what was seen, and comes back by offset.

    ``place`` is the last offset seen; each push has to have the next one.
    """

    def __init__(self, hall, make_listener, person):
        self.hall = hall
        self.make_listener = make_listener
        self.person = person
        self.member = None
        self.taken = 0
        self.place = 0
        self.epoch = None
        self.view = None
        self.sent = 0
        self.acknowledged = {}
        self.offsets = set()

    async def come(self, after=None, epoch=None):
        """Come in where one was last, or as one who says that it was elsewhere."""
        if self.member is not None:
            return
        member = self.make_listener()
        after = self.place if after is None else after
        epoch = epoch or self.epoch
        try:
            joined = await self.hall.join(member, after, epoch, self.person.user_id)
        except (KernelError, RoomError):
            member.answer = CLOSED
            return
        assert self.epoch in (None, joined.epoch)
        assert joined.recovered == (epoch == joined.epoch and after <= joined.offset)
        if joined.recovered:
            missed = [event.offset for event in joined.events]
            assert missed == list(range(after + 1, joined.offset + 1))
            for push in (*joined.events, ReactionsSummed("", joined.sums)):
                self.view.apply(push)
            self.view.start(joined)
        else:
            assert joined.events == ()
            self.view = View(joined)
        self.place = joined.offset
        self.epoch = joined.epoch
        self.member, self.taken = member, 0

    def take(self, lost=0):
        """Look at what was pushed since, but for the last ``lost`` frames."""
        batches = self.member.batches
        for batch in batches[self.taken : max(self.taken, len(batches) - lost)]:
            for push in batch.pushes:
                if hasattr(push, "offset"):
                    assert push.offset == self.place + 1
                    self.place = push.offset
                self.view.apply(push)
        self.taken = len(batches)

    def drop(self, lost=0):
        """Lose the connection, with what stood in it."""
        if self.member is not None:
            self.take(lost)
            assert self.member.removed == []
            self.member.answer = CLOSED
            self.member = None

    async def say(self, number):
        client_id = f"c{number}"
        try:
            sent = await self.hall.say(f"m{number}", self.person.user_id, client_id)
        except (RoomError, KernelError):
            return
        if sent.offset is not None:
            assert self.acknowledged.setdefault(client_id, sent) == sent

    async def ask(self, what, n):
        question = self._question(what, n)
        if question is None:
            return
        try:
            offset = await self.hall.ask(question)
        except (RoomError, KernelError):
            return
        if offset is not None:
            assert offset not in self.offsets
            self.offsets.add(offset)

    def _question(self, what, n):
        """Ask for something about what there is; None where there is nothing of the kind."""
        match what:
            case "purge":
                return Moderate(OWNER, PurgeUser(self.person.user_id))
            case "slow":
                return Moderate(OWNER, SetSlow(n // 5))
            case "approval":
                return Moderate(OWNER, SetModes(approval=n == 0))
        rows = self.hall.store.rows.items()
        kept_in = KEPT_IN.get(what, EVENTS)
        found = sorted(
            ((id_, doc) for (kind, id_), (_, doc) in rows if kind == kept_in), key=itemgetter(0)
        )
        found = [(id_, doc) for id_, doc in found if doc.get("kind", "message") == "message"]
        if not found:
            return None
        id_, doc = found[-1 - n % len(found)]
        author = self.person if n == 0 else Person(doc["user"], doc["name"])
        match what:
            case "approve":
                return Moderate(OWNER, Approve(id_))
            case "remove":
                return Moderate(OWNER, RemoveMessage(id_))
            case "edit":
                return Edit(author, id_, f"edited {n}")
            case "delete":
                return Delete(author, id_)
            case "react" | "unreact":
                return React(self.person, id_, EMOJI[n % len(EMOJI)], on=what == "react")
            case "pin" | "unpin":
                return Pin(OWNER, id_, on=what == "pin")
        raise AssertionError(what)
