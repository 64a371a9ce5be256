"""Who keeps order in the rooms of tests, on whom, and what is written down of it."""

import pytest

from actors.room import Person, RoomError

OWNER = Person("usr_o", "Olga")
ADA = Person("usr_" + "A" * 26, "Ada", "address of Ada")
BOB = Person("usr_" + "B" * 26, "Bob", "address of Bob")


async def refused(hall, question):
    """Ask what is not granted; give the error."""
    with pytest.raises(RoomError) as refusal:
        await hall.ask(question)
    return refusal.value


def audit(hall):
    """All acts in the store: the action, who did it, and to what."""
    rows = [doc for (kind, _), (_, doc) in hall.store.rows.items() if kind == "room_audit"]
    return [(doc["action"], doc["by"], doc.get("target")) for doc in rows]
