"""The verdict on a storm: the store against what was acknowledged and what members saw."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bench.chat.crowd import Crowd
from storage import Row

SHOWN = 20


def judge(events: list[Row], crowd: Crowd, seen: Mapping[str, Any]) -> list[str]:
    """Give what is wrong. ``events`` is all that the store has of the room, by offset."""
    listened = {int(offset): message for offset, message in seen["ids"].items()}
    differences = [f"a listening member: {each}" for each in seen["differences"]]
    differences += [f"another member: {each}" for each in crowd.record.differences]
    differences += _few(_in_store(events))
    differences += _few(_acknowledged(events, crowd.acknowledged))
    differences += _few(_as_seen(events, listened))
    differences += _few(_as_seen(events, crowd.record.ids))
    if not events or len(crowd.acknowledged) != crowd.said:
        differences.append(f"{len(crowd.acknowledged)} of {crowd.said} messages acknowledged")
    return differences


def _in_store(events: list[Row]) -> Iterator[str]:
    offsets = [row.doc["offset"] for row in events]
    if offsets != list(range(1, len(offsets) + 1)):
        yield "the store's offsets are not 1, 2, 3 and so on"
    sent = Counter((row.doc["user"], row.doc["client_id"]) for row in events)
    for (_, client_id), count in sent.items():
        if count > 1:
            yield f"{client_id} is in the store {count} times"


def _acknowledged(events: list[Row], acknowledged: Mapping[str, int]) -> Iterator[str]:
    stored = {row.doc["client_id"]: row.doc["offset"] for row in events}
    for client_id, offset in acknowledged.items():
        if stored.get(client_id) != offset:
            yield f"{client_id} was acknowledged at {offset}, and is at {stored.get(client_id)}"


def _as_seen(events: list[Row], seen: Mapping[int, str]) -> Iterator[str]:
    stored = {row.doc["offset"]: row.id for row in events}
    for offset, message_id in seen.items():
        if stored.get(offset) != message_id:
            yield f"members saw {message_id} at {offset}, the store has {stored.get(offset)}"


def _few(differences: Iterable[str]) -> list[str]:
    found = list(differences)
    return [*found[:SHOWN], *([f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else [])]
