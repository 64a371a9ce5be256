"""A room's moderation: its rules, and who was when the last to write."""

from collections.abc import Iterable
from enum import Enum
from operator import itemgetter
from typing import Self

from actors.ids import new_id
from actors.room.direct import Direct, read_direct, with_blocks
from actors.room.emoji import only_emoji
from actors.room.errors import RoomError
from actors.room.moderation.approval import (
    PENDING_PREFIX,
    Pending,
    check_room,
    delete_pending,
    overdue,
    put_pending,
)
from actors.room.moderation.audit import AUDIT_PREFIX
from actors.room.moderation.change import Change, Effect, PendingResolved, PendingTold
from actors.room.moderation.commands import ModerationCommand
from actors.room.moderation.decide import decide
from actors.room.moderation.modes import Modes
from actors.room.moderation.people import Person, Role
from actors.room.moderation.reading import read_rules
from actors.room.moderation.rules import Rules
from actors.room.moderation.sanctions import Kind, Sanction
from actors.room.moderation.slow import LastPosts
from storage.api import Delete, Put, Store


class Verdict(Enum):
    """What becomes of a message that may be sent."""

    POST = "post"
    SHADOW = "shadow"
    """Its author alone is shown it."""
    PENDING = "pending"
    """It waits for a moderator: see ``Moderation.hold``."""


