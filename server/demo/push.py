"""Pushes the show over RTMP, in real time, from a thread of its own."""

import threading
import time

import av
import structlog
import trio

from server.demo.picture import Picture
from server.demo.show import Show

MAX_LAG_S = 2.0
"""When the machine slept or could not keep up, the show goes on from now, without a rush."""
GOODBYE_TIMEOUT_S = 3.0
"""A server that stopped reading is left without one."""

log = structlog.get_logger()


async def push(url: str, picture: Picture) -> None:
    """Push the show until cancelled, then say goodbye. OSError where the server goes away."""
    stop, over = threading.Event(), threading.Event()
    try:
        await trio.to_thread.run_sync(push_show, url, picture, stop, over, abandon_on_cancel=True)
    except trio.Cancelled:
        stop.set()
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(over.wait, GOODBYE_TIMEOUT_S)
        raise


def push_show(url: str, picture: Picture, stop: threading.Event, over: threading.Event) -> None:
    """Push in real time until ``stop`` is set; ``over`` is set at the end. OSError."""
    # flvflags: an RTMP stream cannot be rewound to fill in how long it was.
    options = {"flvflags": "no_duration_filesize"}
    try:
        with av.open(url, "w", format="flv", options=options) as output:
            show = Show(picture, output)
            began_s = time.monotonic()
            while not stop.is_set():
                show.advance()
                ahead_s = began_s + show.duration_s - time.monotonic()
                if ahead_s < -MAX_LAG_S:
                    began_s -= ahead_s
                    log.info("demo_lagged", seconds=round(-ahead_s, 1))
                stop.wait(max(0.0, ahead_s))
            show.finish()
    finally:
        over.set()
