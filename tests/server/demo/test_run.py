"""The demo against a real server: RTMP, REST and WebSocket over real sockets."""

import pytest
import trio
from support.live_server import live_server

from server.demo import DemoError, chat, run, run_demo

TIMEOUT_S = 60
POLL_S = 0.1


@pytest.fixture
def quick(monkeypatch, picture):
    """Visitors who hardly pause, and a picture that is painted already."""
    monkeypatch.setattr(chat, "PAUSE_S", (0.3, 0.4))
    monkeypatch.setattr(chat, "QUIET_S", (0.3, 0.4))
    monkeypatch.setattr(run, "Picture", lambda: picture)


async def asked(server, path):
    answer = await trio.to_thread.run_sync(server.call, "GET", f"/api/v1{path}")
    return answer.json()


async def live_stream(server):
    while not (items := (await asked(server, "/streams?live=true"))["items"]):
        await trio.sleep(POLL_S)
    return items[0]


async def messages_after(server, room, offset, count):
    while True:
        messages = (await asked(server, f"/rooms/{room}/messages?limit=100"))["messages"]
        fresh = [message for message in messages if message["offset"] > offset]
        if len(fresh) >= count:
            return fresh
        await trio.sleep(POLL_S)


async def status_becomes(server, stream_id, status):
    while (await asked(server, f"/streams/{stream_id}"))["status"] != status:
        await trio.sleep(POLL_S)


async def test_it_goes_on_air_chats_comes_back_after_a_restart_and_says_goodbye(tmp_path, quick):
    with live_server(tmp_path / "server") as server, trio.fail_after(TIMEOUT_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_demo, server.url, tmp_path / "demo.json")
            stream = await live_stream(server)
            assert stream["owner"]["name"] == "The Lakeside Four"
            lines = await messages_after(server, stream["id"], 0, 4)
            assert {message["user"]["name"] for message in lines} == {"Mira", "Tomás"}

            assert await trio.to_thread.run_sync(server.stop) == 0
            await trio.to_thread.run_sync(server.start)
            assert (await live_stream(server))["id"] == stream["id"]
            await messages_after(server, stream["id"], lines[-1]["offset"], 2)
            nursery.cancel_scope.cancel()
        # A goodbye ends the show at once, where a lost connection would have its grace.
        await status_becomes(server, stream["id"], "ended")
        assert stream["id"] not in (tmp_path / "demo.json").read_text()


async def test_it_ends_by_itself_when_asked_to(tmp_path, quick):
    with live_server(tmp_path / "server") as server, trio.fail_after(TIMEOUT_S):
        await run_demo(server.url, tmp_path / "demo.json", duration_s=1.5)
        await status_becomes(server, (await asked(server, "/streams"))["items"][0]["id"], "ended")


async def test_where_registration_is_closed_it_says_so(tmp_path, quick):
    closed = {"BANDSTAND_REGISTRATION": "closed"}
    with (
        live_server(tmp_path / "server", **closed) as server,
        trio.fail_after(TIMEOUT_S),
        pytest.raises(DemoError, match="registration is closed"),
    ):
        await run_demo(server.url, tmp_path / "demo.json")
