"""RTMP ingest, server side, without I/O: bytes in, events and bytes out."""

from media.rtmp.connection import RtmpConnection
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.events import (
    Event,
    Media,
    Metadata,
    PublishEnded,
    PublishRequested,
    TrackPassedOver,
)

__all__ = [
    "ErrorCode",
    "Event",
    "Media",
    "Metadata",
    "PublishEnded",
    "PublishRequested",
    "RtmpConnection",
    "RtmpError",
    "TrackPassedOver",
]
