"""The HLS edge: playlists and segments from memory, the fast path."""

from server.edge.edge import EdgeConfig, HlsEdge
from server.edge.sessions import Sessions
from server.edge.window import Board, Snapshots, Window

__all__ = ["Board", "EdgeConfig", "HlsEdge", "Sessions", "Snapshots", "Window"]
