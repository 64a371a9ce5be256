"""The board: what each running stream publishes, for the edge to read without asking anybody."""

from dataclasses import dataclass

from actors.kernel import Published
from media.hls import Window


@dataclass(frozen=True, slots=True)
class Place:
    """What one stream publishes; its actor alone does so.

    ``window`` is None until there has been a show. ``revoked`` are the licences that open the
    stream no more: they are there before any window is.
    """

    window: Published[Window | None]
    revoked: Published[frozenset[str]]


class Board:
    """One place per stream that has an actor."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}

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
