"""A ticketed show over real sockets: nothing without a session, and each request looks anew."""

from typing import Any

import httpx
import pytest
import trio

from actors.ids import new_id
from server.edge import EdgeConfig

STREAM = "str_01JD0000000000000000000000"
SHOW = "shw_01JD0000000000000000000000"
LICENCE = new_id("lic")
SEGMENT = "video/seg-3.m4s"


def paths(session: str) -> list[str]:
    """Each kind of thing that there is, as a session's player asks for it."""
    return [
        f"/live/{STREAM}/~{session}/index.m3u8",
        f"/live/{STREAM}/{SHOW}/~{session}/video/media.m3u8",
        f"/live/{STREAM}/{SHOW}/~{session}/video/init-1.mp4",
        f"/live/{STREAM}/{SHOW}/~{session}/{SEGMENT}",
    ]


async def codes(stage: Any, asked: list[str]) -> list[str]:
    """The code of each answer, "ok" where it is 200; a refusal is kept by no cache."""
    found = []
    for path in asked:
        answer: httpx.Response = await stage.http.get(path)
        if answer.status_code == 200:
            found.append("ok")
            continue
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"
        code = answer.json()["error"]["code"]
        assert (answer.status_code == 404) == (code == "not_found")
        assert answer.status_code in (403, 404)
        found.append(code)
    return found


def make_ticketed(stage: Any) -> str:
    """Have the stage's show a ticketed one; give a session of it."""
    stage.publish(ticketed=True)
    return str(stage.ticketed.new(STREAM, LICENCE)[0])


async def test_a_session_opens_all_of_the_show(open_stage: Any) -> None:
    async with open_stage() as stage:
        session = make_ticketed(stage)
        index, playlist, init, segment = [await stage.http.get(each) for each in paths(session)]
        assert index.text.splitlines()[-1] == f"../{SHOW}/~{session}/video/media.m3u8"
        assert index.headers["cache-control"] == "no-store"
        assert playlist.content == stage.window.value.playlists["video"]
        assert init.content == b"init"
        assert segment.content == stage.window.value.media[SEGMENT]
        for answer in (playlist, init, segment):
            assert answer.headers["cache-control"] == "private, no-store"
        assert stage.sessions.count(STREAM) == 1
        part = await stage.http.get(paths(session)[3], headers={"Range": "bytes=1-2"})
        assert (part.status_code, part.content) == (206, b"\1\2")
        head = await stage.http.head(paths(session)[3])
        assert (head.status_code, head.content) == (200, b"")


async def test_without_a_session_nothing_opens(open_stage: Any) -> None:
    async with open_stage() as stage:
        make_ticketed(stage)
        bare = [
            f"/live/{STREAM}/index.m3u8",
            f"/live/{STREAM}/{SHOW}/video/init-1.mp4",
            f"/live/{STREAM}/{SHOW}/{SEGMENT}",
            f"/live/{STREAM}/{SHOW}/video/seg-99.m4s",
        ]
        assert await codes(stage, bare) == ["licence_required"] * 4
        assert (await stage.http.head(bare[2])).status_code == 403
        for session in ("", "A" * 112, stage.sessions.new(STREAM)):
            assert await codes(stage, paths(session)) == ["licence_required"] * 4
        assert stage.sessions.count(STREAM) == 0


async def test_a_session_of_another_stream_opens_nothing(open_stage: Any) -> None:
    async with open_stage() as stage:
        make_ticketed(stage)
        other, _ = stage.ticketed.new(new_id("str"), LICENCE)
        assert await codes(stage, paths(other)) == ["licence_required"] * 4


async def test_a_tampered_session_opens_nothing(open_stage: Any) -> None:
    async with open_stage() as stage:
        session = make_ticketed(stage)
        for at in range(len(session)):
            flipped = "A" if session[at] != "A" else "B"
            forged = session[:at] + flipped + session[at + 1 :]
            assert await codes(stage, paths(forged)[2:3]) == ["licence_required"]
        assert await codes(stage, paths(session)) == ["ok"] * 4


