"""The HLS edge: playlists and segments from memory, the fast path."""

from server.edge.edge import EdgeConfig, HlsEdge
from server.edge.sessions import Sessions
from server.edge.ticketed import TicketedSessions

__all__ = ["EdgeConfig", "HlsEdge", "Sessions", "TicketedSessions"]
