import pytest

from server.config import Settings

NEW = {"url": "rtmp://live.example/app", "key": "live_1234"}


@pytest.fixture
async def ada(stage):
    return await stage.user("Ada")


@pytest.fixture
async def path(ada):
    stream = await ada.ok("POST", "/streams", {"title": "A show"}, 201)
    return f"/streams/{stream['id']}/forwards"


async def test_a_forward_is_made_shown_changed_and_taken_away(stage, ada, path):
    made = await ada.ok("POST", path, NEW, 201)
    assert made == {
        "id": made["id"],
        "url": "rtmp://live.example/app",
        "enabled": True,
        "created_at": "2027-01-15T08:00:00.000Z",
        "state": "idle",
        "since": None,
        "kbps": 0,
        "reconnects": 0,
        "dropped_frames": 0,
        "error": None,
    }
    one = f"{path}/{made['id']}"
    assert await ada.ok("GET", one) == made
    assert await ada.ok("GET", path) == {"items": [made]}
    off = await ada.ok("PATCH", one, {"enabled": False, "key": "another_key"})
    assert off == made | {"enabled": False}
    answer = await ada.call("DELETE", f"/api/v1{one}")
    assert answer.status_code == 204
    assert await ada.ok("GET", path) == {"items": []}
    assert (await ada.fails("GET", one, status=404))["code"] == "forward_not_found"


async def test_the_key_is_shown_to_nobody(stage, ada, path):
    made = await ada.ok("POST", path, NEW, 201)
    seen = [made, await ada.ok("GET", path), await ada.ok("PATCH", f"{path}/{made['id']}", NEW)]
    assert "live_1234" not in str(seen)


async def test_it_is_for_the_owner_alone(stage, ada, path):
    made = await ada.ok("POST", path, NEW, 201)
    one = f"{path}/{made['id']}"
    eve = await stage.user("Eve")
    for method, where, body in (
        ("GET", path, None), ("POST", path, NEW), ("GET", one, None),
        ("PATCH", one, {"enabled": False}), ("DELETE", one, None),
    ):  # fmt: skip
        assert (await eve.fails(method, where, body, 403))["code"] == "forbidden"
        assert (await stage.guest.fails(method, where, body, 401))["code"] == "unauthorized"
    nowhere = "/streams/str_00000000000000000000000000/forwards"
    assert (await ada.fails("GET", nowhere, status=404))["code"] == "stream_not_found"


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ({"url": "rtmp://live.example/app"}, "invalid_request", 400),
        ({"url": "http://live.example/app", "key": "k"}, "invalid_url", 400),
        ({"url": "rtmp://live.example/app", "key": "a b"}, "invalid_key", 400),
    ],
)
async def test_what_is_wrong_is_said(ada, path, body, code, status):
    assert (await ada.fails("POST", path, body, status))["code"] == code


async def test_five_are_the_most(ada, path):
    for _ in range(5):
        await ada.ok("POST", path, NEW, 201)
    assert (await ada.fails("POST", path, NEW, 409))["code"] == "too_many_forwards"


async def test_another_url_wants_the_key(ada, path):
    made = await ada.ok("POST", path, NEW, 201)
    body = {"url": "rtmp://thief.example/app"}
    refused = await ada.fails("PATCH", f"{path}/{made['id']}", body)
    assert (refused["code"], refused["message"]) == (
        "invalid_key",
        "key: must be given with another url",
    )


async def test_they_go_with_their_stream(stage, ada, path):
    await ada.ok("POST", path, NEW, 201)
    stream_id = path.split("/")[2]
    assert await stage.house.store.get("forwards", stream_id) is not None
    assert (await ada.call("DELETE", f"/api/v1/streams/{stream_id}")).status_code == 204
    assert await stage.house.store.get("forwards", stream_id) is None


async def test_they_are_in_the_document(stage):
    document = await stage.guest.call("GET", "/openapi.json")
    paths = (await document.get_json())["paths"]
    assert set(paths["/api/v1/streams/{stream_id}/forwards"]) == {"get", "post"}
    assert set(paths["/api/v1/streams/{stream_id}/forwards/{forward_id}"]) == {
        "get", "patch", "delete",
    }  # fmt: skip


class TestInProduction:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"env": "production"})

    async def test_private_addresses_are_refused(self, ada, path):
        refused = await ada.fails("POST", path, NEW | {"url": "rtmp://127.0.0.1/app"})
        assert refused["code"] == "private_address"
        await ada.ok("POST", path, NEW, 201)


class TestInProductionWithPrivateTargets:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"env": "production", "private_targets": True})

    async def test_private_addresses_are_taken(self, ada, path):
        await ada.ok("POST", path, NEW | {"url": "rtmp://127.0.0.1/app"}, 201)
