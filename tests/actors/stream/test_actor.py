"""The stream's actor with a real store and a real segmenter, in virtual time."""

from dataclasses import replace

import pytest
import trio
from support.stage import Encoder, Stage
from trio.abc import Clock

from actors.kernel import ActorStopped, Ref
from actors.stream import (
    DeleteStream,
    Publish,
    PublisherLeft,
    PublishFrames,
    PublishRefused,
    RotateKey,
    StopShow,
    StreamMessage,
    StreamNotFound,
    UpdateStream,
)
from actors.stream.actor import (
    CHECK_PUBLISHER_S,
    GRACE_S,
    MEDIA_IDLE_S,
    SLOW_START_S,
    TAKEOVER_IDLE_S,
)
from media.frames import AudioConfig, Codec, Frame, VideoConfig, VideoFrame
from media.hls import Window
from storage.api import Put


async def go_live(stage: Stage, frames: list[Frame]) -> tuple[Ref[StreamMessage], Encoder]:
    ref = await stage.streams.get_or_start(stage.stream_id)
    encoder = Encoder()
    await ref.ask(Publish(encoder, stage.key))
    await ref.ask(PublishFrames(encoder, frames))
    return ref, encoder


def window(stage: Stage) -> Window | None:
    published = stage.tools.board.window_of(stage.stream_id)
    assert published is not None
    return published.value


