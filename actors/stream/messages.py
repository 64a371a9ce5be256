"""What a stream's actor can be told and asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from actors.kernel import Ask
from actors.ports import LicenceChanged, Publisher
from actors.services.streams import Access
from actors.stream.health import HealthReport
from media.frames import Frame


class StreamNotFound(Exception):
    """There is no stream with this id."""


class OnAir(Exception):
    """This cannot be changed while a show is on air."""


class PublishRefused(Exception):
    """The publisher may not go on air; ``code`` is an RTMP ``onStatus`` code."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class Publish(Ask[None]):
    """Take the publisher's slot. PublishRefused where another one holds it.

    ``encoder`` is what the publisher calls itself.
    """

    publisher: Publisher
    stream_key: str
    encoder: str = ""


@dataclass(frozen=True, slots=True)
class PublishFrames(Ask[None]):
    """One reading tick's frames, in order. Refused with PublishRefused once the slot is lost.

    ``announces_audio`` is whether the publisher has said that sound is to come.
    """

    publisher: Publisher
    frames: Sequence[Frame]
    announces_audio: bool = False


@dataclass(frozen=True, slots=True)
class PublisherLeft:
    """The publisher's connection is over; ``deliberate`` where the encoder said goodbye."""

    publisher: Publisher
    deliberate: bool


@dataclass(frozen=True, slots=True)
class UpdateStream(Ask[None]):
    """Change what is not None; answered once durable. StreamNotFound, OnAir, StoreUnavailable.

    Another access is refused with OnAir while there is a show, which has it for all its life.
    """

    title: str | None = None
    description: str | None = None
    access: Access | None = None

    def changes(self) -> dict[str, str]:
        """Give the fields to change."""
        fields = {"title": self.title, "description": self.description, "access": self.access}
        return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ChangeLicence(Ask[None]):
    """Let a licence open this stream no more, or again; answered once the edge sees it.

    It never fails: a stream that is not there opens for nobody.
    """

    change: LicenceChanged


@dataclass(frozen=True, slots=True)
class RotateKey(Ask[None]):
    """Make a new stream key; who publishes with the old one is put off.

    StreamNotFound, StoreUnavailable.
    """


@dataclass(frozen=True, slots=True)
class StopShow(Ask[bool]):
    """End the running show; answers whether there was one. StreamNotFound."""


@dataclass(frozen=True, slots=True)
class DeleteStream(Ask[None]):
    """End the running show and delete the stream. StreamNotFound, StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class ReadHealth(Ask[HealthReport]):
    """Say how the ingest is. StreamNotFound."""


@dataclass(frozen=True, slots=True)
class LookAtHealth:
    """A second of this show has passed."""

    show: str


@dataclass(frozen=True, slots=True)
class GraceOver:
    """The time to come back is over, after the drop of this number."""

    drop: int


@dataclass(frozen=True, slots=True)
class CheckPublisher:
    """Look whether the publisher still sends: a dead connection may look open for hours."""

    publisher: Publisher


StreamMessage = (
    Publish
    | PublishFrames
    | PublisherLeft
    | UpdateStream
    | ChangeLicence
    | RotateKey
    | StopShow
    | DeleteStream
    | GraceOver
    | CheckPublisher
    | ReadHealth
    | LookAtHealth
)
