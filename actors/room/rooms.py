"""What makes the actors of rooms."""

from actors.ports import Clock, Connections
from actors.room.actor import RoomActor
from actors.room.archive import Archive
from actors.room.roster import Rosters
from storage import Store

ROOM_IDLE_S = 60.0
"""How long the actor of an empty room stays: give this to the directory as its ``idle_s``."""


class RoomFactory:
    """Makes a room's actor, again after each crash; the roster stays the same one.

    ``connections`` are told of direct messages where they are not in the room.
    """

    def __init__(self, store: Store, clock: Clock, connections: Connections | None = None) -> None:
        self.rosters = Rosters()
        self._store = store
        self._clock = clock
        self._connections = connections

    def __call__(self, room_id: str) -> RoomActor:
        """Make the actor of this room; it finds out itself whether there is such a room."""
        archive = Archive(self._store, room_id, self._clock)
        return RoomActor(archive, self.rosters, self._clock, self._connections)
