"""A full disk: the show goes on, chat says so, and all is well again when there is space."""

import resource
from pathlib import Path

import pytest
import trio
from support.chat import chatting
from support.encoders import ffmpeg_push, running
from support.live_server import LiveServer

RECOVERY_TIMEOUT_S = 30
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def fill_disk(server: LiveServer) -> None:
    """Let no file of the server grow: writes fail as they do where the disk is full."""
    largest = max(path.stat().st_size for path in Path(server.data).iterdir() if path.is_file())
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))


@pytest.mark.ffmpeg
async def test_a_full_disk_stops_chat_but_not_the_show(server: LiveServer) -> None:
    ada = server.register("Ada")
    channel = server.make_stream(ada)
    with running(ffmpeg_push(channel.push_url, 120)) as encoder:
        await trio.to_thread.run_sync(server.wait_live, channel)
        async with chatting(server.http, channel.id, ada.token) as client:
            kept = [(await client.do("send", room=channel.id, content="before"))["offset"]]
            fill_disk(server)
            refused = None
            for number in range(20):  # the log of the database has some room left
                try:
                    said = await client.do("send", room=channel.id, content=f"{number} " * 400)
                    kept.append(said["offset"])
                except AssertionError as error:
                    refused = error.args[0]["error"]
                    break
            assert refused is not None
            assert refused["code"] == "unavailable"
            assert server.call("GET", "/healthz").status_code == 200
            assert encoder.poll() is None
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, NO_LIMIT)
            with trio.fail_after(RECOVERY_TIMEOUT_S):
                while True:
                    try:
                        after = await client.do("send", room=channel.id, content="after")
                        break
                    except AssertionError as error:
                        await trio.sleep(error.args[0]["error"].get("retry_after", 0.5))
            assert after["offset"] == kept[-1] + 1
        assert server.status(channel) == "live"
