"""``GET /api/v1/streams/{id}/health``, against real stream actors."""

from dataclasses import replace

import trio
from support.stage import Encoder

from actors.stream import Publish, PublishFrames

NEW = {"title": "Sunday session"}
FIGURES = {
    "state", "verdicts", "on_air", "status", "started_at", "uptime_s", "encoder", "reconnects",
    "viewers", "video", "audio", "kbps", "av_skew_ms", "jumps", "dropped_frames", "long_gops",
    "read_lag_ms", "series",
}  # fmt: skip


async def test_a_stream_that_is_off_air(stage):
    ada = await stage.user()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    health = await ada.ok("GET", f"/streams/{stream['id']}/health")
    assert health.keys() == FIGURES
    assert (health["state"], health["status"], health["series"]) == ("offline", "idle", [])
    assert health["started_at"] is health["video"] is health["audio"] is health["encoder"] is None
    assert (health["verdicts"], health["on_air"], health["uptime_s"]) == ([], False, 0)


async def test_a_show_that_is_on(stage, show_frames):
    ada, operator = await stage.user(), await stage.operator()
    stream = await ada.ok("POST", "/streams", NEW, 201)
    stage.viewers.counts[stream["id"]] = 4
    encoder = Encoder()
    ask = stage.house.streams.ask
    await ask(stream["id"], Publish(encoder, stream["stream_key"], "FMLE/3.0"))
    await ask(stream["id"], PublishFrames(encoder, show_frames))
    stage.clock.pass_s(3.5)
    with trio.fail_after(20):
        while not (await ada.ok("GET", f"/streams/{stream['id']}/health"))["series"]:
            await trio.sleep(0.1)
    for caller in (ada, operator):
        health = await caller.ok("GET", f"/streams/{stream['id']}/health")
        assert health.keys() == FIGURES
        assert (health["on_air"], health["status"], health["encoder"]) == (True, "live", "FMLE/3.0")
        assert (health["viewers"], health["uptime_s"]) == (4, 3.5)
        assert health["started_at"] == "2027-01-15T08:00:00.000Z"
        assert health["video"]["width"] == 160
        assert health["video"]["keyframe_interval_s"] == 1.0
        assert health["audio"]["sample_rate"] == 48_000
        assert health["series"][0]["kbps"] > 0
        assert health["series"][0].keys() == {
            "at", "kbps", "fps", "av_skew_ms", "read_lag_ms", "viewers",
        }  # fmt: skip
    with trio.fail_after(20):
        while not (verdicts := health["verdicts"]):
            await trio.sleep(0.1)
            health = await ada.ok("GET", f"/streams/{stream['id']}/health")
    assert verdicts[0].keys() == {"code", "level", "text"}
    assert (verdicts[0]["code"], health["state"]) == ("no_media", verdicts[0]["level"])
    await ada.ok("POST", f"/streams/{stream['id']}/stop")
    assert (await ada.ok("GET", f"/streams/{stream['id']}/health"))["state"] == "offline"


async def test_it_is_nobody_elses(stage):
    ada, ben = await stage.user(), await stage.user("Ben")
    stream = await ada.ok("POST", "/streams", NEW, 201)
    path = f"/streams/{stream['id']}/health"
    assert (await stage.guest.fails("GET", path, status=401))["code"] == "unauthorized"
    assert (await ben.fails("GET", path, status=403))["code"] == "forbidden"
    expired = replace(ada, token="nonsense")
    assert (await expired.fails("GET", path, status=401))["code"] == "invalid_token"
    nowhere = f"/streams/str_{'1' * 26}/health"
    assert (await ada.fails("GET", nowhere, status=404))["code"] == "stream_not_found"
