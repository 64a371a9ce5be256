"""Runs the demo against a server, as a broadcaster and two listeners would."""

import random
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import av
import httpx
import structlog
import trio
from trio_websocket import ConnectionClosed, HandshakeError

from server.demo.chat import Visitor
from server.demo.people import Cast, DemoError, Guest, checked
from server.demo.picture import Picture
from server.demo.push import push

TITLE = "Evening at the bandstand"
DESCRIPTION = (
    "A demo show without end. Its picture is painted and its tune is played by Bandstand's own "
    "demo command, which pushes them over RTMP as any encoder would."
)
HTTP_TIMEOUT_S = 20.0
FIRST_RETRY_S, MAX_RETRY_S = 1.0, 15.0
STEADY_S = 60.0
"""What ran for this long is taken to be well again."""

PASSING = (
    httpx.TransportError,
    httpx.HTTPStatusError,
    ConnectionClosed,
    HandshakeError,
    av.FFmpegError,
    trio.TooSlowError,
    OSError,
)
"""Faults of a server that restarts, or is not there yet."""

log = structlog.get_logger()


async def run_demo(
    base_url: str,
    credentials: Path,
    rtmp_url: str | None = None,
    duration_s: float | None = None,
) -> None:
    """Push the show and chat, for ``duration_s`` or until SIGTERM or SIGINT.

    ``credentials`` is the file that keeps the demo's accounts. ``rtmp_url`` overrides what the
    server says. Comes back by itself where the server restarts. DemoError where it refuses.
    """
    limit = trio.CancelScope() if duration_s is None else trio.move_on_after(duration_s)
    try:
        with limit:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_cancel_on_signal, nursery.cancel_scope)
                picture = await trio.to_thread.run_sync(Picture)
                demo = _Demo(base_url.rstrip("/"), credentials, rtmp_url, picture)
                await _persist("show", demo.show)
    except ExceptionGroup as group:
        raise _refusal_in(group) from None
    log.info("demo_over")


class _Demo:
    """One run's parts."""

    def __init__(self, url: str, credentials: Path, rtmp_url: str | None, picture: Picture) -> None:
        self._url = url
        self._cast = Cast(credentials, url)
        self._rtmp_url = rtmp_url
        self._picture = picture

    async def show(self) -> None:
        """Sign everybody in, then push and chat until one of them fails."""
        async with httpx.AsyncClient(
            base_url=f"{self._url}/api/v1", timeout=HTTP_TIMEOUT_S
        ) as http:
            host = await self._cast.sign_in(http, "host")
            stream = await _stream_of(http, host)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_persist, "chat", self._chat, stream["id"])
            rtmp_url = self._rtmp_url or stream["rtmp_url"]
            log.info("demo_on_air", page=stream["page_url"])
            await push(f"{rtmp_url}/{stream['stream_key']}", self._picture)

    async def _chat(self, room: str) -> None:
        async with httpx.AsyncClient(
            base_url=f"{self._url}/api/v1", timeout=HTTP_TIMEOUT_S
        ) as http:
            first = await self._cast.sign_in(http, "first")
            second = await self._cast.sign_in(http, "second")
        url = "ws" + self._url.removeprefix("http") + "/ws"
        dice = random.Random()  # noqa: S311 - it chooses small talk
        async with trio.open_nursery() as nursery:
            for guest, friend, begins in ((first, second, True), (second, first, False)):
                visitor = Visitor(guest, friend.user_id, dice, begins=begins)
                nursery.start_soon(visitor.chat, url, room)


async def _stream_of(http: httpx.AsyncClient, host: Guest) -> dict[str, Any]:
    """The host's stream, made at the first time, with where to push it."""
    http.headers["Authorization"] = f"Bearer {host.token}"
    mine = checked(await http.get("/streams", params={"mine": True, "limit": 1}))["items"]
    if not mine:
        body = {"title": TITLE, "description": DESCRIPTION, "access": "public"}
        made: dict[str, Any] = checked(await http.post("/streams", json=body))
        return made
    stream: dict[str, Any] = checked(await http.get(f"/streams/{mine[0]['id']}"))
    return stream


async def _persist(what: str, work: Callable[..., Awaitable[None]], *args: object) -> None:
    """Do the work again and again, waiting longer while it keeps failing."""
    retry_s = FIRST_RETRY_S
    while True:
        began_s = trio.current_time()
        try:
            await work(*args)
        except* PASSING as faults:
            # The name alone: the text of an RTMP fault has the stream key in it.
            log.info("demo_waits_for_server", part=what, reason=type(_leaf(faults)).__name__)
        if trio.current_time() - began_s >= STEADY_S:
            retry_s = FIRST_RETRY_S
        await trio.sleep(retry_s)
        retry_s = min(MAX_RETRY_S, 2 * retry_s)


def _refusal_in(group: ExceptionGroup[Exception]) -> Exception:
    """Find why the server refused; what else went wrong comes back as it is."""
    found = group.subgroup(DemoError)
    return group if found is None else _leaf(found)


def _leaf(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def _cancel_on_signal(scope: trio.CancelScope) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        await anext(signals)
        scope.cancel()
