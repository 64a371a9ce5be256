"""What everybody may know of a stream, as it was committed last."""

from dataclasses import dataclass

from storage.api import Document


@dataclass(frozen=True, slots=True)
class Facts:
    """A stream's public facts; ``version`` is its document's, so the greater one is the newer.

    ``show`` is the last one's id, None before the first. Once a stream is ``gone``, it stays so.
    """

    version: int
    title: str
    description: str
    access: str
    status: str
    on_air: bool
    show: str | None
    gone: bool = False


def facts_of(version: int, doc: Document, *, gone: bool = False) -> Facts:
    """Read the facts out of a stream's document."""
    return Facts(
        version=version,
        title=doc["title"],
        description=doc["description"],
        access=doc["access"],
        status=doc["status"],
        on_air=doc["on_air"],
        show=doc.get("show"),
        gone=gone,
    )


@dataclass(frozen=True, slots=True)
class StreamNews:
    """To those who watch a stream: ``event`` is what happened, ``facts`` how it stands now.

    ``event`` is live, interrupted, ended, updated or viewers; the last one may be left out where
    somebody lags behind. ``at_ms`` is Unix time.
    """

    stream: str
    event: str
    facts: Facts
    viewers: int
    at_ms: int
