"""The wall clock."""

import time


class SystemClock:
    """``actors.ports.Clock`` of the operating system."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000
