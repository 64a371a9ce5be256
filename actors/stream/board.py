"""The board: each running stream's window, for the edge to read without asking anybody."""

from actors.kernel import Published
from media.hls import Window


class Board:
    """One published window per stream that has an actor; None until it has had a show."""

    def __init__(self) -> None:
        self._windows: dict[str, Published[Window | None]] = {}

    def window_of(self, stream_id: str) -> Published[Window | None] | None:
        """What the stream publishes, or None where it has no actor."""
        return self._windows.get(stream_id)

    def open(self, stream_id: str) -> Published[Window | None]:
        """The stream's place on the board, made if need be; its actor alone publishes there."""
        return self._windows.setdefault(stream_id, Published(None))

    def close(self, stream_id: str) -> None:
        """Take the stream off the board; who still waits there learns that nothing is on."""
        published = self._windows.pop(stream_id, None)
        if published is not None:
            published.publish(None)
