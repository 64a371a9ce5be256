"""Webhooks out over REST: whose they are, what they may be, and what is shown of them."""

import pytest
import trio

from actors.services.hooks import EVENT_TYPES, Answer
from actors.services.hooks.events import keep_event, new_event
from server.config import Settings

URL = "https://hook.example/bandstand"
PATHS = [
    ("POST", "", {"url": URL}),
    ("GET", "", None),
    ("GET", "/{id}", None),
    ("PATCH", "/{id}", {"enabled": False}),
    ("DELETE", "/{id}", None),
    ("POST", "/{id}/secret", None),
    ("POST", "/{id}/test", None),
    ("GET", "/{id}/deliveries", None),
]


async def own(stage, name="Ada"):
    """Somebody with a stream: the caller, and the path of the stream's webhooks."""
    ada = await stage.user(name)
    stream = await ada.ok("POST", "/streams", {"title": "Quartet"}, 201)
    return ada, f"/streams/{stream['id']}/webhooks"


async def test_a_webhook_is_made_seen_changed_and_removed(stage):
    ada, path = await own(stage)
    made = await ada.ok("POST", path, {"url": URL}, 201)
    assert made["secret"].startswith("whsec_")
    assert (made["url"], made["enabled"], made["events"]) == (URL, True, list(EVENT_TYPES))
    assert (made["disabled_reason"], made["disabled_at"], made["failing_since"]) == (None,) * 3
    shown = await ada.ok("GET", f"{path}/{made['id']}")
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (await ada.ok("GET", path))["items"] == [shown]
    change = {"url": "http://127.0.0.1:9/", "events": ["stream.ended"], "enabled": False}
    changed = await ada.ok("PATCH", f"{path}/{made['id']}", change)
    assert {name: changed[name] for name in change} == change
    assert changed["disabled_reason"] == "Switched off."
    response = await ada.call("DELETE", f"/api/v1{path}/{made['id']}")
    assert response.status_code == 204
    assert (await ada.ok("GET", path))["items"] == []


@pytest.mark.parametrize(("method", "tail", "body"), PATHS)
async def test_they_are_for_the_owner_alone(stage, method, tail, body):
    ada, path = await own(stage)
    made = await ada.ok("POST", path, {"url": URL}, 201)
    ben, bens = await own(stage, "Ben")
    where = path + tail.format(id=made["id"])
    assert (await stage.guest.fails(method, where, body, 401))["code"] == "unauthorized"
    assert (await ben.fails(method, where, body, 403))["code"] == "forbidden"
    operator = await stage.operator()
    assert (await operator.fails(method, where, body, 403))["code"] == "forbidden"
    if tail:
        elsewhere = bens + tail.format(id=made["id"])
        assert (await ben.fails(method, elsewhere, body, 404))["code"] == "webhook_not_found"
    missing = "/streams/str_none/webhooks" + tail.format(id=made["id"])
    assert (await ada.fails(method, missing, body, 404))["code"] == "stream_not_found"
    assert (await ada.ok("GET", f"{path}/{made['id']}"))["enabled"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"url": "ftp://hook.example/"}, "invalid_url"),
        ({"url": "https://ada:secret@hook.example/"}, "invalid_url"),
        ({"url": "x" * 20_000}, "invalid_request"),
        ({"url": URL, "events": []}, "invalid_request"),
        ({"url": URL, "events": ["stream.deleted"]}, "invalid_request"),
        ({"url": URL, "events": ["stream.live"] * 5}, "invalid_request"),
        ({"url": 5}, "invalid_request"),
    ],
)
async def test_what_cannot_be_a_webhook(stage, body, code):
    ada, path = await own(stage)
    assert (await ada.fails("POST", path, body))["code"] == code
    assert (await ada.ok("GET", path))["items"] == []


async def test_five_are_enough(stage):
    ada, path = await own(stage)
    for _ in range(5):
        await ada.ok("POST", path, {"url": URL}, 201)
    assert (await ada.fails("POST", path, {"url": URL}, 409))["code"] == "too_many_webhooks"


