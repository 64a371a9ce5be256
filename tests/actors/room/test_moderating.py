"""What moderators decide, on the real actor: committed, applied, told, and kept."""

import pytest
import trio
from support.moderating import ADA, BOB, OWNER, audit, refused
from trio.testing import wait_all_tasks_blocked

from actors.room import (
    Delete,
    Edit,
    HeldResolved,
    History,
    Join,
    MessageDeleted,
    MessageEdited,
    MessageHeld,
    MessagePosted,
    Moderate,
    ModesChanged,
    NoteTyping,
    Person,
    React,
    Sanctioned,
    Send,
    ShadowPosted,
    UsersTyping,
)
from actors.room.moderation import (
    Approve,
    ChangeWords,
    Reject,
    RemoveMessage,
    SetModes,
    SetRole,
    SetSlow,
    ShadowBan,
    TimeOut,
)


async def test_a_plain_member_decides_nothing(autojump_clock, open_hall):
    async with open_hall() as hall:
        sent = await hall.ask(Send(BOB, "hello"))
        for command in (
            SetSlow(5), TimeOut(BOB.user_id, 60), RemoveMessage(sent.message_id),
            SetRole(ADA.user_id, "moderator"), ChangeWords(("x",)),
        ):  # fmt: skip
            assert (await refused(hall, Moderate(ADA, command))).code == "forbidden"
        assert hall.store.offsets() == [1]
        assert audit(hall) == []


async def test_slow_mode_tells_when_to_try_again_and_spares_moderators(
    autojump_clock, open_hall, listener
):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        assert await hall.ask(Moderate(OWNER, SetSlow(30))) == 1
        (push,) = member.of(ModesChanged)
        assert (push.offset, push.modes["slow_s"]) == (1, 30)
        await hall.ask(Send(ADA, "one"))
        error = await refused(hall, Send(ADA, "two"))
        assert (error.code, error.retry_after_s) == ("slow_mode", 30)
        for n in range(3):
            await hall.ask(Send(OWNER, f"m{n}"))
        await trio.sleep(30)
        await hall.ask(Send(ADA, "two"))
        for _ in range(2):
            joined = await hall.join(listener(), 0, (await hall.join(listener())).epoch)
            assert joined.modes.slow_s == 30
            assert isinstance(joined.events[0], ModesChanged)
            await hall.restart()


@pytest.mark.parametrize("approval", [False, True])
async def test_slow_mode_remembers_across_restarts(autojump_clock, open_hall, approval):
    async with open_hall() as hall:
        await hall.ask(Moderate(OWNER, SetSlow(30)))
        await hall.ask(Moderate(OWNER, SetModes(approval=approval)))
        await hall.ask(Send(BOB, "one"))
        await trio.sleep(10)
        deleted = await hall.ask(Send(ADA, "one"))
        if not approval:
            await hall.ask(Delete(ADA, deleted.message_id))
        for waited_s in (0, 10):
            await trio.sleep(waited_s)
            await hall.restart()
            error = await refused(hall, Send(ADA, "two"))
            assert (error.code, error.retry_after_s) == ("slow_mode", 30 - waited_s)
        for person in (BOB, ADA):
            await trio.sleep(10)
            await hall.ask(Send(person, "two"))


async def test_what_modes_and_words_refuse(autojump_clock, open_hall):
    async with open_hall() as hall:
        await hall.ask(Moderate(OWNER, ChangeWords(("darn",))))
        assert (await refused(hall, Send(ADA, "D4rn it"))).code == "blocked_word"
        sent = await hall.ask(Send(ADA, "fine"))
        assert (await refused(hall, Edit(ADA, sent.message_id, "darn"))).code == "blocked_word"
        await hall.ask(Moderate(OWNER, SetModes(emote_only=True)))
        assert (await refused(hall, Send(ADA, "hello"))).code == "emote_only"
        await hall.ask(Send(ADA, "🎸🎸"))
        await hall.ask(Moderate(OWNER, SetModes(emote_only=False, ticket_holders=True)))
        assert (await refused(hall, Send(ADA, "hello"))).code == "ticket_holders_only"
        await hall.ask(Send(Person("usr_t", "Tim", holds_ticket=True), "hello"))
        assert [action for action, *_ in audit(hall)] == ["words", "mode", "mode"]


