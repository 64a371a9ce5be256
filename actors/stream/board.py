"""The board: what each running stream publishes, for the edge to read without asking anybody."""

from collections import Counter
from dataclasses import dataclass

from actors.kernel import Published
from actors.stream.facts import Facts, facts_of
from actors.stream.health import Health, State
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
        self._healths: dict[str, Published[Health | None]] = {}
        self._states: dict[str, State] = {}
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
        self.note_state(stream_id, None)
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

    def follow_health(self, stream_id: str) -> Published[Health | None]:
        """The stream's ingest health, each second while it is on air and once when it is no more.

        As with ``follow``, it holds until ``unfollow_health``.
        """
        return self._healths.setdefault(stream_id, Published(None))

    def unfollow_health(self, stream_id: str) -> None:
        """Tell nothing of this stream's health any more."""
        self._healths.pop(stream_id, None)

    def health_heard(self, stream_id: str) -> Published[Health | None] | None:
        """Where the stream's actor publishes its health, None where nobody follows it."""
        return self._healths.get(stream_id)

    def note_state(self, stream_id: str, state: State | None) -> None:
        """Note how the ingest of a stream on air is, None once it is on air no more."""
        if state is None:
            self._states.pop(stream_id, None)
        else:
            self._states[stream_id] = state

    def count_states(self) -> Counter[State]:
        """How many streams on air are in each state."""
        return Counter(self._states.values())