async def test_a_show_goes_live_and_is_seen(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    await go_live(stage, show_frames)
    seen = window(stage)
    assert seen is not None
    assert seen.ready
    assert set(seen.playlists) == {"video", "audio"}
    await trio.testing.wait_all_tasks_blocked()
    doc = await stage.doc()
    assert (doc["status"], doc["on_air"], doc["show"]) == ("live", True, seen.show_id)


async def test_the_first_frames_start_the_show_not_the_publish_command(
    stage: Stage, autojump_clock: Clock
) -> None:
    ref = await stage.streams.get_or_start(stage.stream_id)
    await ref.ask(Publish(Encoder(), stage.key))
    assert (await stage.doc())["status"] == "idle"


async def test_a_wrong_key_is_denied(stage: Stage, autojump_clock: Clock) -> None:
    ref = await stage.streams.get_or_start(stage.stream_id)
    with pytest.raises(PublishRefused, match="no longer valid") as refused:
        await ref.ask(Publish(Encoder(), "another-key"))
    assert refused.value.code == "NetStream.Publish.Denied"


async def test_a_second_encoder_is_refused_while_the_first_sends(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, first = await go_live(stage, show_frames)
    with pytest.raises(PublishRefused, match="already live") as refused:
        await ref.ask(Publish(Encoder(), stage.key))
    assert refused.value.code == "NetStream.Publish.BadName"
    assert first.closed == []


async def test_a_silent_encoder_gives_way(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, first = await go_live(stage, show_frames[:100])
    show = (await stage.doc())["show"]
    await trio.sleep(TAKEOVER_IDLE_S)
    second = Encoder()
    await ref.ask(Publish(second, stage.key))
    assert "took over" in first.closed[0][1]
    await ref.ask(PublishFrames(second, show_frames))
    with pytest.raises(PublishRefused):
        await ref.ask(PublishFrames(first, show_frames))
    assert (await stage.doc())["show"] == show


async def test_a_dead_encoder_is_put_off(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    _, encoder = await go_live(stage, show_frames)
    await trio.sleep(MEDIA_IDLE_S + 6)
    assert "Nothing was sent" in encoder.closed[0][1]
    assert (await stage.doc())["status"] == "interrupted"
    await trio.sleep(GRACE_S)
    assert (await stage.doc())["status"] == "ended"


async def test_a_slow_first_key_frame_is_waited_for(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    configs = [frame for frame in show_frames if isinstance(frame, VideoConfig | AudioConfig)]
    ref = await stage.streams.get_or_start(stage.stream_id)
    encoder = Encoder()
    await ref.ask(Publish(encoder, stage.key))
    await trio.sleep(SLOW_START_S - CHECK_PUBLISHER_S)
    await ref.ask(PublishFrames(encoder, configs))
    await trio.sleep(SLOW_START_S - CHECK_PUBLISHER_S)
    await ref.ask(PublishFrames(encoder, show_frames))
    assert encoder.closed == []
    seen = window(stage)
    assert seen is not None
    assert seen.ready


async def test_a_picture_of_one_frame_in_ten_seconds_goes_live(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    config = next(frame for frame in show_frames if isinstance(frame, VideoConfig))
    pictures = [frame for frame in show_frames if isinstance(frame, VideoFrame)]
    key = next(frame for frame in pictures if frame.keyframe)
    delta = next(frame for frame in pictures if not frame.keyframe)
    ref, encoder = await go_live(stage, [config])
    for number in range(10):
        await trio.sleep(10)
        frame = replace(key if number == 6 else delta, dts_ms=10_000 * number)
        await ref.ask(PublishFrames(encoder, [frame]))
    assert encoder.closed == []
    seen = window(stage)
    assert seen is not None
    assert seen.ready


async def test_one_that_never_sends_is_put_off(stage: Stage, autojump_clock: Clock) -> None:
    ref = await stage.streams.get_or_start(stage.stream_id)
    encoder = Encoder()
    await ref.ask(Publish(encoder, stage.key))
    await trio.sleep(SLOW_START_S + CHECK_PUBLISHER_S)
    assert "Nothing was sent" in encoder.closed[0][1]
    await ref.ask(Publish(Encoder(), stage.key))


async def test_two_live_encoders_do_not_evict_each_other(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, first = await go_live(stage, show_frames[:50])
    second, refusals = Encoder(), 0
    for frame in show_frames[50:150]:  # the second one tries again and again, as encoders do
        await trio.sleep(1)
        await ref.ask(PublishFrames(first, [frame]))
        with pytest.raises(PublishRefused, match="already live"):
            await ref.ask(Publish(second, stage.key))
        refusals += 1
    assert (first.closed, refusals) == ([], 100)
    assert (await stage.doc())["status"] == "live"


async def test_one_that_was_taken_over_takes_nothing_back(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, first = await go_live(stage, show_frames[:100])
    await trio.sleep(TAKEOVER_IDLE_S)
    second = Encoder()
    await ref.ask(Publish(second, stage.key))
    for frame in show_frames[:20]:  # the first one wakes up, is told, and connects anew
        await ref.ask(PublishFrames(second, [frame]))
        with pytest.raises(PublishRefused):
            await ref.ask(PublishFrames(first, [frame]))
        await ref.tell(PublisherLeft(first, deliberate=False))
        with pytest.raises(PublishRefused, match="already live"):
            await ref.ask(Publish(Encoder(), stage.key))
        await trio.sleep(1)
    assert second.closed == []
    assert (await stage.doc())["status"] == "live"


async def test_a_drop_within_grace_goes_on_with_the_same_show(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    await ref.tell(PublisherLeft(encoder, deliberate=False))
    await trio.testing.wait_all_tasks_blocked()
    assert (await stage.doc())["status"] == "interrupted"
    before = window(stage)
    await trio.sleep(GRACE_S - 1)
    await go_live(stage, show_frames)
    await trio.sleep(2)  # past the end of the grace that was given
    after = window(stage)
    assert before is not None
    assert after is not None
    assert after.show_id == before.show_id
    assert after.playlists["video"].count(b"#EXT-X-DISCONTINUITY\n") == 1
    assert (await stage.doc())["status"] == "live"


async def test_each_drop_has_its_own_grace(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    await ref.tell(PublisherLeft(encoder, deliberate=False))
    await trio.sleep(GRACE_S - 5)
    _, again = await go_live(stage, show_frames)
    await ref.tell(PublisherLeft(again, deliberate=False))
    await trio.sleep(GRACE_S - 5)  # the first one's grace is over
    assert (await stage.doc())["status"] == "interrupted"
    await trio.sleep(10)
    assert (await stage.doc())["status"] == "ended"


async def test_the_end_of_grace_ends_the_show(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    await ref.tell(PublisherLeft(encoder, deliberate=False))
    await trio.sleep(GRACE_S + 1)
    seen = window(stage)
    assert seen is not None
    assert seen.ended
    assert b"#EXT-X-ENDLIST" in seen.playlists["video"]
    assert (await stage.doc())["status"] == "ended"


async def test_a_goodbye_ends_the_show_and_the_next_is_another(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    first = window(stage)
    await ref.tell(PublisherLeft(encoder, deliberate=True))
    await trio.testing.wait_all_tasks_blocked()
    assert (await stage.doc())["status"] == "ended"
    await go_live(stage, show_frames)
    second = window(stage)
    assert first is not None
    assert second is not None
    assert first.show_id != second.show_id


async def test_what_cannot_be_played_is_refused_in_words(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    with pytest.raises(PublishRefused, match="cannot be played"):
        await ref.ask(PublishFrames(encoder, [AudioConfig(Codec.AAC, b"\x00")]))
    assert (await stage.doc())["status"] == "ended"
    await go_live(stage, show_frames)


async def test_stop_ends_the_show_and_its_publisher(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    assert await ref.ask(StopShow()) is True
    assert encoder.closed[0][0] == "NetStream.Unpublish.Success"
    with pytest.raises(PublishRefused):
        await ref.ask(PublishFrames(encoder, show_frames))
    assert await ref.ask(StopShow()) is False


async def test_update_is_durable_when_answered(stage: Stage, autojump_clock: Clock) -> None:
    await stage.streams.ask(stage.stream_id, UpdateStream(title="New", description="d"))
    doc = await stage.doc()
    assert (doc["title"], doc["description"]) == ("New", "d")


async def test_a_new_key_puts_the_old_one_off(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    await ref.ask(RotateKey())
    assert "key was changed" in encoder.closed[0][1]
    with pytest.raises(PublishRefused):
        await ref.ask(Publish(Encoder(), stage.key))
    sealed = (await stage.doc())["key_sealed"]
    key = stage.tools.keys.open(str(sealed), stage.stream_id)
    await ref.ask(Publish(Encoder(), key))


async def test_delete(stage: Stage, show_frames: list[Frame], autojump_clock: Clock) -> None:
    ref, encoder = await go_live(stage, show_frames)
    await ref.ask(DeleteStream())
    assert encoder.closed
    assert await stage.store.get("streams", stage.stream_id) is None
    with pytest.raises(StreamNotFound):
        await ref.ask(UpdateStream(title="x"))


async def test_an_unknown_stream(stage: Stage, autojump_clock: Clock) -> None:
    with pytest.raises(StreamNotFound):
        await stage.streams.ask("str_" + "1" * 26, StopShow())


async def test_an_idle_stream_leaves_the_board_and_a_live_one_stays(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    for _ in range(200):
        await trio.sleep(4)
        await ref.ask(PublishFrames(encoder, show_frames[:1]))
    assert window(stage) is not None
    await ref.tell(PublisherLeft(encoder, deliberate=True))
    await trio.sleep(1300)
    assert stage.tools.board.window_of(stage.stream_id) is None


async def test_an_orderly_stop_ends_the_show_durably(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    _, encoder = await go_live(stage, show_frames)
    await stage.supervisor.stop()
    assert "restarting" in encoder.closed[0][1]
    doc = await stage.doc()
    assert (doc["status"], doc["on_air"]) == ("ended", False)
    with pytest.raises(ActorStopped):
        await stage.streams.get_or_start(stage.stream_id)


async def test_a_show_that_a_crash_cut_off_is_ended_at_the_next_start(
    stage: Stage, autojump_clock: Clock
) -> None:
    row = await stage.store.get("streams", stage.stream_id)
    assert row is not None
    doc = row.doc | {"status": "live", "on_air": True, "show": "shw_x", "started_at": 5}
    await stage.store.commit(Put("streams", stage.stream_id, doc, row.version))
    await stage.streams.get_or_start(stage.stream_id)
    await trio.testing.wait_all_tasks_blocked()
    assert (await stage.doc())["status"] == "ended"


async def test_a_stale_record_makes_the_actor_load_it_anew(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref = await stage.streams.get_or_start(stage.stream_id)
    await ref.ask(UpdateStream(title="mine"))
    row = await stage.store.get("streams", stage.stream_id)
    assert row is not None
    await stage.store.commit(
        Put("streams", stage.stream_id, row.doc | {"title": "theirs"}, row.version)
    )
    with pytest.raises(ActorStopped):
        await ref.ask(UpdateStream(description="lost"))
    await ref.ask(UpdateStream(description="kept"))
    doc = await stage.doc()
    assert (doc["title"], doc["description"]) == ("theirs", "kept")
