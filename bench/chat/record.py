"""What the members of one process have seen of a room's order.

Every member checks that no offset is missing, doubled or out of turn. The frames of a room are the
same bytes to all its members, so each is parsed once and then known by its bytes: that is what
keeps a client of thousands cheaper than the server.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bench.chat.frames import OPCODE_MASK, PING, close_code, payload_of

MAX_SHEETS = 512
MAX_DIFFERENCES = 100
NS_PER_MS = 1_000_000


@dataclass(slots=True)
class Sheet:
    """What one frame says; ``first`` and ``last`` are 0 where nothing in it has an offset."""

    first: int = 0
    last: int = 0
    sent_ms: list[int] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)
    close_code: int | None = None
    is_ping: bool = False
    arrivals: Counter[int] = field(default_factory=Counter)
    """How many members had it in which millisecond."""


@dataclass(slots=True)
class Place:
    """Where one member is in the order."""

    last: int | None = None
    epoch: str | None = None

    @property
    def after(self) -> dict[str, object]:
        """What a join says of it."""
        return {} if self.last is None else {"after": self.last, "epoch": self.epoch}


class Record:
    """The order as it was seen, and whatever was wrong with it."""

    def __init__(self) -> None:
        self.ids: dict[int, str] = {}
        self.differences: list[str] = []
        self.delays_ms: Counter[int] = Counter()
        self.counts: Counter[str] = Counter()
        self.sheets: dict[bytes, Sheet] = {}

    def sheet(self, frame: bytes) -> Sheet:
        """Read a whole frame, or find what it says."""
        sheet = self.sheets.get(frame)
        if sheet is None:
            sheet = self._read(frame)
            if not sheet.replies:
                self.sheets[frame] = sheet
                if len(self.sheets) > MAX_SHEETS:
                    self._fold(self.sheets.pop(next(iter(self.sheets))))
        return sheet

    def take(self, place: Place, sheet: Sheet) -> None:
        """Let a member take in the pushes of a frame."""
        if not sheet.first:
            return
        if place.last is None or sheet.first != place.last + 1:
            self.note(f"after {place.last} came {sheet.first}")
        place.last = sheet.last

    def join(self, place: Place, joined: dict[str, Any]) -> None:
        """Let a member come in, for the first time or once more."""
        if place.last is not None and joined["recovered"]:
            self.counts["recovered"] += 1
            self._check_recovery(place.last, joined)
        elif place.last is not None:
            self.counts["had missed too much"] += 1
        if place.epoch not in (None, joined["epoch"]):
            self.note("another epoch")
        for message in joined["messages"]:
            self._see(message["offset"], message["id"])
        place.last, place.epoch = joined["offset"], joined["epoch"]

    def finish(self) -> None:
        """Fold what is still known by its bytes."""
        for sheet in self.sheets.values():
            self._fold(sheet)
        self.sheets.clear()

    def note(self, difference: str) -> None:
        """Note what is wrong; of very much only the count."""
        self.counts["differences"] += 1
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences.append(difference)

    def _read(self, frame: bytes) -> Sheet:
        if (code := close_code(frame)) is not None:
            return Sheet(close_code=code)
        if frame[0] & OPCODE_MASK == PING:
            return Sheet(is_ping=True)
        items = json.loads(payload_of(frame))
        sheet = Sheet(replies=[item for item in items if "re" in item])
        events = [item for item in items if item.get("offset") is not None]
        for event in events:
            self._see(event["offset"], event["message"]["id"])
            sheet.sent_ms.append(int(event["message"]["content"].split()[1]) // NS_PER_MS)
        if events:
            sheet.first, sheet.last = events[0]["offset"], events[-1]["offset"]
            if sheet.last - sheet.first + 1 != len(events):
                self.note(f"a gap within one frame, {sheet.first} to {sheet.last}")
        return sheet

    def _check_recovery(self, last: int, joined: dict[str, Any]) -> None:
        offsets = [event["offset"] for event in joined["events"]]
        if offsets != list(range(last + 1, joined["offset"] + 1)):
            self.note(f"recovery from {last} to {joined['offset']} gave {offsets[:3]}...")
        for event in joined["events"]:
            self._see(event["offset"], event["message"]["id"])

    def _see(self, offset: int, message_id: str) -> None:
        if self.ids.setdefault(offset, message_id) != message_id:
            self.note(f"offset {offset} is {self.ids[offset]} and {message_id}")

    def _fold(self, sheet: Sheet) -> None:
        for at_ms, members in sheet.arrivals.items():
            for sent_ms in sheet.sent_ms:
                self.delays_ms[at_ms - sent_ms] += members
        sheet.arrivals.clear()
