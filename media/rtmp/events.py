"""What an RTMP connection tells its driver."""

from dataclasses import dataclass

from media.frames import Frame
from media.timeline import MediaType


@dataclass(frozen=True, slots=True)
class PublishRequested:
    """A broadcaster wants to publish; nothing follows until it is accepted or refused.

    ``app`` and ``stream_key`` as found in the several places where clients put them (the key may
    be empty), ``tc_url`` and ``encoder`` (its flashVer) as sent. ``tc_url`` may hold the key.
    """

    app: str
    stream_key: str
    tc_url: str
    encoder: str


@dataclass(frozen=True, slots=True)
class Media:
    """One frame or codec configuration, in the order sent."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Metadata:
    """onMetaData as the encoder wrote it: often absent or wrong, so for display only."""

    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class TrackPassedOver:
    """The broadcaster sends this track too, beside the first, which is the one that is played.

    ``number`` is its trackId, 1 to 255. It is said once a track.
    """

    media: MediaType
    number: int


@dataclass(frozen=True, slots=True)
class PublishEnded:
    """The broadcaster stopped on purpose; ``reason`` is the command that said so."""

    reason: str


Event = PublishRequested | Media | Metadata | TrackPassedOver | PublishEnded


@dataclass(frozen=True, slots=True)
class PublishStarted:
    """The server takes our show from now on."""


@dataclass(frozen=True, slots=True)
class PublishDenied:
    """The server does not take our show, or no more; nothing follows.

    ``code`` is its ``onStatus`` code, ``description`` its words; either may be empty.
    """

    code: str
    description: str


ClientEvent = PublishStarted | PublishDenied
