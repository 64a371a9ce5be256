"""Which room a request goes to."""

import enum

EDGE_PREFIX = "/live/"
GATEWAY_PATH = "/ws"


class Room(enum.Enum):
    """The three behind the door."""

    EDGE = "edge"
    GATEWAY = "gateway"
    APP = "app"


def room_for(path: str) -> Room:
    """Route by the path's bytes as they came, whatever the method.

    Nothing is decoded, folded or resolved first: ``/live/../x`` is the edge's (which has no such
    file), ``/%6cive/``, ``//live/``, ``/LIVE/``, ``/x/../ws`` and ``/ws/`` are the app's (which has
    no such page). No room knows another's paths, so a spelling can reach nothing but a 404.
    """
    if path.startswith(EDGE_PREFIX):
        return Room.EDGE
    if path == GATEWAY_PATH:
        return Room.GATEWAY
    return Room.APP
