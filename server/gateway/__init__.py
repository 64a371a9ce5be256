"""The WebSocket gateway: chat for everybody, on one socket each."""

from server.gateway.encoding import JSON, MSGPACK, Encoding
from server.gateway.gateway import Gateway
from server.gateway.registry import Registry
from server.gateway.watching import Watching

__all__ = ["JSON", "MSGPACK", "Encoding", "Gateway", "Registry", "Watching"]
