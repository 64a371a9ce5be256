"""RTMP ingest over sockets: the listener and one task per encoder."""

from server.rtmp.listener import serve_rtmp
from server.rtmp.publisher import Ingest

__all__ = ["Ingest", "serve_rtmp"]