async def test_a_new_secret_is_shown_once(stage):
    ada, path = await own(stage)
    made = await ada.ok("POST", path, {"url": URL}, 201)
    again = await ada.ok("POST", f"{path}/{made['id']}/secret")
    assert again["secret"].startswith("whsec_")
    assert again["secret"] != made["secret"]
    assert "secret" not in await ada.ok("GET", f"{path}/{made['id']}")


async def test_a_test_and_what_is_shown_of_tries(stage, monkeypatch):
    ada, path = await own(stage)
    made = await ada.ok("POST", path, {"url": URL}, 201)
    answers = [Answer(200, None, 3), Answer(None, "unreachable", 4)]

    async def post(*_):
        return answers.pop()

    monkeypatch.setattr(stage.house.hooks.sender._poster, "post", post)
    failed = await ada.ok("POST", f"{path}/{made['id']}/test")
    assert failed == {"status": None, "error": "unreachable", "took_ms": 4}
    stage.clock.pass_s(1)
    assert (await ada.ok("POST", f"{path}/{made['id']}/test"))["status"] == 200
    tries = await ada.ok("GET", f"{path}/{made['id']}/deliveries")
    assert tries["waiting"] == 0
    assert [each["error"] for each in tries["items"]] == [None, "unreachable"]
    assert set(tries["items"][0]) == {
        "event_id",
        "type",
        "at",
        "attempt",
        "outcome",
        "status",
        "error",
        "took_ms",
        "next_at",
    }
    assert tries["items"][0]["event_id"].startswith("evt_")


async def test_one_test_at_a_time(stage, monkeypatch):
    ada, path = await own(stage)
    made = await ada.ok("POST", path, {"url": URL}, 201)
    asked, gate = trio.Event(), trio.Event()

    async def post(*_):
        asked.set()
        await gate.wait()
        return Answer(200, None, 3)

    monkeypatch.setattr(stage.house.hooks.sender._poster, "post", post)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ada.ok, "POST", f"{path}/{made['id']}/test")
        await asked.wait()
        refused = await ada.fails("POST", f"{path}/{made['id']}/test", status=429)
        gate.set()
    assert refused["code"] == "too_many_tests"
    assert refused["details"]["retry_after"] > 0


async def test_a_deleted_streams_webhooks_go_with_it(stage, nursery):
    await nursery.start(stage.house.hooks.sender.run)
    ada, path = await own(stage)
    await ada.ok("POST", path, {"url": URL}, 201)
    await ada.call("DELETE", f"/api/v1{path.removesuffix('/webhooks')}")
    await stage.house.hooks.sender.drain(10)
    assert await stage.house.store.find("hook_endpoints", {}, sort="id") == []


async def test_enabling_sends_what_waits_at_once(stage, nursery, monkeypatch):
    sent = trio.Event()

    async def post(*_):
        sent.set()
        return Answer(200, None, 3)

    monkeypatch.setattr(stage.house.hooks.sender._poster, "post", post)
    ada, path = await own(stage)
    made = await ada.ok("POST", path, {"url": URL}, 201)
    stream_id = path.split("/")[2]
    await stage.house.store.commit(keep_event(new_event("stream.live", stream_id, 1, {}, 1)))
    await stage.house.hooks.sender._outbox.fan_out()
    await ada.ok("PATCH", f"{path}/{made['id']}", {"enabled": False})
    await nursery.start(stage.house.hooks.sender.run)
    assert not sent.is_set()
    await ada.ok("PATCH", f"{path}/{made['id']}", {"enabled": True})
    with trio.fail_after(5):
        await sent.wait()


class TestInProduction:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"env": "production"})

    @pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]", "169.254.169.254"])
    async def test_private_addresses_are_refused(self, stage, host):
        ada, path = await own(stage)
        refused = await ada.fails("POST", path, {"url": f"http://{host}/"})
        assert refused["code"] == "private_address"
        await ada.ok("POST", path, {"url": "http://hook.example/"}, 201)


class TestInProductionWithPrivateTargets:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"env": "production", "private_targets": True})

    async def test_private_addresses_are_taken(self, stage):
        ada, path = await own(stage)
        await ada.ok("POST", path, {"url": "http://127.0.0.1/"}, 201)
