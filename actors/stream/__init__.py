"""The stream's actor, its messages, and the board where it publishes its window."""

from actors.stream.actor import StreamActor
from actors.stream.board import Board, Place
from actors.stream.facts import Facts, StreamNews, facts_of
from actors.stream.health import HealthNews
from actors.stream.messages import (
    ChangeLicence,
    DeleteStream,
    OnAir,
    Publish,
    PublisherLeft,
    PublishFrames,
    PublishRefused,
    ReadHealth,
    RotateKey,
    StopShow,
    StreamMessage,
    StreamNotFound,
    UpdateStream,
)
from actors.stream.tools import StreamTools

__all__ = [
    "Board",
    "ChangeLicence",
    "DeleteStream",
    "Facts",
    "HealthNews",
    "OnAir",
    "Place",
    "Publish",
    "PublishFrames",
    "PublishRefused",
    "PublisherLeft",
    "ReadHealth",
    "RotateKey",
    "StopShow",
    "StreamActor",
    "StreamMessage",
    "StreamNews",
    "StreamNotFound",
    "StreamTools",
    "UpdateStream",
    "facts_of",
]
