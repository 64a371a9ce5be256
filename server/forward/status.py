"""How a forward stands, as its owner sees it."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

RATE_WINDOW_S = 5.0

State = Literal["idle", "connecting", "live", "retrying", "refused"]


@dataclass(frozen=True, slots=True)
class ForwardStatus:
    """``since_ms`` is Unix time, None for what never began; ``error`` says what to do."""

    state: State = "idle"
    since_ms: int | None = None
    kbps: int = 0
    reconnects: int = 0
    dropped_frames: int = 0
    error: str | None = None


class Rate:
    """Bytes a second, over the last RATE_WINDOW_S."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, int]] = deque()
        self._bytes = 0

    def add(self, now_s: float, size_bytes: int) -> None:
        """Count what was sent just now."""
        self._sent.append((now_s, size_bytes))
        self._bytes += size_bytes
        self._forget(now_s)

    def kbps(self, now_s: float) -> int:
        """Give the rate in kbit/s."""
        self._forget(now_s)
        return round(self._bytes * 8 / RATE_WINDOW_S / 1000)

    def _forget(self, now_s: float) -> None:
        while self._sent and self._sent[0][0] <= now_s - RATE_WINDOW_S:
            self._bytes -= self._sent.popleft()[1]