class Moderation:
    """Says who may come in and write, and what a moderator's command comes to.

    The rules change only by ``applied``, once a change is committed.
    """

    def __init__(self, rules: Rules, direct: Direct | None = None) -> None:
        self.rules = rules
        self.direct = direct
        self._last_posts = LastPosts()

    @classmethod
    async def load(cls, store: Store, room_id: str, posts: Iterable[tuple[str, int]] = ()) -> Self:
        """Read a room's rules, and the two and their blocks of a direct one. StoreUnavailable.

        ``posts`` are the newest: by whom, and when. With the messages that wait, slow mode goes on
        by them.
        """
        rules = await read_rules(store, room_id)
        moderation = cls(rules, await read_direct(store, room_id))
        waiting = ((each.user_id, each.at_ms) for each in rules.pending.values())
        for user_id, at_ms in sorted((*posts, *waiting), key=itemgetter(1)):
            moderation._last_posts.note(user_id, at_ms)
        return moderation

    async def read_blocks(self, store: Store) -> None:
        """Go by the blocks that are stored now; nothing where the room is no direct one.

        StoreUnavailable.
        """
        if self.direct is not None:
            self.direct = await with_blocks(store, self.direct.pair)

    @property
    def modes(self) -> Modes:
        """The room's modes."""
        return self.rules.modes

    def role_of(self, user_id: str | None) -> Role:
        """Give a user's role."""
        return self.rules.role_of(user_id)

    def sanction_of(self, user: Person, now_ms: int) -> Sanction | None:
        """Give what is laid on a user and may be told to them: the timeout."""
        return self.rules.sanction(user.user_id, Kind.TIMEOUT, now_ms)

    def author_waiting(self, user_id: str) -> Person | None:
        """Give the author of a message that waits."""
        found = [each for each in self.rules.pending.values() if each.user_id == user_id]
        return Person(user_id, found[-1].name, found[-1].address) if found else None

    def check_join(self, user: Person, now_ms: int) -> None:
        """Whether somebody may be in the room. RoomError banned, not_found."""
        if self.direct is not None:
            self.direct.check_entry(user.user_id)
        ban = self.rules.ban(user, now_ms)
        if ban is not None:
            raise RoomError("banned", "You are banned from this room.", ban.wait_s(now_ms))

    def check_voice(self, user: Person, now_ms: int) -> None:
        """Whether somebody may take part in any way. RoomError banned, blocked, timed_out."""
        self.check_join(user, now_ms)
        if self.direct is not None:
            self.direct.check_voice(user.user_id or "")
        timeout = self.rules.sanction(user.user_id, Kind.TIMEOUT, now_ms)
        if timeout is not None and not self.rules.role(user).moderates:
            raise RoomError("timed_out", "You cannot write for now.", timeout.wait_s(now_ms))

    def check_report(self, user: Person, now_ms: int) -> None:
        """Whether somebody may report a message. RoomError banned, forbidden."""
        self.check_join(user, now_ms)
        if self.direct is not None:
            raise RoomError("forbidden", "Nobody keeps order here: block who bothers you.")

    def check_send(self, user: Person, content: str, now_ms: int) -> Verdict:
        """Say what becomes of a message, and count it for slow mode if it may be sent.

        RoomError banned, blocked, timed_out, ticket_holders_only, emote_only, blocked_word,
        slow_mode, approval_full.
        """
        if self.rules.role(user).moderates:
            return Verdict.POST
        self._check_content(user, content, now_ms)
        user_id = user.user_id or ""
        shadowed = self.is_shadowed(user, now_ms)
        if self.modes.approval and not shadowed:
            check_room(self.rules.pending.values(), user_id, now_ms)
        wait_s = self._last_posts.take(user_id, self.modes.slow_s, now_ms)
        if wait_s > 0:
            raise RoomError("slow_mode", "Slow mode: wait before you write again.", wait_s)
        if shadowed:
            return Verdict.SHADOW
        return Verdict.PENDING if self.modes.approval else Verdict.POST

    def check_edit(self, user: Person, content: str, now_ms: int) -> None:
        """Whether a message may say this from now on.

        RoomError as of ``check_send``, and approval_only: what was approved stays as it was. Who
        is shadow banned is told too_old, which gives nothing away.
        """
        if self.rules.role(user).moderates:
            return
        self._check_content(user, content, now_ms)
        if self.is_shadowed(user, now_ms):
            raise RoomError("too_old", "This message cannot be changed any more.")
        if self.modes.approval:
            raise RoomError("approval_only", "Messages cannot be changed while each is looked at.")

    def is_shadowed(self, user: Person, now_ms: int) -> bool:
        """Whether nobody else is to notice what somebody does."""
        shadow = self.rules.sanction(user.user_id, Kind.SHADOWBAN, now_ms)
        return shadow is not None and not self.rules.role(user).moderates

    def hold(
        self,
        by: Person,
        content: str,
        now_ms: int,
        *,
        client_id: str | None = None,
        reply_to: str | None = None,
        mentions: tuple[str, ...] = (),
    ) -> tuple[Pending, Change]:
        """Let a message wait for a moderator; one of this ``client_id`` that waits stays alone.

        RoomError approval_full.
        """
        assert by.user_id is not None
        queue = self.rules.pending
        for each in queue.values():
            if client_id is not None and (each.user_id, each.client_id) == (by.user_id, client_id):
                return each, Change(self.rules)
        check_room(queue.values(), by.user_id, now_ms)
        pending = Pending(
            new_id(PENDING_PREFIX), by.user_id, by.name, content, now_ms, client_id, reply_to,
            mentions, by.address,
        )  # fmt: skip
        late = overdue(queue.values(), now_ms)
        kept = {id_: each for id_, each in queue.items() if each not in late}
        ops: list[Put | Delete] = [put_pending(self.rules.room_id, pending)]
        ops += [delete_pending(each) for each in late]
        effects: list[Effect] = [PendingTold(pending)]
        effects += [PendingResolved(each.id, each.user_id, "expired") for each in late]
        rules = self.rules.with_pending({**kept, pending.id: pending})
        return pending, Change(rules, tuple(ops), tuple(effects))

    def decide(
        self,
        command: ModerationCommand,
        by: Person,
        now_ms: int,
        *,
        audit_id: str | None = None,
        target: Person | None = None,
    ) -> Change:
        """Give what a command comes to; changes nothing.

        ``audit_id`` is of the entry's document in AUDIT, which proves that the change is stored.
        ``target`` is the user whom it names, as the room has seen them. RoomError forbidden,
        bad_request, pending_not_found, too_many_words, too_many_moderators, too_many_sanctions.
        """
        return decide(self.rules, command, by, now_ms, audit_id or new_id(AUDIT_PREFIX), target)

    def applied(self, change: Change) -> None:
        """The change is committed: go by it."""
        self.rules = change.rules

    def _check_content(self, user: Person, content: str, now_ms: int) -> None:
        self.check_voice(user, now_ms)
        if self.modes.ticket_holders and not user.holds_ticket:
            raise RoomError("ticket_holders_only", "Only those who have a ticket write now.")
        if self.modes.emote_only and not only_emoji(content):
            raise RoomError("emote_only", "Only emoji may be sent now.")
        if self.rules.words.hits(content):
            raise RoomError("blocked_word", "A word of this may not be written here.")
