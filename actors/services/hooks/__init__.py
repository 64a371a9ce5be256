"""Webhooks out: a stream's events, the endpoints that hear of them, and the lines between."""

from actors.services.hooks.endpoints import Endpoint, Endpoints, History, HookError
from actors.services.hooks.events import (
    EVENT_TYPES,
    PING,
    STREAM_DELETED,
    Event,
    EventType,
    keep_event,
    new_event,
)
from actors.services.hooks.line import Answer, Try
from actors.services.hooks.sending import Due, Job, Outbox
from actors.services.hooks.signing import SIGNATURE_HEADER, signature

__all__ = [
    "EVENT_TYPES",
    "PING",
    "SIGNATURE_HEADER",
    "STREAM_DELETED",
    "Answer",
    "Due",
    "Endpoint",
    "Endpoints",
    "Event",
    "EventType",
    "History",
    "HookError",
    "Job",
    "Outbox",
    "Try",
    "keep_event",
    "new_event",
    "signature",
]
