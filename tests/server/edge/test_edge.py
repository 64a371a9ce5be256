import gzip
import json
from typing import Any

import httpx
import pytest
import trio

from media.hls import Window
from server.edge import EdgeConfig

STREAM = "str_01JD0000000000000000000000"
SHOW = "shw_01JD0000000000000000000000"
INDEX = f"/live/{STREAM}/index.m3u8"
SEGMENT = bytes(range(256)) * 4096


def check_common(answer: httpx.Response) -> None:
    """What every answer of the edge has."""
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "cache-control" in answer.headers or answer.status_code == 204
    assert "date" in answer.headers


def error_code(answer: httpx.Response) -> str:
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "details", "request_id"}
    assert answer.headers["x-request-id"] == error["request_id"]
    return str(error["code"])


def published(stage: Any) -> Window:
    window = stage.window.value
    assert isinstance(window, Window)
    return window


async def test_index_gives_each_listener_a_session(open_stage: Any) -> None:
    async with open_stage() as stage:
        first, second = await stage.http.get(INDEX), await stage.http.get(INDEX)
        check_common(first)
        assert first.headers["content-type"] == "application/vnd.apple.mpegurl"
        assert first.headers["cache-control"] == "no-store"
        assert first.text != second.text
        folder = f"/live/{STREAM}/"
        playlist = await stage.http.get(folder + first.text.splitlines()[1])
        assert playlist.content == published(stage).playlists["video"]
        assert stage.sessions.count(STREAM) == 1
        await stage.http.get(folder + second.text.splitlines()[1])
        await stage.http.get(folder + second.text.splitlines()[1])
        assert stage.sessions.count(STREAM) == 2


async def test_media_playlist(open_stage: Any) -> None:
    async with open_stage() as stage:
        answer = await stage.http.get(stage.playlist_path("audio"))
        check_common(answer)
        assert answer.content == b"#EXTM3U\n#small\n"
        assert answer.headers["cache-control"] == "max-age=3"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("", False),
    ],
)
async def test_long_playlists_are_packed(open_stage: Any, accepted: str, packed: bool) -> None:
    async with open_stage() as stage:
        request = f"GET {stage.playlist_path()} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        answer = await stage.raw(f"{request}Accept-Encoding: {accepted}\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert (b"Content-Encoding: gzip" in head) is packed
        assert f"Content-Length: {len(body)}\r\n".encode() in head
        plain = published(stage).playlists["video"]
        assert (gzip.decompress(body) if packed else body) == plain


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("video/init-1.mp4", "video/mp4"),
        ("video/seg-3.m4s", "video/mp4"),
        ("audio/seg-3.m4s", "audio/mp4"),
    ],
)
async def test_media(open_stage: Any, name: str, kind: str) -> None:
    async with open_stage() as stage:
        answer = await stage.http.get(stage.media_path(name))
        check_common(answer)
        assert answer.content == published(stage).media[name]
        assert answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["accept-ranges"] == "bytes"
        etag = answer.headers["etag"]
        for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = await stage.http.get(stage.media_path(name), headers={"If-None-Match": known})
            check_common(again)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == etag
        other = await stage.http.get(stage.media_path(name), headers={"If-None-Match": '"x"'})
        assert other.status_code == 200


@pytest.mark.parametrize(
    ("value", "status", "content_range", "start", "end"),
    [
        ("bytes=0-0", 206, "bytes 0-0/1048576", 0, 1),
        ("bytes=10-19", 206, "bytes 10-19/1048576", 10, 20),
        ("bytes=1048570-", 206, "bytes 1048570-1048575/1048576", 1048570, 1048576),
        ("bytes=1048570-9999999", 206, "bytes 1048570-1048575/1048576", 1048570, 1048576),
        ("bytes=-6", 206, "bytes 1048570-1048575/1048576", 1048570, 1048576),
        ("bytes=-9999999", 206, "bytes 0-1048575/1048576", 0, 1048576),
        ("bytes=0-1,5-6", 200, None, 0, 1048576),
        ("bytes=5-2", 200, None, 0, 1048576),
        ("lines=1-2", 200, None, 0, 1048576),
    ],
)
async def test_ranges(
    open_stage: Any, value: str, status: int, content_range: str | None, start: int, end: int
) -> None:
    async with open_stage() as stage:
        path = stage.media_path("video/seg-3.m4s")
        answer = await stage.http.get(path, headers={"Range": value})
        assert answer.status_code == status
        assert answer.headers.get("content-range") == content_range
        assert answer.content == SEGMENT[start:end]


async def test_range_that_lies_outside(open_stage: Any) -> None:
    async with open_stage() as stage:
        path = stage.media_path("audio/seg-3.m4s")
        answer = await stage.http.get(path, headers={"Range": "bytes=10-"})
        check_common(answer)
        assert answer.status_code == 416
        assert answer.headers["content-range"] == "bytes */10"
        assert error_code(answer) == "range_not_satisfiable"


async def test_if_range(open_stage: Any) -> None:
    async with open_stage() as stage:
        path = stage.media_path("audio/seg-3.m4s")
        etag = (await stage.http.get(path)).headers["etag"]
        wanted = {"Range": "bytes=1-2"}
        same = await stage.http.get(path, headers={**wanted, "If-Range": etag})
        assert (same.status_code, same.content) == (206, b"12")
        other = await stage.http.get(path, headers={**wanted, "If-Range": '"x"'})
        assert (other.status_code, other.content) == (200, b"0123456789")


