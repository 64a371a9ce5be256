"""The house: everything that a route may need, composed once."""

from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from quart import current_app

from actors.kernel import Directory, Supervisor
from actors.ports import Clock, Payouts, Psp, Viewers
from actors.refund.messages import RefundMessage
from actors.room import RoomMessage
from actors.services import AccessTokens, Accounts, StreamKeys
from actors.stream.messages import StreamMessage
from server.config import Settings
from server.edge import TicketedSessions
from server.forward import Forwarding
from server.gatekeeper import Gatekeeper
from server.hooks import Hooks
from server.sweeper import Sweeper
from storage import Store

EXTENSION = "bandstand"


@dataclass(frozen=True, slots=True)
class House:
    """What the composition lends to the routes. ``started_at_ms`` is Unix time.

    ``mark_address`` turns a client's address into what rooms know it by.
    ``webhook_secrets`` are those that the payment provider may sign with, the newest first.
    Whoever has figures of their own to show at ``/metrics`` registers them with ``metrics``.
    """

    settings: Settings
    store: Store
    streams: Directory[StreamMessage]
    rooms: Directory[RoomMessage]
    mark_address: Callable[[str], str]
    orders: Directory[RefundMessage]
    viewers: Viewers
    ticketed_sessions: TicketedSessions
    gatekeeper: Gatekeeper
    accounts: Accounts
    tokens: AccessTokens
    stream_keys: StreamKeys
    hooks: Hooks
    forwarding: Forwarding
    clock: Clock
    psp: Psp
    payouts: Payouts
    webhook_secrets: tuple[bytes, ...] = field(repr=False)
    sweeper: Sweeper
    supervisor: Supervisor
    started_at_ms: int
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)


def current_house() -> House:
    """Return the house of the app that handles the present request."""
    house: House = current_app.extensions[EXTENSION]
    return house
