"""The stream's actor, its messages, and the board where it publishes its window."""

from actors.stream.actor import StreamActor, StreamTools
from actors.stream.board import Board, Place
from actors.stream.facts import Facts, StreamNews, facts_of
from actors.stream.messages import (
    ChangeLicence,
    DeleteStream,
    OnAir,
    Publish,
    PublisherLeft,
    PublishFrames,
    PublishRefused,
    RotateKey,
    StopShow,
    StreamMessage,
    StreamNotFound,
    UpdateStream,
)

__all__ = [
    "Board",
    "ChangeLicence",
    "DeleteStream",
    "Facts",
    "OnAir",
    "Place",
    "Publish",
    "PublishFrames",
    "PublishRefused",
    "PublisherLeft",
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
