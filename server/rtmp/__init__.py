"""RTMP ingest over sockets: the listener and one task per encoder."""

from server.rtmp.listener import RtmpServer
from server.rtmp.publisher import Ingest

__all__ = ["Ingest", "RtmpServer"]
