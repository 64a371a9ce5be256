"""The visitors' chatter: each hears the room over its own WebSocket, and takes time to answer."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

from server.demo.lines import ANSWERS, TALKS, WELCOMES
from server.demo.people import Guest

SUBPROTOCOL = "bandstand.json"
PAUSE_S = (4.0, 11.0)
"""How long a visitor takes to answer."""
QUIET_S = (12.0, 20.0)
"""After how long a silence a new talk begins."""
WELCOME_EVERY_S = 30.0
HEARD_MESSAGES = 50
CONNECT_TIMEOUT_S = 20.0
MAX_FRAME_BYTES = 256 * 1024

ClientStream = trio.SocketStream | trio.SSLStream[trio.SocketStream]

log = structlog.get_logger()


async def open_stream(url: str) -> ClientStream:
    """Connect to a WebSocket's server. OSError, TooSlowError.

    The stream is ours to close: the WebSocket library leaves it open where the server is the
    first to end the conversation.
    """
    address = urlsplit(url)
    assert address.hostname is not None
    with trio.fail_after(CONNECT_TIMEOUT_S):
        if address.scheme == "wss":
            port = address.port or 443
            return await trio.open_ssl_over_tcp_stream(address.hostname, port)
        return await trio.open_tcp_stream(address.hostname, address.port or 80)


async def open_socket(nursery: trio.Nursery, stream: ClientStream, url: str) -> WebSocketConnection:
    """Shake hands over a stream. HandshakeError, TooSlowError."""
    address = urlsplit(url)
    with trio.fail_after(CONNECT_TIMEOUT_S):
        return await wrap_client_stream(
            nursery,
            stream,
            address.netloc,
            address.path,
            subprotocols=[SUBPROTOCOL],
            max_message_size=MAX_FRAME_BYTES,
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of somebody else."""

    user_id: str
    content: str


class Visitor:
    """Somebody with something to say. One of the two ``begins`` the talks."""

    def __init__(self, guest: Guest, friend_id: str, dice: random.Random, *, begins: bool) -> None:
        self._guest = guest
        self._friend_id = friend_id
        self._dice = dice
        self._begins = begins
        self._openings = self._shuffled_openings()
        self._welcomed_s = float("-inf")
        self._commands = 0

    async def chat(self, url: str, room: str) -> None:
        """Talk in the room until the connection ends.

        Always by an error: ConnectionClosed, or what opening the two above raises.
        """
        send, receive = trio.open_memory_channel[Heard](HEARD_MESSAGES)
        async with await open_stream(url) as stream, trio.open_nursery() as nursery:
            socket = await open_socket(nursery, stream, url)
            await self._command(socket, "auth", token=self._guest.token)
            await self._command(socket, "join", room=room)
            nursery.start_soon(self._listen, socket, send)
            while True:
                line = await self._next_line(receive)
                if line is not None:
                    await self._command(socket, "send", room=room, content=line)

    async def _next_line(self, receive: trio.MemoryReceiveChannel[Heard]) -> str | None:
        """Wait for something to answer, or for a silence; None where this one says nothing."""
        heard = None
        with trio.move_on_after(self._dice.uniform(*QUIET_S)):
            heard = await receive.receive()
        if heard is None:
            return next(self._openings) if self._begins else None
        line = self.answer(heard)
        if line is not None:
            await trio.sleep(self._dice.uniform(*PAUSE_S))
        return line

    def answer(self, heard: Heard) -> str | None:
        """What this visitor answers, if anything."""
        if heard.user_id == self._friend_id:
            return ANSWERS.get(heard.content)
        if self._begins and trio.current_time() - self._welcomed_s >= WELCOME_EVERY_S:
            self._welcomed_s = trio.current_time()
            return self._dice.choice(WELCOMES)
        return None

    def _shuffled_openings(self) -> Iterator[str]:
        while True:
            talks = list(TALKS)
            self._dice.shuffle(talks)
            for talk in talks:
                yield talk[0]

    async def _listen(
        self, socket: WebSocketConnection, heard: trio.MemorySendChannel[Heard]
    ) -> None:
        """Read all that comes, at once: a member that does not read is put out as slow."""
        while True:
            for item in json.loads(await socket.get_message()):
                if "error" in item:
                    log.info("demo_line_refused", code=item["error"]["code"])
                elif item.get("push") == "message":
                    self._hear(item["message"], heard)

    def _hear(self, message: dict[str, Any], heard: trio.MemorySendChannel[Heard]) -> None:
        user_id = message["user"]["id"]
        if user_id == self._guest.user_id:
            return
        try:
            heard.send_nowait(Heard(user_id, message["content"]))
        except trio.WouldBlock:
            log.info("demo_visitor_overwhelmed")

    async def _command(self, socket: WebSocketConnection, do: str, **fields: str) -> None:
        self._commands += 1
        await socket.send_message(json.dumps({"id": self._commands, "do": do, **fields}))
