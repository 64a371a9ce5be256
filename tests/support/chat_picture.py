"""A room as one member sees it, made of what the server sends and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]


@dataclass
class Picture:
    """Messages by id, in the room's order, as they are now, from where the member came in."""

    epoch: str | None = None
    offset: int = 0
    messages: dict[str, Item] = field(default_factory=dict)
    pinned: list[str] = field(default_factory=list)
    modes: dict[str, Any] = field(default_factory=dict)
    recoveries: int = 0

    def enter(self, joined: Item) -> None:
        """Take the reply to ``join``: what was missed, or all anew."""
        if joined["recovered"]:
            assert joined["epoch"] == self.epoch
            for event in joined["events"]:
                self.apply(event)
            self._sum(joined["reactions"])
            self.recoveries += 1
        else:
            self.epoch, self.offset = joined["epoch"], joined["offset"]
            self.messages = {each["id"]: dict(each) for each in joined["messages"]}
            self.pinned = [each["id"] for each in joined["pinned"]]
            self.modes = joined["modes"]
        assert self.offset == joined["offset"], "what was missed ends where the room stood"
        assert self.pinned == [each["id"] for each in joined["pinned"]]
        assert self.modes == joined["modes"]

    def apply(self, push: Item) -> None:
        """Take a push. One with an offset comes right after the last one: there is no gap."""
        if push.get("offset") is not None:
            assert push["offset"] == self.offset + 1, f"{push['offset']} after {self.offset}"
            self.offset = push["offset"]
        match push:
            case {"push": "message", "offset": int(), "message": message}:
                self.messages[message["id"]] = dict(message)
            case {"push": "edited", "message": changed}:
                self.messages.get(changed["id"], {}).update(changed)
            case {"push": "deleted", "message": {"id": id_}}:
                self._blank(id_)
            case {"push": "purged", "user": {"id": user}, "before": before}:
                for id_, each in self.messages.items():
                    if each["user"]["id"] == user and each["offset"] < before:
                        self._blank(id_)
            case {"push": "pinned", "message": {"id": id_}}:
                self.pinned.append(id_)
            case {"push": "unpinned", "message": {"id": id_}}:
                self.pinned.remove(id_)
            case {"push": "mode", "modes": modes}:
                self.modes = modes
            case {"push": "reactions", "sums": sums}:
                self._sum(sums)

    @property
    def first_offset(self) -> int:
        """The offset of the first message."""
        return next((each["offset"] for each in self.messages.values()), 1)

    def since(self, offset: int) -> list[Item]:
        """Give the messages past an offset, to compare those of members who came in later."""
        return [each for each in self.messages.values() if each["offset"] > offset]

    def contents(self) -> list[str]:
        """Give what the messages say, in their order."""
        return [each["content"] for each in self.messages.values()]

    def _sum(self, sums: dict[str, dict[str, int]]) -> None:
        for id_, counts in sums.items():
            message = self.messages.get(id_)
            if message is not None and not message.get("deleted"):
                message.pop("reactions", None)
                message |= {"reactions": counts} if counts else {}

    def _blank(self, id_: str) -> None:
        """Have a message say nothing any more, and stand on top no more."""
        if id_ in self.pinned:
            self.pinned.remove(id_)
        message = self.messages.get(id_)
        if message is not None:
            message |= {"content": "", "deleted": True}
            for name in ("mentions", "reactions"):
                message.pop(name, None)


def same_order(pictures: Iterable[Picture]) -> None:
    """Check that members of one room see the same, as far back as all of them do."""
    pictures = list(pictures)
    first = max(each.first_offset for each in pictures)
    for each in pictures[1:]:
        assert each.since(first - 1) == pictures[0].since(first - 1)
        assert (each.epoch, each.offset) == (pictures[0].epoch, pictures[0].offset)
        assert (each.pinned, each.modes) == (pictures[0].pinned, pictures[0].modes)
