"""The bodies of webhooks out, as the OpenAPI document shows them."""

from typing import Annotated

from pydantic import Field

from actors.services.hooks import EVENT_TYPES, EventType
from server.api.bodies import Body, Text

Events = Annotated[list[EventType], Field(min_length=1, max_length=len(EVENT_TYPES))]


class CreateHookBody(Body):
    """A new webhook; without ``events`` it hears of all."""

    url: Text
    events: Events | None = None
    enabled: bool = True


class UpdateHookBody(Body):
    """What to change; the rest stays. ``enabled`` also has what waits sent at once."""

    url: Text | None = None
    events: Events | None = None
    enabled: bool | None = None


class HookView(Body):
    """A webhook. ``secret`` is shown when it is made, and never again."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    created_at: str
    disabled_reason: str | None
    disabled_at: str | None
    failing_since: str | None = Field(description="Since when nothing is taken; null while it is")
    secret: str = ""


class HookList(Body):
    """All webhooks of a stream, the oldest first."""

    items: list[HookView]


class PingView(Body):
    """What came of a ping: ``error`` is null where it was taken."""

    status: int | None
    error: str | None
    took_ms: int


class DeliveryView(PingView):
    """One try. ``outcome``: delivered, retrying (again at ``next_at``), given_up, or ping."""

    event_id: str
    type: str
    at: str
    attempt: int
    outcome: str
    next_at: str | None


class DeliveryList(Body):
    """The latest tries, the newest first, and how many events wait."""

    items: list[DeliveryView]
    waiting: int
