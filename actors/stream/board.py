"""The board: what each running stream publishes, for the edge to read without asking anybody."""

from dataclasses import dataclass

from actors.kernel import Published
from actors.stream.facts import Facts, facts_of
from media.hls import Window
from storage.api import Document


@dataclass(frozen=True, slots=True)
class Place:
    """What one stream publishes; its actor alone does so.

    ``window`` is None until there has been a show. ``revoked`` are the licences that open the
    stream no more: they are there before any window is.
    """

    window: Published[Window | None]
    revoked: Published[frozenset[str]]


class Board:
    """One place per stream that has an actor, and what is announced of those that are followed."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._followed: dict[str, Published[Facts | None]] = {}
        self.committed: Published[None] = Published(None)
        """Published each time that something was committed of any stream."""

    def window_of(self, stream_id: str) -> Published[Window | None] | None:
        """The stream's window, or None where it has no actor."""
        place = self._places.get(stream_id)
        return None if place is None else place.window

    def is_revoked(self, stream_id: str, licence_id: str) -> bool:
        """Whether a licence opens the stream no more; so it is, too, of a stream without actor."""
        place = self._places.get(stream_id)
        return place is None or licence_id in place.revoked.value

    def open(self, stream_id: str) -> Place:
        """The stream's place on the board, made if need be."""
        return self._places.setdefault(stream_id, Place(Published(None), Published(frozenset())))

    def close(self, stream_id: str) -> None:
        """Take the stream off the board; who still waits there learns that nothing is on."""
        place = self._places.pop(stream_id, None)
        if place is not None:
            place.window.publish(None)

    def follow(self, stream_id: str) -> Published[Facts | None]:
        """The stream's facts as they are committed from now on, None until the first are.

        It holds for as long as nobody calls ``unfollow``, whether the stream has an actor or not:
        without one nothing is committed.
        """
        return self._followed.setdefault(stream_id, Published(None))

    def unfollow(self, stream_id: str) -> None:
        """Announce nothing of this stream any more."""
        self._followed.pop(stream_id, None)

    def announce(self, stream_id: str, version: int, doc: Document, gone: bool) -> None:
        """Tell who follows the stream what was committed of it; its actor alone does so."""
        self.committed.publish(None)
        followed = self._followed.get(stream_id)
        if followed is not None:
            followed.publish(facts_of(version, doc, gone=gone))
