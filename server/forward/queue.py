"""The frames that wait for one target: bounded, and never waited for by the show."""

from collections import deque
from collections.abc import Iterable

import trio

from media.frames import AudioConfig, Codec, Frame, VideoConfig, VideoFrame

MAX_QUEUED_BYTES = 4 * 1024 * 1024
"""5 s of 6 Mbit/s; a target that is further behind than that loses all that waits."""
MAX_QUEUED_FRAMES = 2048
"""20 s of 60 pictures and 47 sounds a second."""


class FrameQueue:
    """Takes the show's frames without waiting, and gives them from a key frame on.

    What begins, at first and after a loss, begins with the newest configurations and the next key
    frame; a show of sound alone, with its next frame. Past a bound all that waits is dropped:
    a player can do nothing with a part of a group of pictures.
    """

    def __init__(self, configs: Iterable[VideoConfig | AudioConfig] = ()) -> None:
        self.ended = False
        self.dropped_frames = 0
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._configs: dict[type[Frame], VideoConfig | AudioConfig] = {
            type(config): config for config in configs
        }
        self._held = False
        self._open = self._shows_video = False
        self._arrived = trio.Event()
        self._ending = trio.Event()

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def codecs(self) -> frozenset[Codec]:
        """Those of the newest configurations."""
        return frozenset(config.codec for config in self._configs.values())

    def push(self, frames: Iterable[Frame]) -> None:
        """Take frames; those that cannot be played are left out."""
        for frame in frames:
            if isinstance(frame, VideoConfig | AudioConfig):
                self._configs[type(frame)] = frame
                if self._open:
                    self._append(frame)
            elif not self._held and self._lets_in(frame):
                self._append(frame)
        if len(self._frames) > MAX_QUEUED_FRAMES or self._bytes > MAX_QUEUED_BYTES:
            self._clear()
        if self._frames:
            self._arrived.set()

    def interrupt(self) -> None:
        """The publisher has gone: whoever comes next begins anew, with configurations of its own.

        What came before still goes out.
        """
        self._configs.clear()
        self._open = self._shows_video = False

    def end(self) -> None:
        """No more comes."""
        self.ended = True
        self._arrived.set()
        self._ending.set()

    def hold(self) -> None:
        """Drop what waits and what comes, until ``resume``."""
        self._held = True
        self._clear()

    def resume(self) -> None:
        """Take frames again, from the next key frame on."""
        self._held = False

    async def wait(self) -> None:
        """Wait until there is something to take, or the end."""
        await self._arrived.wait()

    async def wait_ended(self) -> None:
        """Wait until no more comes."""
        await self._ending.wait()

    def take(self, max_bytes: int) -> list[Frame]:
        """Take what waits, up to about so many bytes, but one frame at least; [] for nothing."""
        taken: list[Frame] = []
        room = max_bytes
        while self._frames and room > 0:
            frame = self._frames.popleft()
            room -= _size(frame)
            taken.append(frame)
        self._bytes -= max_bytes - room
        if not self._frames and not self.ended:
            self._arrived = trio.Event()
        return taken

    def _lets_in(self, frame: Frame) -> bool:
        """Whether a frame can be played; the one that begins has its configurations before it."""
        if isinstance(frame, VideoFrame):
            if not self._shows_video and not (frame.keyframe and VideoConfig in self._configs):
                return False
            self._shows_video = True
        elif not self._open and VideoConfig in self._configs:
            return False
        if not self._open:
            self._open = True
            for config in self._configs.values():
                self._append(config)
        return True

    def _append(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._bytes += _size(frame)

    def _clear(self) -> None:
        self.dropped_frames += len(self._frames)
        self._frames.clear()
        self._bytes = 0
        self._open = self._shows_video = False
        if not self.ended:
            self._arrived = trio.Event()


def _size(frame: Frame) -> int:
    return len(frame.record if isinstance(frame, VideoConfig | AudioConfig) else frame.data)
