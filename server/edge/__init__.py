"""The HLS edge: playlists and segments from memory, the fast path."""

from server.edge.edge import EdgeConfig, HlsEdge
from server.edge.sessions import Sessions

__all__ = ["EdgeConfig", "HlsEdge", "Sessions"]
