"""Forwards as a whole: what the owner does with them, and what is passed on."""

import random
from dataclasses import dataclass
from urllib.parse import urlsplit

from actors.ports import Clock
from actors.services import Sealing
from actors.services.forward_target import DEFAULT_PORTS
from actors.services.forwards import Forwards
from server.config import Settings
from server.forward.dial import Dialler, OwnAddress
from server.forward.forwarder import Forwarder
from server.forward.relay import RelayTools
from server.secrets import Secrets
from storage import Store


@dataclass(frozen=True, slots=True)
class Forwarding:
    """``forwards`` are the owners' side; ``forwarder`` is a task."""

    forwards: Forwards
    forwarder: Forwarder

    @classmethod
    def of(cls, settings: Settings, secrets: Secrets, store: Store, clock: Clock) -> "Forwarding":
        """Put them together."""
        private = settings.takes_private_targets
        forwards = Forwards(store, Sealing(secrets.forward_sealing), clock, private=private)
        dialler = Dialler(own_address(settings), private=private)
        tools = RelayTools(dialler.dial, clock, random.SystemRandom().random)
        return cls(forwards, Forwarder(forwards, tools))


def own_address(settings: Settings) -> OwnAddress:
    """Tell where this server itself takes shows."""
    listening = [settings.rtmp] if settings.rtmps is None else [settings.rtmp, settings.rtmps]
    public = urlsplit(settings.public_rtmp)
    port = public.port or DEFAULT_PORTS[public.scheme]
    return OwnAddress({each.port for each in listening}, public.hostname or "", port)
