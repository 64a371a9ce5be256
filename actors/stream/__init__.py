"""The stream's actor, its messages, and the board where it publishes its window."""

from actors.stream.actor import StreamActor, StreamTools
from actors.stream.board import Board
from actors.stream.messages import (
    DeleteStream,
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
    "DeleteStream",
    "Publish",
    "PublishFrames",
    "PublishRefused",
    "PublisherLeft",
    "RotateKey",
    "StopShow",
    "StreamActor",
    "StreamMessage",
    "StreamNotFound",
    "StreamTools",
    "UpdateStream",
]
