"""The WebSocket gateway: chat for everybody, on one socket each."""

from server.gateway.encoding import JSON, MSGPACK, Encoding
from server.gateway.gateway import Gateway
from server.gateway.registry import MAX_CONNECTIONS, Registry
from server.gateway.watching import Watching

__all__ = ["JSON", "MAX_CONNECTIONS", "MSGPACK", "Encoding", "Gateway", "Registry", "Watching"]
