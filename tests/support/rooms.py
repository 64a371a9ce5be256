"""Rooms for tests of the API: made over it, spoken in and listened to as by the gateway."""

from dataclasses import replace

from actors.room import Join, Send
from actors.room.archive import Archive
from actors.room.events import Message, MessagePosted
from actors.room.moderation import Person


async def room_with(stage, count, ada=None):
    """A stream's room with so many messages of its owner."""
    ada = ada or await stage.user()
    room = (await ada.ok("POST", "/streams", {"title": "A"}, 201))["id"]
    archive = Archive(stage.house.store, room, stage.clock)
    record = await archive.open()
    messages = [
        Message(offset, f"msg_{offset}", ada.user["id"], "Ada", f"line {offset}", 1_000 * offset)
        for offset in range(1, count + 1)
    ]
    if messages:
        after = replace(record, version=record.version + 1, last_offset=count)
        await archive.append(after, [MessagePosted(room, message) for message in messages])
    return room


async def own_room(caller, title="Green room"):
    """A room that the caller has made."""
    return (await caller.ok("POST", "/rooms", {"title": title}, 201))["id"]


class Seat:
    """A member that keeps what it is told."""

    def __init__(self):
        self.pushes = []
        self.farewells = []

    def offer(self, batch):
        self.pushes += batch.pushes

    def put_out(self, room_id, farewell):
        self.farewells += farewell.pushes


async def listen(stage, room, caller):
    """A seat in the room that writes down what it is told."""
    member = Seat()
    person = Person(caller.user["id"], caller.user["name"], stage.house.mark_address("192.0.2.1"))
    await stage.rooms.ask(room, Join(member, by=person))
    return member


async def say(stage, room, caller, content, client_id=None):
    """Send a message as the caller; gives what became of it."""
    person = Person(caller.user["id"], caller.user["name"])
    return await stage.rooms.ask(room, Send(person, content, client_id))


def promote(caller):
    """The command that makes the caller a moderator."""
    return {"action": "role", "user": caller.user["id"], "role": "moderator"}
