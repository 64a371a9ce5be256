"""An actor that crashes takes nothing else with it: planted faults, real sockets."""

import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import trio
from support.chat import chatting
from support.encoders import ffmpeg_push, running

from actors.room import RoomActor, Send
from actors.stream import PublishFrames, StreamActor
from server.compose import serve
from server.config import Settings, load_settings

LIVE_TIMEOUT_S = 60
POLL_S = 0.1


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    wanted = load_settings(data=tmp_path, http="127.0.0.1:0", rtmp="127.0.0.1:0")
    async with trio.open_nursery() as nursery:
        yield await nursery.start(serve, wanted)
        signal.raise_signal(signal.SIGTERM)


async def call(
    settings: Settings, method: str, path: str, token: str = "", body: object = None
) -> dict:
    async with httpx.AsyncClient(base_url=f"http://{settings.http}/api/v1", timeout=60) as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await client.request(method, path, headers=headers, json=body)
        assert answer.is_success, answer.text
        return answer.json()


async def until_status(settings: Settings, stream_id: str, wanted: str) -> None:
    with trio.fail_after(LIVE_TIMEOUT_S):
        while (await call(settings, "GET", f"/streams/{stream_id}"))["status"] != wanted:
            await trio.sleep(POLL_S)  # as a client that polls


async def make(settings: Settings) -> tuple[str, dict, dict]:
    body = {"email": "ada@example.com", "password": "correct horse", "name": "Ada"}
    token = (await call(settings, "POST", "/auth/register", body=body))["access_token"]
    streams = [
        await call(settings, "POST", "/streams", token, {"title": title}) for title in ("A", "B")
    ]
    return token, streams[0], streams[1]


async def test_a_room_that_crashes_leaves_the_others_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, one, two = await make(settings)
    monkeypatch.setattr(RoomActor, "receive", crash_at_dynamite(RoomActor.receive))
    async with (
        chatting(str(settings.http), one["id"], token) as here,
        chatting(str(settings.http), one["id"]) as beside,
        chatting(str(settings.http), two["id"], token) as there,
    ):
        await here.do("send", room=one["id"], content="before")
        with pytest.raises(AssertionError):
            await here.do("send", room=one["id"], content="dynamite")
        await there.do("send", room=two["id"], content="unmoved")
        # The same members talk on, on the same sockets, in the same order.
        after = await here.do("send", room=one["id"], content="after")
        assert after["offset"] == 2
        assert (await beside.until_said("after"))["offset"] == 2


def crash_at_dynamite(receive: Callable) -> Callable:
    async def receive_or_crash(self: RoomActor, message: object) -> None:
        if isinstance(message, Send) and message.content == "dynamite":
            raise RuntimeError("planted")
        await receive(self, message)

    return receive_or_crash


@pytest.mark.ffmpeg
async def test_a_stream_that_crashes_leaves_the_others_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, one, two = await make(settings)
    fuse: list[str] = []
    receive = StreamActor.receive

    async def receive_or_crash(self: StreamActor, message: object) -> None:
        if isinstance(message, PublishFrames) and self._id in fuse:
            fuse.clear()
            raise RuntimeError("planted")
        await receive(self, message)  # type: ignore[arg-type]  # whatever the kernel gives

    monkeypatch.setattr(StreamActor, "receive", receive_or_crash)
    urls = [f"{each['rtmp_url']}/{each['stream_key']}" for each in (one, two)]
    with running(ffmpeg_push(urls[0], 120)) as hit, running(ffmpeg_push(urls[1], 120)) as spared:
        await until_status(settings, one["id"], "live")
        await until_status(settings, two["id"], "live")
        show = await show_of(two)
        fuse.append(one["id"])
        await trio.to_thread.run_sync(hit.wait)
        await until_status(settings, one["id"], "ended")
        assert spared.poll() is None
        assert await show_of(two) == show
    # The encoder comes back, as encoders do, and the stream takes it.
    with running(ffmpeg_push(urls[0], 60)):
        await until_status(settings, one["id"], "live")


async def show_of(stream: dict) -> str:
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.get(stream["hls_url"])
    assert answer.status_code == 200
    return next(line for line in answer.text.splitlines() if line.startswith("shw_"))[:30]
