"""A small chat client over a real WebSocket."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trio
from trio_websocket import WebSocketConnection, wrap_client_stream

REPLY_TIMEOUT_S = 30


@dataclass
class ChatClient:
    socket: WebSocketConnection
    pushes: list[dict[str, Any]] = field(default_factory=list)
    _last_id: int = 0

    async def do(self, command: str, **fields: object) -> dict[str, Any]:
        """Send a command and give its reply's ``ok``; AssertionError for an error."""
        self._last_id += 1
        await self.socket.send_message(json.dumps({"id": self._last_id, "do": command} | fields))
        with trio.fail_after(REPLY_TIMEOUT_S):
            while True:
                for item in await self._receive():
                    if item.get("re") == self._last_id:
                        assert "ok" in item, item
                        ok: dict[str, Any] = item["ok"]
                        return ok

    async def until_said(self, content: str) -> dict[str, Any]:
        """Wait for a message of this content and give its push."""
        with trio.fail_after(REPLY_TIMEOUT_S):
            while True:
                for push in self.pushes:
                    if push["push"] == "message" and push["message"]["content"] == content:
                        return push
                await self._receive()

    async def _receive(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(await self.socket.get_message())
        self.pushes += [item for item in items if "push" in item]
        return items


@asynccontextmanager
async def chatting(
    http: str, room: str, token: str | None = None, **join: object
) -> AsyncIterator[ChatClient]:
    """Connect, sign in where there is a token, and join."""
    host, _, port = http.partition(":")
    # The socket is ours to close: the library forgets it when the server dies.
    async with (
        await trio.open_tcp_stream(host, int(port)) as stream,
        trio.open_nursery() as nursery,
    ):
        socket = await wrap_client_stream(
            nursery, stream, http, "/ws", subprotocols=["bandstand.json"]
        )
        client = ChatClient(socket)
        if token is not None:
            await client.do("auth", token=token)
        await client.do("join", room=room, **join)
        yield client
        await socket.aclose()
