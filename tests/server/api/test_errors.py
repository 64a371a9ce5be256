import json

import pytest

from server.api.wire import MAX_BODY_BYTES

LOGIN = "/api/v1/auth/login"
JSON = {"Content-Type": "application/json"}


async def error_of(response):
    return (await response.get_json())["error"]


async def test_unknown_addresses_and_methods_of_the_api_are_json(stage):
    missing = await stage.guest.call("GET", "/api/v1/nothing")
    assert missing.status_code == 404
    assert (await error_of(missing))["code"] == "not_found"
    wrong = await stage.guest.call("DELETE", LOGIN)
    assert wrong.status_code == 405
    assert (await error_of(wrong))["code"] == "method_not_allowed"
    assert "POST" in wrong.headers["Allow"]


async def test_unknown_pages_are_pages(stage):
    response = await stage.guest.call("GET", "/no/such/page")
    assert response.status_code == 404
    assert response.content_type.startswith("text/html")
    assert response.headers["X-Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"email": "\\ud800"}',
        b'{"email": NaN}',
        b"[" * 60_000,
        b'{"a":' * 9_000,
    ],
    ids=["cut", "not UTF-8", "lone surrogate", "NaN", "deep list", "deep object"],
)
async def test_what_is_not_json(stage, body):
    response = await stage.guest.call("POST", LOGIN, data=body, headers=JSON)
    assert response.status_code == 400
    assert (await error_of(response))["code"] == "invalid_request"


async def test_a_body_that_does_not_say_that_it_is_json(stage):
    body = json.dumps({"email": "a@b.example", "password": "correct horse"}).encode()
    for headers in ({}, {"Content-Type": "text/plain"}):
        response = await stage.guest.call("POST", LOGIN, data=body, headers=headers)
        assert response.status_code == 415
        assert (await error_of(response))["code"] == "unsupported_media_type"


async def test_a_body_that_is_too_large(stage):
    response = await stage.guest.call("POST", LOGIN, data=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
    assert response.status_code == 413
    assert (await error_of(response))["code"] == "body_too_large"


async def test_no_body_lacks_every_field(stage):
    error = await stage.guest.fails("POST", "/auth/login", status=400)
    assert sorted(error["details"]) == ["email", "password"]


async def test_what_nobody_foresaw_is_500_and_says_nothing_of_the_inside(
    stage, monkeypatch, capsys
):
    async def fail(*_args):
        raise RuntimeError("the inside")

    monkeypatch.setattr(type(stage.house.accounts), "login", fail)
    error = await stage.guest.fails(
        "POST", "/auth/login", {"email": "a@b.example", "password": "secret horse"}, 500
    )
    assert error["code"] == "internal"
    assert "inside" not in json.dumps(error)
    logged = capsys.readouterr().out
    assert "the inside" in logged
    assert error["request_id"] in logged
    assert "secret horse" not in logged


async def test_answers_of_the_api_are_not_stored_sniffed_or_framed(stage):
    response = await stage.guest.call("GET", "/api/v1/streams")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


async def test_pages_keep_their_own_headers(stage):
    response = await stage.guest.call("GET", "/")
    assert response.status_code == 200
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