@pytest.mark.parametrize("path", [INDEX, "playlist", "media", f"/live/{STREAM}/nothing"])
async def test_head_has_the_headers_of_get(open_stage: Any, path: str) -> None:
    async with open_stage() as stage:
        if path == "playlist":
            path = stage.playlist_path()
        elif path == "media":
            path = stage.media_path("video/seg-3.m4s")
        got, head = await stage.http.get(path), await stage.http.head(path)
        assert head.status_code == got.status_code
        assert head.content == b""
        for name in ("content-type", "content-length", "cache-control", "etag", "vary"):
            assert head.headers.get(name) == got.headers.get(name)


async def test_a_look_at_the_head_is_no_listener(open_stage: Any) -> None:
    async with open_stage() as stage:
        await stage.http.head(stage.playlist_path())
        assert stage.sessions.count(STREAM) == 0


@pytest.mark.parametrize("path", [INDEX, f"/live/{STREAM}/nothing", "/live/"])
async def test_preflight(open_stage: Any, path: str) -> None:
    async with open_stage() as stage:
        answer = await stage.http.options(path)
        check_common(answer)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
        assert "Range" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods(open_stage: Any, method: str) -> None:
    async with open_stage() as stage:
        answer = await stage.http.request(method, INDEX)
        check_common(answer)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert error_code(answer) == "method_not_allowed"


async def test_a_body_is_refused(open_stage: Any) -> None:
    async with open_stage() as stage:
        request = f"GET {INDEX} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc".encode()
        answer = await stage.raw(request)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"Connection: close" in answer
        assert b"Access-Control-Allow-Origin: *" in answer
        assert b"body_not_allowed" in answer
        answer = await stage.raw(request.replace(b"GET", b"POST") + request)
        assert answer.startswith(b"HTTP/1.1 405 ")
        assert answer.count(b"HTTP/1.1") == 1


UNKNOWN = [
    "/live/",
    "/live//",
    "/live/index.m3u8",
    "/live/str_unknown/index.m3u8",
    f"/live/{STREAM}",
    f"/live/{STREAM}/",
    f"/live/{STREAM}/{SHOW}/index.m3u8",
    f"/live/{STREAM}/{SHOW}/video/seg-4.m4s",
    f"/live/{STREAM}/{SHOW}/video/%73eg-3.m4s",
    f"/live/{STREAM}/{SHOW}/video/../video/seg-3.m4s",
    f"/live/{STREAM}/shw_other/video/seg-3.m4s",
    f"/live/{STREAM}/{SHOW}/~/video/media.m3u8",
    f"/live/{STREAM}/{SHOW}/~session/video/media.m3u8",
    f"/live/{STREAM}/{SHOW}/~{'A' * 43}/video/media.m3u8",
    f"/live/{STREAM}/{SHOW}/~{{session}}/4k/media.m3u8",
    f"/live/{STREAM}/shw_other/~{{session}}/video/media.m3u8",
    "/live/../ws",
]


@pytest.mark.parametrize("path", UNKNOWN)
async def test_unknown_paths(open_stage: Any, path: str) -> None:
    async with open_stage() as stage:
        path = path.replace("{session}", stage.sessions.new(STREAM))
        request = f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        answer = await stage.raw(request.encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 404 Not Found\r\n")
        assert b"Cache-Control: no-store" in head
        assert b"Access-Control-Allow-Origin: *" in head
        assert json.loads(body)["error"]["code"] == "not_found"
        assert stage.sessions.count(STREAM) == 0


async def test_a_query_changes_nothing(open_stage: Any) -> None:
    async with open_stage() as stage:
        assert (await stage.http.get(f"{INDEX}?a=/../b")).status_code == 200


async def test_a_session_is_of_one_stream(open_stage: Any) -> None:
    async with open_stage() as stage:
        path = stage.playlist_path(session=stage.sessions.new("str_other"))
        assert (await stage.http.get(path)).status_code == 404


async def test_index_waits_for_the_first_segment(open_stage: Any) -> None:
    async with open_stage() as stage:
        window = published(stage)
        stage.window.publish(None)
        answers: list[httpx.Response] = []

        async def ask() -> None:
            answers.append(await stage.http.get(INDEX))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked(0.02)
            stage.window.publish(None)
            await trio.testing.wait_all_tasks_blocked(0.02)
            assert not answers
            stage.window.publish(window)
        assert answers[0].status_code == 200


async def test_index_gives_up_waiting(
    open_stage: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_stage(EdgeConfig(index_wait_s=8)) as stage:
        stage.window.publish(None)
        start = trio.current_time()
        assert (await stage.http.get(INDEX)).status_code == 404
        assert 8 <= trio.current_time() - start < 9


async def test_index_does_not_wait_for_a_stream_that_left(
    open_stage: Any, autojump_clock: trio.testing.MockClock
) -> None:
    async with open_stage() as stage:
        stage.window.publish(None)
        answers: list[httpx.Response] = []

        async def ask() -> None:
            answers.append(await stage.http.get(INDEX))

        start = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.sleep(1)
            stage.board.close(STREAM)
        assert answers[0].status_code == 404
        assert trio.current_time() - start < 2
