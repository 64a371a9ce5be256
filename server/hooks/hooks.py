"""Webhooks out as a whole: what the owner does with them, and what is sent."""

from dataclasses import dataclass

from actors.kernel import Published
from actors.ports import Clock
from actors.services import Sealing
from actors.services.hooks import Endpoints, Outbox
from server.config import Settings
from server.hooks.bodies import event_body
from server.hooks.post import Poster
from server.hooks.sender import Sender
from server.secrets import Secrets
from storage import Store


@dataclass(frozen=True, slots=True)
class Hooks:
    """``endpoints`` are the owners' side; ``sender`` is a task."""

    endpoints: Endpoints
    sender: Sender

    @classmethod
    def of(
        cls,
        settings: Settings,
        secrets: Secrets,
        store: Store,
        clock: Clock,
        committed: Published[None],
    ) -> "Hooks":
        """Put them together; ``committed`` is published when there may be news."""
        sealing, private = Sealing(secrets.webhook_sealing), settings.takes_private_targets
        outbox = Outbox(store, sealing, clock, event_body(settings.public_url))
        sender = Sender(outbox, Poster(private=private), committed, clock)
        return cls(Endpoints(store, sealing, clock, private=private), sender)
