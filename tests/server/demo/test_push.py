import socket
import threading

import av
import pytest
import trio

from server.demo import push
from server.demo.push import push_show

FRAMES = 30


class CountingStop(threading.Event):
    """Stops the show after some frames, and notes how long it was told to wait for each."""

    def __init__(self, frames):
        super().__init__()
        self.frames = frames
        self.waits_s = []

    def wait(self, timeout=None):
        self.waits_s.append(timeout)
        if len(self.waits_s) == self.frames:
            self.set()
        return self.is_set()


class StoppedTime:
    """A clock that stands still, but for what a test adds."""

    def __init__(self):
        self.now_s = 1000.0

    def monotonic(self):
        return self.now_s


def test_it_is_paced_and_ends_whole(picture, tmp_path, monkeypatch):
    monkeypatch.setattr(push, "time", StoppedTime())
    stop, over = CountingStop(FRAMES), threading.Event()
    push_show(str(tmp_path / "show.flv"), picture, stop, over)
    # Time stands still, so each frame is further ahead of it than the one before.
    assert stop.waits_s == pytest.approx([number / 25 for number in range(1, FRAMES + 1)])
    assert over.is_set()
    with av.open(str(tmp_path / "show.flv")) as show:
        assert sum(1 for _ in show.decode(video=0)) == FRAMES


def test_after_a_long_sleep_it_does_not_rush(picture, tmp_path, monkeypatch):
    clock = StoppedTime()
    monkeypatch.setattr(push, "time", clock)

    class Sleepy(CountingStop):
        def wait(self, timeout=None):
            if len(self.waits_s) == 3:
                clock.now_s += 3600
            return super().wait(timeout)

    stop = Sleepy(8)
    push_show(str(tmp_path / "show.flv"), picture, stop, threading.Event())
    # The frame after the sleep is due at once; from there the show keeps its pace again.
    assert stop.waits_s[4] == 0.0
    assert stop.waits_s[5:] == pytest.approx([0.04, 0.08, 0.12])


def test_where_nobody_listens(picture):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    over = threading.Event()
    with pytest.raises(OSError):
        push_show(f"rtmp://127.0.0.1:{port}/live/key", picture, threading.Event(), over)
    assert over.is_set()


async def test_cancelled_it_says_goodbye(picture, tmp_path):
    path = tmp_path / "show.flv"
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(push.push, str(path), picture)
            while not (path.exists() and path.stat().st_size > 10_000):
                await trio.sleep(0.02)  # a real encoder in a real thread: nothing tells
            nursery.cancel_scope.cancel()
    with av.open(str(path)) as show:
        assert sum(1 for _ in show.demux(video=0)) > 1