async def test_a_session_expires(open_stage: Any) -> None:
    async with open_stage() as stage:
        session = make_ticketed(stage)
        stage.clock.time_ms += 24 * 3600 * 1000 - 1
        assert await codes(stage, paths(session)) == ["ok"] * 4
        stage.clock.time_ms += 1
        assert await codes(stage, paths(session)) == ["licence_required"] * 4


async def test_a_revoked_licence_is_refused_at_the_next_request(open_stage: Any) -> None:
    async with open_stage() as stage:
        session = make_ticketed(stage)
        other, _ = stage.ticketed.new(STREAM, new_id("lic"))
        assert await codes(stage, paths(session)) == ["ok"] * 4
        stage.place.revoked.publish(frozenset((LICENCE, new_id("lic"))))
        assert await codes(stage, paths(session)) == ["licence_required"] * 4
        assert await codes(stage, paths(other)) == ["ok"] * 4
        stage.place.revoked.publish(frozenset())
        assert await codes(stage, paths(session)) == ["ok"] * 4


async def test_a_request_on_a_connection_that_is_open_is_looked_at_too(open_stage: Any) -> None:
    async with open_stage() as stage:
        session = make_ticketed(stage)
        stream = await stage.connect()
        request = f"HEAD {paths(session)[3]} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
        await stream.send_all(request)
        assert (await stream.receive_some()).startswith(b"HTTP/1.1 200 ")
        stage.place.revoked.publish(frozenset((LICENCE,)))
        await stream.send_all(request)
        assert (await stream.receive_some()).startswith(b"HTTP/1.1 403 ")


async def test_the_fourth_session_of_a_licence_puts_the_first_one_out(open_stage: Any) -> None:
    async with open_stage() as stage:
        sessions = [make_ticketed(stage) for _ in range(3)]
        for session in sessions:
            assert await codes(stage, paths(session)) == ["ok"] * 4
        sessions.append(make_ticketed(stage))
        assert await codes(stage, paths(sessions[0])) == ["session_replaced"] * 4
        for session in sessions[1:]:
            assert await codes(stage, paths(session)) == ["ok"] * 4


async def test_what_does_not_exist_is_not_found(open_stage: Any) -> None:
    async with open_stage(EdgeConfig(index_wait_s=0)) as stage:
        session = make_ticketed(stage)
        other_stream, _ = stage.ticketed.new("str_other", LICENCE)
        nothing = [
            f"/live/{STREAM}/{SHOW}/~{session}/video/seg-4.m4s",
            f"/live/{STREAM}/{SHOW}/~{session}/4k/media.m3u8",
            f"/live/{STREAM}/shw_other/~{session}/video/media.m3u8",
            f"/live/{STREAM}/shw_other/~{session}/{SEGMENT}",
            f"/live/{STREAM}/shw_other/{SEGMENT}",
            f"/live/str_other/~{other_stream}/index.m3u8",
            f"/live/{STREAM}/{session}/index.m3u8",
        ]
        assert await codes(stage, nothing) == ["not_found"] * len(nothing)
        stage.window.publish(None)
        assert await codes(stage, paths(session)) == ["not_found"] * 4


async def test_a_public_show_knows_no_ticketed_names(open_stage: Any) -> None:
    async with open_stage() as stage:
        session, _ = stage.ticketed.new(STREAM, LICENCE)
        assert await codes(stage, paths(session)) == ["not_found"] * 4
        assert await codes(stage, paths("")) == ["not_found"] * 4


@pytest.mark.parametrize("change", ["revoke", "replace", "expire"])
async def test_a_request_that_waited_is_looked_at_after_the_wait(
    open_stage: Any, change: str
) -> None:
    async with open_stage() as stage:
        session = make_ticketed(stage)
        window = stage.window.value
        stage.window.publish(None)
        found: list[str] = []

        async def ask() -> None:
            found.extend(await codes(stage, paths(session)[:1]))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.testing.wait_all_tasks_blocked(0.02)
            assert not found
            if change == "revoke":
                stage.place.revoked.publish(frozenset((LICENCE,)))
            elif change == "replace":
                for _ in range(3):
                    stage.ticketed.new(STREAM, LICENCE)
            else:
                stage.clock.time_ms += 24 * 3600 * 1000
            stage.window.publish(window)
        expected = "session_replaced" if change == "replace" else "licence_required"
        assert found == [expected]
