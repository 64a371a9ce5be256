"""The process ends, one way or another, and nothing that was acknowledged is lost."""

import signal
import socket
import time
from typing import Any

import pytest
import trio
from support.chat import ChatClient, Refused, chatting
from support.encoders import ffmpeg_push, running
from support.live_server import LiveServer
from trio_websocket import ConnectionClosed

ROUNDS = 3
TALKERS = 4
MESSAGES_BEFORE_KILL = 60
DRAIN_BOUND_S = 20


async def talk(
    server: LiveServer, room: str, token: str, acknowledged: dict[str, int], enough: trio.Event
) -> None:
    """Send as fast as the limits let, and note what was acknowledged, until the server dies."""
    try:
        async with chatting(server.http, room, token) as client:
            while True:
                content = f"message {len(acknowledged)} of {token[-8:]} at {time.monotonic_ns()}"
                acknowledged[content] = (await say(client, room, content))["offset"]
                if len(acknowledged) >= MESSAGES_BEFORE_KILL:
                    enough.set()
    except* (ConnectionClosed, OSError):
        enough.set()


async def say(client: ChatClient, room: str, content: str) -> dict[str, int]:
    try:
        return await client.do(
            "send", room=room, content=content, client_id=content.rsplit(" ", 1)[-1]
        )
    except Refused as refused:
        if refused.retry_after_s is None:
            raise
        await trio.sleep(refused.retry_after_s)  # as long as the server asks to wait
        return await say(client, room, content)


async def test_kill_9_while_chatting_loses_no_acknowledged_message(server: LiveServer) -> None:
    ada = server.register("Ada")
    room = server.make_stream(ada).id
    talkers = [server.register(f"Talker{number}") for number in range(TALKERS)]
    acknowledged: dict[str, int] = {}
    for _ in range(ROUNDS):
        before = len(acknowledged)
        fresh: dict[str, int] = {}
        enough = trio.Event()
        async with trio.open_nursery() as nursery:
            for talker in talkers:
                nursery.start_soon(talk, server, room, talker.token, fresh, enough)
            await enough.wait()
            server.kill()
        acknowledged |= fresh
        assert len(acknowledged) >= before + MESSAGES_BEFORE_KILL
        server.start()
    stored = await all_messages(server, room)
    offsets = [message["offset"] for message in stored]
    assert offsets == list(range(1, len(offsets) + 1))
    contents = [message["content"] for message in stored]
    assert len(contents) == len(set(contents)), "no message is there twice"
    by_content = {item["content"]: item["offset"] for item in stored}
    assert {content: by_content.get(content) for content in acknowledged} == acknowledged


async def all_messages(server: LiveServer, room: str) -> list[dict[str, Any]]:
    """Everything in the room, from the first offset on, by paging back through history."""
    found: list[dict[str, Any]] = []
    async with chatting(server.http, room) as client:
        before = None
        while True:
            extra = {} if before is None else {"before": before}
            page = await client.do("history", room=room, limit=100, **extra)
            found = page["messages"] + found
            if not page["more"]:
                return found
            before = found[0]["offset"]


async def test_a_member_gets_what_it_missed_after_a_kill(server: LiveServer) -> None:
    ada = server.register("Ada")
    room = server.make_stream(ada).id
    async with chatting(server.http, room, ada.token) as client:
        joined = await client.do("join", room=room)
        await client.do("send", room=room, content="seen")
    async with chatting(server.http, room, ada.token) as client:
        await client.do("send", room=room, content="missed")
    server.kill()
    server.start()
    async with chatting(server.http, room) as client:
        again = await client.do("join", room=room, after=1, epoch=joined["epoch"])
    assert again["recovered"] is True
    assert [each["message"]["content"] for each in again["events"]] == ["missed"]


@pytest.mark.ffmpeg
async def test_sigterm_drains_whatever_a_client_does(server: LiveServer) -> None:
    ada = server.register("Ada")
    channel = server.make_stream(ada)
    host, _, port = server.http.partition(":")
    with (
        running(ffmpeg_push(channel.push_url, 120)) as encoder,
        socket.create_connection((host, int(port))) as half_asked,
        socket.create_connection((host, int(port))) as deaf,
    ):
        half_asked.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        deaf.sendall(b"GET /static/css/base.css HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        await trio.to_thread.run_sync(server.wait_live, channel)
        async with chatting(server.http, channel.id, ada.token) as client:
            await client.do("send", room=channel.id, content="last words")
            server.signal(signal.SIGTERM)
            with trio.fail_after(DRAIN_BOUND_S):
                assert (await client.until_closed()).code == 1012
        began = time.monotonic()
        assert await trio.to_thread.run_sync(server.wait) == 0
        assert time.monotonic() - began < DRAIN_BOUND_S
        said, _ = await trio.to_thread.run_sync(lambda: encoder.communicate(timeout=30))
        assert "restarting" in said
    server.start()
    assert server.status(channel) == "ended"
    contents = [each["content"] for each in await all_messages(server, channel.id)]
    assert contents == ["last words"]


def test_a_second_server_on_the_same_data_is_refused_clearly(server: LiveServer) -> None:
    second = LiveServer(server.data)
    with pytest.raises(AssertionError):
        second.start()
    assert second.wait() == 1
    assert any("in use by process" in line for line in second.log)
