"""What the world outside is told of a stream's life: written by the commit that makes it so."""

from actors.services.hooks import EventType
from actors.stream.lifecycle import Status

EVENT_OF: dict[tuple[Status, Status], EventType] = {
    (Status.IDLE, Status.LIVE): "stream.live",
    (Status.ENDED, Status.LIVE): "stream.live",
    (Status.LIVE, Status.INTERRUPTED): "stream.interrupted",
    (Status.INTERRUPTED, Status.LIVE): "stream.resumed",
    (Status.LIVE, Status.ENDED): "stream.ended",
    (Status.INTERRUPTED, Status.ENDED): "stream.ended",
}
"""By what it was before and after; each of the lifecycle's transitions is here."""
