"""Who listens hears of a show's turns, and its frames in between."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
import trio
from support.stage import Encoder, Stage
from trio.abc import Clock

from actors.kernel import Ref
from actors.stream import (
    Publish,
    PublisherLeft,
    PublishFrames,
    PublishRefused,
    StopShow,
    StreamActor,
    StreamMessage,
)
from media.frames import Codec, Frame, VideoConfig


@dataclass
class Listener:
    heard: list[str | Sequence[Frame]] = field(default_factory=list)

    def turned(self, stream_id: str, status: str) -> None:
        self.heard.append(status)

    def frames(self, stream_id: str, frames: Sequence[Frame]) -> None:
        self.heard.append(frames)


async def go_live(
    stage: Stage, listener: Listener, frames: list[Frame]
) -> tuple[Ref[StreamMessage], Encoder]:
    tools = replace(stage.tools, listener=listener)
    ref = stage.supervisor.spawn("stream", lambda: StreamActor(stage.stream_id, tools)).ref
    encoder = Encoder()
    await ref.ask(Publish(encoder, stage.key, "an encoder"))
    await ref.ask(PublishFrames(encoder, frames))
    return ref, encoder


async def test_a_show_its_interruption_its_return_and_its_end(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    listener = Listener()
    ref, encoder = await go_live(stage, listener, show_frames[:100])
    await ref.ask(PublishFrames(encoder, show_frames[100:200]))
    await ref.tell(PublisherLeft(encoder, deliberate=False))
    second = Encoder()
    await ref.ask(Publish(second, stage.key, "an encoder"))
    await ref.ask(PublishFrames(second, show_frames))
    await ref.ask(StopShow())
    first, more = show_frames[:100], show_frames[100:200]
    turns = ["live", first, more, "interrupted", "live", show_frames, "ended"]
    assert listener.heard == turns


async def test_what_cannot_be_played_is_passed_to_nobody(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    listener = Listener()
    ref, encoder = await go_live(stage, listener, show_frames[:100])
    with pytest.raises(PublishRefused):
        await ref.ask(PublishFrames(encoder, [VideoConfig(Codec.H264, b"none")]))
    with pytest.raises(PublishRefused):
        await ref.ask(PublishFrames(encoder, show_frames))
    await trio.testing.wait_all_tasks_blocked()
    assert listener.heard == ["live", show_frames[:100], "ended"]
