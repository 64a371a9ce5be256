"""Who may watch: fixed for a show, and a licence's end is on the board before it is answered."""

import pytest
import trio
from support.licences import give_licence, restore_licence, take_licence
from support.stage import Encoder, Stage
from trio.abc import Clock

from actors.kernel import Ref
from actors.ports import LicenceChanged
from actors.stream import (
    ChangeLicence,
    DeleteStream,
    OnAir,
    Publish,
    PublisherLeft,
    PublishFrames,
    StopShow,
    StreamMessage,
    UpdateStream,
)
from media.frames import Frame
from media.hls import Window
from storage.api import Put

USER = "usr_" + "1" * 26
TWO_DAYS_MS = 2 * 24 * 3600 * 1000


async def go_live(stage: Stage, frames: list[Frame]) -> tuple[Ref[StreamMessage], Encoder]:
    ref = await stage.streams.get_or_start(stage.stream_id)
    encoder = Encoder()
    await ref.ask(Publish(encoder, stage.key))
    await ref.ask(PublishFrames(encoder, frames))
    return ref, encoder


def window(stage: Stage) -> Window:
    published = stage.tools.board.window_of(stage.stream_id)
    assert published is not None
    assert published.value is not None
    return published.value


def changed(stage: Stage, licence: str, *, active: bool) -> ChangeLicence:
    return ChangeLicence(LicenceChanged(licence, USER, stage.stream_id, active))


def is_revoked(stage: Stage, licence: str) -> bool:
    return stage.tools.board.is_revoked(stage.stream_id, licence)


async def test_a_show_has_the_access_that_it_began_with(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, encoder = await go_live(stage, show_frames)
    assert not window(stage).ticketed
    for _ in range(2):  # on air, and then interrupted
        with pytest.raises(OnAir):
            await ref.ask(UpdateStream(title="Dear", access="ticket"))
        await ref.ask(UpdateStream(title="The same", access="public"))
        await ref.tell(PublisherLeft(encoder, deliberate=False))
    assert (await stage.doc())["title"] == "The same"
    assert (await stage.doc())["status"] == "interrupted"
    await ref.ask(StopShow())
    await ref.ask(UpdateStream(access="ticket"))
    assert (await stage.doc())["access"] == "ticket"
    assert not window(stage).ticketed, "the show that ended stays what it was"
    await go_live(stage, show_frames)
    seen = window(stage)
    assert seen.ticketed
    assert b"\nseg-1.m4s\n" in seen.playlists["video"]
    assert b"../../" not in seen.playlists["video"]
    with pytest.raises(OnAir):
        await ref.ask(UpdateStream(access="public"))


async def test_a_licence_is_revoked_on_the_board_when_the_answer_comes(
    stage: Stage, autojump_clock: Clock
) -> None:
    ref = await stage.streams.get_or_start(stage.stream_id)
    await ref.ask(changed(stage, "lic_other", active=True))
    assert not is_revoked(stage, "lic_one")
    for _ in range(2):  # told twice
        await ref.ask(changed(stage, "lic_one", active=False))
        assert is_revoked(stage, "lic_one")
    assert not is_revoked(stage, "lic_other")
    for _ in range(2):
        await ref.ask(changed(stage, "lic_one", active=True))
        assert not is_revoked(stage, "lic_one")


async def test_revocations_are_loaded_before_there_is_a_window(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    now_ms = stage.tools.clock.now_ms()
    revoked = await give_licence(stage.store, USER, stage.stream_id)
    await take_licence(stage.store, revoked, now_ms)
    suspended = await give_licence(stage.store, USER, stage.stream_id)
    await take_licence(stage.store, suspended, now_ms, "suspended")
    old = await give_licence(stage.store, USER, stage.stream_id)
    await take_licence(stage.store, old, now_ms - TWO_DAYS_MS)
    valid = await give_licence(stage.store, USER, stage.stream_id)
    assert is_revoked(stage, valid), "where there is no actor, nothing opens"
    await go_live(stage, show_frames)
    found = {each for each in (revoked, suspended, old, valid) if is_revoked(stage, each)}
    assert found == {revoked, suspended}, "no session of the old one can be about any more"


async def test_a_crash_forgets_no_revocation(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, _ = await go_live(stage, show_frames)
    licence = await give_licence(stage.store, USER, stage.stream_id)
    again = await give_licence(stage.store, USER, stage.stream_id)
    for each in (licence, again):
        await take_licence(stage.store, each, stage.tools.clock.now_ms())
        await ref.ask(changed(stage, each, active=False))
    await restore_licence(stage.store, again)  # committed, and not told yet when it crashes
    row = await stage.store.get("streams", stage.stream_id)
    assert row is not None
    await stage.store.commit(Put("streams", stage.stream_id, row.doc, row.version))
    await ref.tell(UpdateStream(title="A write that meets another one's is a crash"))
    await trio.testing.wait_all_tasks_blocked()
    published = stage.tools.board.window_of(stage.stream_id)
    assert published is not None
    assert published.value is None, "it has crashed"
    assert is_revoked(stage, licence)
    assert not is_revoked(stage, again)


async def test_a_stream_that_is_deleted_or_was_never_there_answers(
    stage: Stage, show_frames: list[Frame], autojump_clock: Clock
) -> None:
    ref, _ = await go_live(stage, show_frames)
    await ref.ask(DeleteStream())
    assert window(stage).ended, "still to be read to its end"
    await ref.ask(changed(stage, "lic_one", active=False))
    assert is_revoked(stage, "lic_one")
    await stage.streams.ask("str_" + "9" * 26, changed(stage, "lic_one", active=False))
