"""Reactions: who put what under a message, and how often each emoji is there.

They are written beside the room's order, many at a time, and each batch's sums are pushed once.
A user's reactions to a message are one document, and so is what they come to: writing the same
again changes nothing, so that a commit whose outcome is unknown is simply written again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from actors.room.archive import Archive
from actors.room.errors import RoomError, unavailable
from actors.room.events import Message
from storage import Conflict, Document, OutcomeUnknown, Put, StoreUnavailable

if TYPE_CHECKING:
    from actors.room.messages import React

REACTIONS = "reactions"
SUMS = "reaction_sums"
MAX_EMOJI_PER_MESSAGE = 20
MAX_EMOJI_PER_USER = 10
"""Under one message."""
MAX_BATCH_REACTIONS = 40
"""Each writes at most two documents, and a commit has at most 100."""
MAX_WAITING_REACTIONS = 1_000
MAX_WRITE_ATTEMPTS = 3
MAX_SUMS = 2_000
"""Kept in memory: those of the messages that were reacted to last."""
SUM_MARGIN_OFFSETS = 200
"""How far the order may have got between a batch's beginning and its push: two full commits."""

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Sum:
    """What is under one message; who has seen all up to ``told_by`` has been told of it."""

    counts: Counts
    told_by: int


class ReactionSums:
    """What is under the room's messages, of those that are kept in memory."""

    def __init__(self, sums: dict[str, Sum]) -> None:
        self._sums = sums

    @classmethod
    async def load(cls, archive: Archive, first_offset: int) -> Self:
        """Read those of the messages from an offset on."""
        return cls(await read_sums(archive, first_offset, MAX_SUMS))

    def put(self, sums: Mapping[str, Sum]) -> None:
        """Have new ones, and forget those that have not changed for longest."""
        for message_id, each in sums.items():
            self._sums.pop(message_id, None)
            self._sums[message_id] = each
        while len(self._sums) > MAX_SUMS:
            del self._sums[next(iter(self._sums))]

    def under(self, message: Message) -> Message:
        """Give a message with what is under it."""
        return with_sum(message, self._sums.get(message.id))

    def since(self, offset: int) -> dict[str, Counts]:
        """Give what a member may not know who has seen all up to an offset."""
        return {id_: each.counts for id_, each in self._sums.items() if each.told_by >= offset}


def with_sum(message: Message, found: Sum | None) -> Message:
    """Give a message with what is under it; nothing is under a deleted one."""
    if found is None or not found.counts or message.deleted:
        return message
    return replace(message, reactions=tuple(found.counts.items()))


async def read_sums(archive: Archive, first_offset: int, limit: int) -> dict[str, Sum]:
    """Read what is under the first ``limit`` messages, from an offset on, that have reactions."""
    rows = await archive.store.find(
        SUMS, {"room": archive.room_id}, sort="offset", after=(first_offset, ""), limit=limit
    )
    return {row.id: Sum(row.doc["counts"], row.doc["told_by"]) for row in rows}


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """How a batch went: each question with its refusal, or None, and the sums that changed."""

    settled: tuple[tuple["React", RoomError | None], ...]
    sums: Mapping[str, Sum]


async def write_batch(
    archive: Archive, batch: Sequence[tuple["React", Message]], last_offset: int
) -> BatchOutcome:
    """Write a batch of reactions; ``last_offset`` is the room's now."""
    told_by = last_offset + SUM_MARGIN_OFFSETS
    for attempt in range(MAX_WRITE_ATTEMPTS):
        try:
            sheet = await _Sheet.read(archive, batch)
            settled = tuple((react, sheet.apply(react)) for react, _ in batch)
            ops = tuple(sheet.ops(told_by))
            if ops:
                await archive.store.commit(*ops)
        except (Conflict, OutcomeUnknown):
            continue
        except StoreUnavailable:
            break
        # What an attempt before may have written is no change any more, and yet has to be told.
        return BatchOutcome(settled, sheet.sums(told_by, changed_only=attempt == 0))
    return BatchOutcome(tuple((react, unavailable()) for react, _ in batch), {})


class _Sheet:
    """The documents of one batch, as they are read and then changed."""

    def __init__(self, archive: Archive) -> None:
        self._room_id = archive.room_id
        self._offsets: dict[str, int] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self._users: dict[tuple[str, str], list[str]] = {}
        self._counts: dict[str, Counts] = {}
        self._changed: set[tuple[str, str]] = set()

    @classmethod
    async def read(cls, archive: Archive, batch: Iterable[tuple["React", Message]]) -> "_Sheet":
        """Read what the batch is about. StoreUnavailable."""
        sheet = cls(archive)
        for react, message in batch:
            key = (message.id, react.by.user_id or "")
            if message.id not in sheet._offsets:
                row = await archive.store.get(SUMS, message.id)
                sheet._offsets[message.id] = message.offset
                sheet._counts[message.id] = {} if row is None else dict(row.doc["counts"])
                sheet._versions[SUMS, message.id] = 0 if row is None else row.version
            if key not in sheet._users:
                row = await archive.store.get(REACTIONS, ":".join(key))
                sheet._users[key] = [] if row is None else list(row.doc["emojis"])
                sheet._versions[REACTIONS, ":".join(key)] = 0 if row is None else row.version
        return sheet

    def apply(self, react: "React") -> RoomError | None:
        """Put an emoji under a message, or take it away; give the refusal, if it is one."""
        key = (react.message_id, react.by.user_id or "")
        mine = self._users[key]
        counts = self._counts[react.message_id]
        if react.on == (react.emoji in mine):
            return None
        if react.on:
            if len(mine) >= MAX_EMOJI_PER_USER:
                return _too_many(f"At most {MAX_EMOJI_PER_USER} of yours under one message.")
            if react.emoji not in counts and len(counts) >= MAX_EMOJI_PER_MESSAGE:
                return _too_many(f"At most {MAX_EMOJI_PER_MESSAGE} kinds under one message.")
            mine.append(react.emoji)
            counts[react.emoji] = counts.get(react.emoji, 0) + 1
        else:
            mine.remove(react.emoji)
            counts[react.emoji] -= 1
            if counts[react.emoji] == 0:
                del counts[react.emoji]
        self._changed.add(key)
        return None

    def sums(self, told_by: int, *, changed_only: bool) -> dict[str, Sum]:
        """Give the sums, all or those that have changed."""
        changed = {message_id for message_id, _ in self._changed}
        return {
            message_id: Sum(counts, told_by)
            for message_id, counts in self._counts.items()
            if message_id in changed or not changed_only
        }

    def ops(self, told_by: int) -> Iterable[Put]:
        """Give the documents that have changed."""
        for key in self._changed:
            id_ = ":".join(key)
            doc: Document = {
                "room": self._room_id,
                "message": key[0],
                "user": key[1],
                "emojis": self._users[key],
            }
            yield Put(REACTIONS, id_, doc, self._versions[REACTIONS, id_])
        for message_id, each in self.sums(told_by, changed_only=True).items():
            total: Document = {
                "room": self._room_id,
                "offset": self._offsets[message_id],
                "counts": each.counts,
                "told_by": each.told_by,
            }
            yield Put(SUMS, message_id, total, self._versions[SUMS, message_id])


def _too_many(what: str) -> RoomError:
    return RoomError("too_many_reactions", what)
