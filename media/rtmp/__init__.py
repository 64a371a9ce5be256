"""RTMP without I/O, for taking shows in and for passing them on: bytes in, events and bytes out."""

from media.rtmp.client import RtmpClient
from media.rtmp.connection import RtmpConnection
from media.rtmp.errors import ErrorCode, RtmpError
from media.rtmp.events import (
    ClientEvent,
    Event,
    Media,
    Metadata,
    PublishDenied,
    PublishEnded,
    PublishRequested,
    PublishStarted,
    TrackPassedOver,
)

__all__ = [
    "ClientEvent",
    "ErrorCode",
    "Event",
    "Media",
    "Metadata",
    "PublishDenied",
    "PublishEnded",
    "PublishRequested",
    "PublishStarted",
    "RtmpClient",
    "RtmpConnection",
    "RtmpError",
    "TrackPassedOver",
]
