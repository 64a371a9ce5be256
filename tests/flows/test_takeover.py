"""Shows of real encoders that hang, are replaced, stopped, locked out, or lose their server."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from support.encoders import END_TIMEOUT_S, ffmpeg_push, running, wait_until
from support.live_server import Account, Channel, LiveServer, live_server

pytestmark = pytest.mark.ffmpeg
PUSH_S = 60
GOP_FRAMES = 25
TRIES = 40
GET_TIMEOUT_S = 30  # the first playlist is waited for
REFUSED_WITHIN_S = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One for all of them: each has a stream of its own."""
    with live_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture(scope="module")
def ada(server: LiveServer) -> Account:
    return server.register("Ada")


def push(channel: Channel) -> list[str]:
    return ffmpeg_push(channel.push_url, PUSH_S, gop_frames=GOP_FRAMES)


def show(channel: Channel) -> str:
    """The id of the show that is on air, which is in its addresses."""
    found = re.search(r"shw_\w+", httpx.get(channel.hls_url, timeout=GET_TIMEOUT_S).text)
    assert found is not None
    return found[0]


def playlist(channel: Channel) -> str:
    """The first variant's media playlist, as a player finds it; empty where there is none."""
    url = playlist_url(channel)
    return "" if url is None else httpx.get(url).text


def playlist_url(channel: Channel) -> str | None:
    master = httpx.get(channel.hls_url, timeout=GET_TIMEOUT_S)
    if master.status_code != 200:
        return None
    first = next(line for line in master.text.splitlines() if not line.startswith("#"))
    return str(httpx.URL(channel.hls_url).join(first))


def wait_for_segments(channel: Channel) -> None:
    wait_until(lambda: playlist(channel).count("#EXTINF") > 1, "there are segments")


def last_words(encoder: "subprocess.Popen[str]") -> str:
    """What it said until it ended by itself."""
    said, _ = encoder.communicate(timeout=END_TIMEOUT_S)
    return said


@contextmanager
def taking_over(channel: Channel) -> Iterator["subprocess.Popen[str]"]:
    """Start encoders until one is taken: at first the other may still come back."""
    for _ in range(TRIES):
        with running(push(channel)) as encoder:
            try:
                encoder.wait(REFUSED_WITHIN_S)
            except subprocess.TimeoutExpired:
                yield encoder
                return
            assert "already live" in last_words(encoder)
    raise AssertionError("no encoder was taken")


def test_a_hung_encoder_gives_way_and_takes_nothing_back(server: LiveServer, ada: Account) -> None:
    channel = server.make_stream(ada)
    with running(push(channel)) as hung:
        wait_for_segments(channel)
        before = show(channel)
        hung.send_signal(signal.SIGSTOP)
        with taking_over(channel) as second:
            wait_until(lambda: "#EXT-X-DISCONTINUITY\n" in playlist(channel), "it goes on")
            hung.send_signal(signal.SIGCONT)
            assert hung.wait(END_TIMEOUT_S) != 0
            for _ in range(2):  # it starts again, as encoders do
                with running(push(channel)) as again:
                    assert "already live" in last_words(again)
            assert second.poll() is None
            assert show(channel) == before
            assert "#EXT-X-ENDLIST" not in playlist(channel)


def test_a_stop_from_the_api_ends_the_show_and_the_push(server: LiveServer, ada: Account) -> None:
    channel = server.make_stream(ada)
    with running(push(channel)) as encoder:
        wait_for_segments(channel)
        answer = server.call("POST", f"/api/v1/streams/{channel.id}/stop", token=ada.token, body={})
        assert answer.json() == {"stopped": True}
        assert "stopped from the studio" in last_words(encoder)
    assert server.status(channel) == "ended"
    assert playlist(channel).endswith("#EXT-X-ENDLIST\n")


def test_a_new_key_ends_the_push_with_the_old_one(server: LiveServer, ada: Account) -> None:
    channel = server.make_stream(ada)
    with running(push(channel)) as encoder:
        wait_for_segments(channel)
        before = show(channel)
        answer = server.call("POST", f"/api/v1/streams/{channel.id}/key", token=ada.token, body={})
        assert "key was changed" in last_words(encoder)
    with running(push(channel)) as old_key:
        assert "Unknown stream key" in last_words(old_key)
    channel.push_url = channel.push_url.rpartition("/")[0] + "/" + answer.json()["stream_key"]
    with running(push(channel)):
        wait_until(lambda: _shows_another(channel, before), "a new show is on")


def _shows_another(channel: Channel, before: str) -> bool:
    return bool(playlist(channel)) and show(channel) != before


def test_kill_9_of_the_server_in_mid_show(tmp_path: Path) -> None:
    with live_server(tmp_path / "data") as server:
        channel = server.make_stream(server.register("Ada"))
        with running(push(channel)) as encoder:
            wait_for_segments(channel)
            before, listened_to = show(channel), playlist_url(channel)
            server.kill()
            assert encoder.wait(END_TIMEOUT_S) != 0
        server.start()
        wait_until(lambda: server.status(channel) == "ended", "what was cut off has ended")
        assert listened_to is not None
        assert httpx.get(listened_to).status_code == 404  # its segments went with the process
        with running(push(channel)):
            wait_for_segments(channel)
            assert show(channel) != before
            fresh = playlist(channel)
            assert "#EXT-X-MEDIA-SEQUENCE:1\n" in fresh
            assert "#EXT-X-DISCONTINUITY\n" not in fresh
