"""Rules, people, and a store that is nothing but its version checks."""

from dataclasses import dataclass, field

import pytest

from actors.room.moderation import Moderation, Moderator, Person, Rules
from storage import Delete

ROOM = "str_01JD0000000000000000000000"
NOW_MS = 1_800_000_000_000


def user_id(letter):
    return f"usr_01JD000000000000000000000{letter}"


@dataclass
class Desk:
    """A moderation whose changes are applied at once, as if each commit landed."""

    moderation: Moderation
    now_ms: int = NOW_MS
    documents: dict = field(default_factory=dict)
    audit: list = field(default_factory=list)

    def write(self, change):
        """Apply the ops as a store would: at the right version, each document once."""
        assert len({(op.collection, op.id) for op in change.ops}) == len(change.ops) <= 99
        for op in change.ops:
            version, _ = self.documents.get((op.collection, op.id), (0, None))
            assert version == op.version, op
            if isinstance(op, Delete):
                del self.documents[op.collection, op.id]
            else:
                self.documents[op.collection, op.id] = (version + 1, op.doc)
            if op.collection == "room_audit":
                self.audit.append(op.doc)
        self.moderation.applied(change)
        return change

    def do(self, command, by, target=None):
        return self.write(self.moderation.decide(command, by, self.now_ms, target=target))

    def send(self, person, content="hello"):
        return self.moderation.check_send(person, content, self.now_ms)

    def hold(self, person, content="hello", client_id=None):
        pending, change = self.moderation.hold(person, content, self.now_ms, client_id=client_id)
        self.write(change)
        return pending

    def pass_s(self, seconds):
        self.now_ms += round(seconds * 1000)


class People:
    """One of each kind, and a second one where peers matter."""

    owner = Person(user_id("A"), "Olga")
    admin = Person(user_id("B"), "Root", admin=True)
    moderator = Person(user_id("C"), "Mo")
    other_moderator = Person(user_id("D"), "Max")
    member = Person(user_id("E"), "Eve", address="a" * 32)
    neighbour = Person(user_id("F"), "Flo", address="a" * 32)
    ticketed = Person(user_id("G"), "Tim", holds_ticket=True)
    guest = Person(None, "", address="a" * 32)


@pytest.fixture
def people():
    return People()


@pytest.fixture
def desk(people):
    desk = Desk(Moderation(Rules(ROOM, people.owner.user_id)))
    for person in (people.moderator, people.other_moderator):
        moderator = Moderator(person.user_id, person.name, NOW_MS)
        desk.documents["room_roles", f"{ROOM}:{person.user_id}"] = (1, {})
        rules = desk.moderation.rules
        desk.moderation.rules = Rules(
            ROOM, rules.owner, moderators={**rules.moderators, person.user_id: moderator}
        )
    return desk