async def test_a_timeout_is_told_and_ends_by_itself(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        owner, ada, bob = listener(), listener(), listener()
        for member, person in ((owner, OWNER), (ada, ADA), (bob, BOB)):
            await hall.ask(Join(member, by=person))
        sent = await hall.ask(Send(ADA, "rude"))
        assert await hall.ask(Moderate(OWNER, TimeOut(ADA.user_id, 60, "rude"))) is None
        for member in (owner, ada):
            (push,) = member.of(Sanctioned)
            assert (push.kind, push.user.user_id, push.reason) == ("timeout", ADA.user_id, "rude")
        assert bob.of(Sanctioned) == []
        for question in (
            Send(ADA, "no"), Edit(ADA, sent.message_id, "no"), NoteTyping(ADA),
            React(ADA, sent.message_id, "👍", on=True),
        ):  # fmt: skip
            error = await refused(hall, question)
            assert (error.code, error.retry_after_s) == ("timed_out", 60)
        await hall.restart()
        assert (await hall.ask(Join(listener(), by=ADA))).sanction.kind == "timeout"
        await trio.sleep(60)
        await hall.ask(Send(ADA, "sorry"))
        assert hall.store.offsets() == [1, 2]


async def test_a_shadow_is_seen_by_its_author_alone(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        phone, laptop, bob = listener(), listener(), listener()
        for member, person in ((phone, ADA), (laptop, ADA), (bob, BOB)):
            await hall.ask(Join(member, by=person))
        other = await hall.ask(Send(BOB, "hello"))
        await hall.ask(Moderate(OWNER, ShadowBan(ADA.user_id)))
        sent = await hall.ask(Send(ADA, "buy this"))
        assert sent.offset is None
        for member in (phone, laptop):
            (push,) = member.of(ShadowPosted)
            assert (push.message.id, push.message.content) == (sent.message_id, "buy this")
        await hall.ask(NoteTyping(ADA))
        await hall.ask(React(ADA, other.message_id, "👍", on=True))
        assert bob.of(ShadowPosted) == bob.of(UsersTyping) == bob.of(Sanctioned) == []
        assert phone.of(Sanctioned) == []
        assert hall.store.offsets() == bob.offsets == [1]
        assert (await hall.ask(History(None, 1))).messages[0].reactions == ()


@pytest.mark.parametrize("way", ["delete", "moderate"])
async def test_a_moderators_deletion_is_written_down(autojump_clock, open_hall, listener, way):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        sent = await hall.ask(Send(ADA, "rude"))
        await hall.ask(Moderate(OWNER, SetRole(BOB.user_id, "moderator")))
        question = (
            Delete(BOB, sent.message_id, "rude")
            if way == "delete"
            else Moderate(BOB, RemoveMessage(sent.message_id, "rude"))
        )
        assert await hall.ask(question) == 2
        (push,) = member.of(MessageDeleted)
        assert (push.message_id, push.by.name, push.reason) == (sent.message_id, "Bob", "rude")
        assert audit(hall)[-1] == ("delete", BOB.user_id, sent.message_id)
        assert (await refused(hall, question.__class__(*fields(question)))).code == (
            "message_not_found"
        )


def fields(question):
    """The fields of a question but its reply, to ask it again."""
    return [getattr(question, name) for name in question.__class__.__slots__]


async def test_messages_wait_for_a_moderator(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        owner, ada = listener(), listener()
        await hall.ask(Join(owner, by=OWNER))
        await hall.ask(Join(ada, by=ADA))
        await hall.ask(Moderate(OWNER, SetModes(approval=True)))
        held = await hall.ask(Send(ADA, "may I?", client_id="c1"))
        assert held.offset is None
        assert held.message_id is None
        assert await hall.ask(Send(ADA, "may I?", client_id="c1")) == held, "a resend"
        other = await hall.ask(Send(ADA, "or this?"))
        assert [push.pending.content for push in owner.of(MessageHeld)] == ["may I?", "or this?"]
        assert ada.of(MessageHeld) == ada.of(MessagePosted) == []
        await hall.restart()
        owner, ada = listener(), listener()
        await hall.ask(Join(owner, by=OWNER))
        await hall.ask(Join(ada, by=ADA))
        assert await hall.ask(Moderate(OWNER, Approve(held.pending))) == 2
        await hall.ask(Moderate(OWNER, Reject(other.pending)))
        assert [event.message.content for event in ada.of(MessagePosted)] == ["may I?"]
        outcomes = [(push.pending_id, push.outcome) for push in owner.of(HeldResolved)]
        assert outcomes == [(held.pending, "approved"), (other.pending, "rejected")]
        again = await hall.ask(Send(ADA, "may I?", client_id="c1"))
        assert (again.offset, again.message_id) == (2, ada.messages[0].id)
        error = await refused(hall, Moderate(OWNER, Approve(held.pending)))
        assert error.code == "pending_not_found"
        assert (await refused(hall, Edit(ADA, ada.messages[0].id, "x"))).code == "approval_only"
        assert ada.of(MessageEdited) == []


async def test_commands_and_messages_share_one_order(autojump_clock, open_hall, listener):
    async with open_hall() as hall:
        member = listener()
        await hall.join(member)
        gate = trio.Event()
        hall.store.before_commit = gate.wait
        async with trio.open_nursery() as nursery:
            for n in range(5):
                nursery.start_soon(hall.ask, Send(OWNER, f"m{n}"))
                nursery.start_soon(hall.ask, Moderate(OWNER, SetSlow(n + 1)))
                nursery.start_soon(hall.ask, Moderate(OWNER, SetModes(emote_only=n % 2 == 0)))
                await wait_all_tasks_blocked()
            gate.set()
        assert member.offsets == hall.store.offsets() == list(range(1, 16))
        last = member.of(ModesChanged)[-1].modes
        assert (last["slow_s"], last["emote_only"]) == (5, True)
        await hall.restart()
        modes = (await hall.join(listener())).modes
        assert modes.document() == last
