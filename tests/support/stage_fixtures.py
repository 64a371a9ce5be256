"""Fixtures of a stage without sockets, for the stream's actor and for what drives it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from actors.kernel import Directory, Supervisor
from actors.services.stream_keys import StreamKeys
from actors.stream import Board, StreamActor, StreamMessage, StreamTools
from media.frames import Frame
from media.hls import SegmentSettings
from storage.api import Put
from support.inline_store import open_inline_store
from support.shows import encode_flv, read_flv
from support.stage import CountedViewers, FakeClock, Stage


@pytest.fixture(scope="session")
def show_frames() -> list[Frame]:
    return read_flv(encode_flv())


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    keys = StreamKeys(b"s" * 32, b"f" * 32)
    key = keys.new_key()
    with open_inline_store(tmp_path) as store:
        async with trio.open_nursery() as nursery:
            supervisor = Supervisor(nursery)
            tools = StreamTools(
                store, Board(), keys, FakeClock(), SegmentSettings(), CountedViewers()
            )
            streams: Directory[StreamMessage] = Directory(
                supervisor, "stream", lambda each: StreamActor(each, tools), idle_s=600.0
            )
            stage = Stage(store, tools, streams, supervisor, key)
            doc = {
                "owner": "usr_" + "0" * 26,
                "owner_name": "Ada",
                "title": "Ada live",
                "description": "",
                "access": "public",
                "status": "idle",
                "on_air": False,
                "created_at": 1,
                "key_hash": keys.fingerprint(key),
                "key_sealed": keys.seal(key, stage.stream_id),
            }
            await store.commit(Put("streams", stage.stream_id, doc, 0))
            yield stage
            await supervisor.stop()
