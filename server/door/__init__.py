"""The one door: every HTTP connection comes in here and is shown to its room."""

from server.door.door import MAX_CONNECTIONS_COUNT, Door, DoorConfig, DoorStatistics
from server.door.forwarded import AsgiApp, IpNetwork, Scope, client_address, client_scheme
from server.door.handler import ConnectionHandler, Handover
from server.door.head import MAX_HEAD_BYTES, HeadParser, HeadRefused, RequestHead
from server.door.reading import HEAD_TIMEOUT_S, linger, read_head, send_last
from server.door.refusal import error_body, refusal, status_line
from server.door.routing import EDGE_PREFIX, GATEWAY_PATH, Room, room_for
from server.door.stream import PrependedStream

__all__ = [
    "EDGE_PREFIX",
    "GATEWAY_PATH",
    "HEAD_TIMEOUT_S",
    "MAX_CONNECTIONS_COUNT",
    "MAX_HEAD_BYTES",
    "AsgiApp",
    "ConnectionHandler",
    "Door",
    "DoorConfig",
    "DoorStatistics",
    "Handover",
    "HeadParser",
    "HeadRefused",
    "IpNetwork",
    "PrependedStream",
    "RequestHead",
    "Room",
    "Scope",
    "client_address",
    "client_scheme",
    "error_body",
    "linger",
    "read_head",
    "refusal",
    "room_for",
    "send_last",
    "status_line",
]
