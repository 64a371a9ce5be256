"""What a broadcaster is told of real pushes, good ones and bad ones."""

import signal
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from support.encoders import AAC, H264, PICTURE, TUNE, ffmpeg_push, running, wait_until
from support.live_server import Account, Channel, LiveServer, live_server

PUSH_S = 90
NUMBERS = count(1)
pytestmark = pytest.mark.ffmpeg


class Owner:
    """Somebody with one stream, who looks at its health."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self.server = server
        self.account: Account = server.register(name)
        self.channel: Channel = server.make_stream(self.account)

    @property
    def health(self) -> dict[str, Any]:
        path = f"/api/v1/streams/{self.channel.id}/health"
        answer = self.server.call("GET", path, token=self.account.token)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def verdict(self, code: str) -> dict[str, str] | None:
        return next((each for each in self.health["verdicts"] if each["code"] == code), None)

    def wait_for(self, code: str, timeout_s: float = 30) -> dict[str, str]:
        """Wait for a verdict; gives it."""
        wait_until(lambda: self.verdict(code) is not None, f"the verdict {code}", timeout_s)
        verdict = self.verdict(code)
        assert verdict is not None
        return verdict

    def wait_points(self, count: int) -> dict[str, Any]:
        """Wait until so many seconds have been measured; gives the health."""
        wait_until(lambda: len(self.health["series"]) >= count, f"{count} points")
        return self.health


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("house") / "data") as server:
        yield server


@pytest.fixture
def owner(house: LiveServer) -> Owner:
    return Owner(house, f"Ada-{next(NUMBERS)}")


def test_a_good_push_and_its_end(owner: Owner) -> None:
    assert owner.health["state"] == "offline"
    with running(ffmpeg_push(owner.channel.push_url, 14)) as encoder:
        health = owner.wait_points(10)
        assert (health["state"], health["verdicts"]) == ("good", [])
        assert health["encoder"].startswith("FMLE/3.0")
        video, audio = health["video"], health["audio"]
        assert (video["width"], video["height"], video["keyframe_interval_s"]) == (640, 360, 2.0)
        assert video["fps"] == pytest.approx(25, abs=1)
        assert (audio["sample_rate"], audio["kbps"] > 10) == (48_000, True)
        assert health["kbps"] == pytest.approx(video["kbps"] + audio["kbps"], rel=0.05)
        assert encoder.wait(60) == 0
    wait_until(lambda: owner.health["state"] == "offline", "the show has ended")
    health = owner.health
    assert (health["status"], health["verdicts"], health["video"]) == ("ended", [], None)
    assert len(health["series"]) >= 10


def test_sound_alone_is_good(owner: Owner) -> None:
    with running(ffmpeg_push(owner.channel.push_url, PUSH_S, video=False)):
        health = owner.wait_points(10)
        assert (health["state"], health["verdicts"], health["video"]) == ("good", [], None)
        assert (health["audio"]["codec"], health["av_skew_ms"]) == ("mp4a.40.2", None)


def test_a_keyframe_every_ten_seconds(owner: Owner) -> None:
    with running(ffmpeg_push(owner.channel.push_url, PUSH_S, gop_frames=250)):
        owner.wait_for("keyframe_interval")
        wait_until(lambda: (owner.health["video"] or {}).get("keyframe_interval_s") == 10, "two")
        verdict = owner.wait_for("keyframe_interval")
        assert "Keyframe interval is 10.0 s; set it to 2 s" in verdict["text"]
        assert owner.health["state"] == "warning"


def test_an_encoder_at_half_speed(owner: Owner) -> None:
    half = ["-readrate", "0.5"]
    head = ["ffmpeg", "-hide_banner", "-loglevel", "warning", "-nostdin"]
    codecs = [*H264, "-g", "50", *AAC, "-f", "flv", owner.channel.push_url]
    with running([*head, *half, *PICTURE, *half, *TUNE, *codecs]):
        verdict = owner.wait_for("slow_connection")
        assert "late, at" in verdict["text"]
        assert owner.health["read_lag_ms"] > 2_000
        wait_until(lambda: owner.health["state"] == "bad", "it becomes worse")


def test_an_encoder_that_hangs_for_some_seconds(owner: Owner) -> None:
    with running(ffmpeg_push(owner.channel.push_url, PUSH_S)) as encoder:
        owner.wait_points(6)
        encoder.send_signal(signal.SIGSTOP)
        try:
            verdict = owner.wait_for("no_media")
            assert "Nothing has arrived for" in verdict["text"]
            wait_until(lambda: owner.health["state"] == "bad", "it lasts")
        finally:
            encoder.send_signal(signal.SIGCONT)
        wait_until(lambda: owner.verdict("no_media") is None, "it goes on")
        assert any(point["kbps"] == 0 for point in owner.health["series"])


def test_an_encoder_that_is_killed_and_comes_back(owner: Owner) -> None:
    with running(ffmpeg_push(owner.channel.push_url, PUSH_S)) as encoder:
        owner.wait_points(4)
        encoder.kill()
        verdict = owner.wait_for("no_media")
        assert "connection broke" in verdict["text"]
        assert owner.health["status"] == "interrupted"
    with running(ffmpeg_push(owner.channel.push_url, PUSH_S)):
        verdict = owner.wait_for("reconnects")
        assert "connect again once" in verdict["text"]
        wait_until(lambda: owner.verdict("no_media") is None, "it sends again")
        health = owner.health
        assert (health["reconnects"], health["status"]) == (1, "live")
