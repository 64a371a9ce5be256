"""What the world outside is told: each transition, once, in the commit of the status itself."""

import pytest
import trio
from support.stage import Encoder, Stage
from trio.abc import Clock

from actors.kernel import Ref
from actors.stream import (
    DeleteStream,
    Publish,
    PublisherLeft,
    PublishFrames,
    StopShow,
    StreamMessage,
    UpdateStream,
)
from actors.stream.lifecycle import TRANSITIONS
from actors.stream.outbox import EVENT_OF
from media.frames import Frame
from storage.api import Delete, Put, Row


async def kept(stage: Stage) -> list[Row]:
    await trio.testing.wait_all_tasks_blocked()
    return await stage.store.find("stream_events", {}, sort="sequence")


async def go_live(stage: Stage, frames: list[Frame]) -> tuple[Ref[StreamMessage], Encoder]:
    ref = await stage.streams.get_or_start(stage.stream_id)
    encoder = Encoder()
    await ref.ask(Publish(encoder, stage.key))
    await ref.ask(PublishFrames(encoder, frames))
    return ref, encoder


def test_each_transition_is_told() -> None:
    assert set(EVENT_OF) == {(status, after) for (status, _), after in TRANSITIONS.items()}


async def test_a_shows_life(stage: Stage, show_frames: list[Frame], autojump_clock: Clock) -> None:
    ref, encoder = await go_live(stage, show_frames)
    await ref.tell(PublisherLeft(encoder, deliberate=False))
    again = Encoder()
    await ref.ask(Publish(again, stage.key))
    await ref.ask(PublishFrames(again, show_frames))
    await ref.ask(StopShow())
    events = await kept(stage)
    assert [(row.doc["type"], row.doc["sequence"]) for row in events] == [
        ("stream.live", 1),
        ("stream.interrupted", 2),
        ("stream.resumed", 3),
        ("stream.ended", 4),
    ]
    assert [row.doc["facts"]["status"] for row in events] == [
        "live",
        "interrupted",
        "live",
        "ended",
    ]
    shows = {row.doc["facts"]["show"] for row in events}
    assert shows == {(await stage.doc())["show"]}
    assert events[-1].doc["facts"]["ended_at"] == (await stage.doc())["ended_at"]
    assert "key" not in str([row.doc for row in events])


async def test_the_status_and_its_event_are_one_commit(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[tuple[Put | Delete, ...]] = []
    commit = stage.store.commit

    async def note(*ops: Put | Delete) -> None:
        commits.append(ops)
        await commit(*ops)

    monkeypatch.setattr(stage.store, "commit", note)
    ref, _ = await go_live(stage, show_frames)
    await kept(stage)
    await ref.ask(UpdateStream(title="Nothing to tell"))
    (live, update) = commits
    assert [op.collection for op in live] == ["streams", "stream_events"]
    assert [op.collection for op in update] == ["streams"]


async def test_the_count_goes_on_after_a_crash_which_is_itself_told(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    row = await stage.store.get("streams", stage.stream_id)
    assert row is not None
    cut_off = row.doc | {"status": "live", "on_air": True, "events": 7}
    await stage.store.commit(Put("streams", stage.stream_id, cut_off, row.version))
    await stage.streams.get_or_start(stage.stream_id)
    (event,) = await kept(stage)
    assert (event.doc["type"], event.doc["sequence"]) == ("stream.ended", 8)


async def test_a_deletion_is_the_last_that_is_kept(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, _ = await go_live(stage, show_frames)
    await kept(stage)
    await ref.ask(DeleteStream())
    assert [row.doc["type"] for row in await kept(stage)] == [
        "stream.live",
        "stream.ended",
        "stream.deleted",
    ]
    assert await stage.store.get("streams", stage.stream_id) is None
