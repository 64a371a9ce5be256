"""A chat client over one real WebSocket: commands and their replies, and the pushes in between.

The server's frames are read by a task of the client's own, so several tasks may use one client.
``support.chat_member`` makes of it a client that comes back by itself.
"""

import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgpack
import trio
from trio_websocket import CloseReason, ConnectionClosed, WebSocketConnection, wrap_client_stream

REPLY_TIMEOUT_S = 30

Item = dict[str, Any]
Record = Callable[[Item, str | None], None]
"""Is told of each item, with the command that it replies to."""

Found = TypeVar("Found")


class Refused(AssertionError):
    """The server said no, which a test did not expect unless it catches this."""

    def __init__(self, reply: Item) -> None:
        super().__init__(reply)
        error = reply["error"]
        self.code: str = error["code"]
        self.retry_after_s: float | None = error.get("retry_after")


@dataclass(eq=False)
class ChatClient:
    """``pushes`` are all that came; ``next_push`` gives each of them once."""

    socket: WebSocketConnection
    stream: trio.SocketStream
    record: Record
    pushes: list[Item] = field(default_factory=list)
    closed: CloseReason | None = None
    _new: deque[Item] = field(default_factory=deque)
    _commands: dict[int, str] = field(default_factory=dict)
    _replies: dict[int, Item] = field(default_factory=dict)
    _last_id: int = 0
    _news: trio.Event = field(default_factory=trio.Event)

    async def do(self, command: str, **fields: object) -> Any:
        """Send a command and give its reply's ``ok``. Refused, ConnectionClosed."""
        self._last_id += 1
        number = self._last_id
        self._commands[number] = command
        await self.send({"id": number, "do": command} | fields)
        reply = await self._until(lambda: self._replies.pop(number, None))
        if "error" in reply:
            raise Refused(reply)
        return reply["ok"]

    async def refused(self, command: str, **fields: object) -> Item:
        """Send a command and give the error that it is refused with."""
        try:
            ok = await self.do(command, **fields)
        except Refused as refused:
            error: Item = refused.args[0]["error"]
            return error
        raise AssertionError(f"{command} was done: {ok}")

    async def next_push(self, kind: str | None = None, timeout_s: float = REPLY_TIMEOUT_S) -> Item:
        """Wait for the next push, or for the next of a kind. ConnectionClosed."""
        while True:
            push = await self._until(lambda: self._new.popleft() if self._new else None, timeout_s)
            if kind in (None, push["push"]):
                return push

    async def until_said(self, content: str) -> Item:
        """Wait for a message of this content and give its push, also where it came before."""
        return await self._until(
            lambda: next((each for each in self.pushes if _content(each) == content), None)
        )

    async def until_closed(self) -> CloseReason:
        """Wait until the server closes; give its code and reason."""
        return await self._until(lambda: self.closed)

    async def send(self, value: object) -> None:
        """Send what may be no command at all."""
        await self.socket.send_message(
            msgpack.packb(value) if self.packed else json.dumps(value, ensure_ascii=False)
        )

    async def drop(self) -> None:
        """Lose the connection without a word, as on a train."""
        await trio.aclose_forcefully(self.stream)

    @property
    def packed(self) -> bool:
        """Whether this speaks MessagePack."""
        return self.socket.subprotocol == "bandstand.msgpack"

    async def listen(self) -> None:
        """Take what the server sends, until the connection ends."""
        try:
            while True:
                data = await self.socket.get_message()
                items = msgpack.unpackb(data) if self.packed else json.loads(data)
                assert isinstance(items, list), items
                assert items, "a frame has one item or more"
                for item in items:
                    self._take(item)
                self._tell()
        except ConnectionClosed as closed:
            self.closed = closed.reason or CloseReason(1006, "")
            self._tell()

    def _take(self, item: Item) -> None:
        if "push" in item:
            self.record(item, None)
            self.pushes.append(item)
            self._new.append(item)
        else:
            self.record(item, self._commands.pop(item["re"], None))
            self._replies[item["re"]] = item

    def _tell(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def _until(
        self, look: Callable[[], Found | None], timeout_s: float = REPLY_TIMEOUT_S
    ) -> Found:
        with trio.fail_after(timeout_s):
            while (found := look()) is None:
                if self.closed is not None:
                    raise ConnectionClosed(self.closed)
                await self._news.wait()
        return found


@asynccontextmanager
async def connected(
    http: str, token: str | None = None, *, packed: bool = False, record: Record | None = None
) -> AsyncIterator[ChatClient]:
    """Connect, and sign in where there is a token."""
    host, _, port = http.partition(":")
    subprotocol = "bandstand.msgpack" if packed else "bandstand.json"
    # The socket is ours to close: the library forgets it when the server dies.
    async with (
        await trio.open_tcp_stream(host, int(port)) as stream,
        trio.open_nursery() as nursery,
    ):
        socket = await wrap_client_stream(nursery, stream, http, "/ws", subprotocols=[subprotocol])
        assert socket.subprotocol == subprotocol
        client = ChatClient(socket, stream, record or _forget)
        nursery.start_soon(client.listen)
        if token is not None:
            await client.do("auth", token=token)
        yield client
        await socket.aclose()


@asynccontextmanager
async def chatting(
    http: str, room: str, token: str | None = None, **join: object
) -> AsyncIterator[ChatClient]:
    """Connect, sign in where there is a token, and join."""
    async with connected(http, token) as client:
        await client.do("join", room=room, **join)
        yield client


def _forget(item: Item, command: str | None) -> None:
    """Record nothing."""


def _content(push: Item) -> str | None:
    return push["message"]["content"] if push["push"] == "message" else None
