"""Shows passed on to other RTMP servers: a task for each target, which never holds the show."""

from server.forward.forwarder import Forwarder
from server.forward.forwarding import Forwarding
from server.forward.status import ForwardStatus

__all__ = ["ForwardStatus", "Forwarder", "Forwarding"]
