"""What happens in a chat on a long evening: each act makes the server say something else."""

from dataclasses import dataclass, field

import trio

from support.chat import ChatClient, connected
from support.chat_recorder import Recorder
from support.live_server import Account, LiveServer

EMOJI = "🎷🎸🎹🎺🎻🥁🪕🪗🎤🎧🎼"


@dataclass
class Evening:
    """A room with Ada, who owns it, twice, and with those whom she has to do with."""

    server: LiveServer
    room: str
    people: dict[str, Account]
    nursery: trio.Nursery
    recorder: Recorder = field(default_factory=Recorder)

    async def connect(self, name: str | None, *, packed: bool = False) -> ChatClient:
        client: ChatClient = await self.nursery.start(self._hold, name, packed)
        return client

    async def _hold(
        self, name: str | None, packed: bool, task_status: trio.TaskStatus[ChatClient]
    ) -> None:
        """Have a connection until the evening is over."""
        token = None if name is None else self.people[name].token
        async with connected(
            self.server.http, token, packed=packed, record=self.recorder
        ) as client:
            task_status.started(client)
            await trio.sleep_forever()

    async def come(self, name: str | None, *, packed: bool = False) -> ChatClient:
        client = await self.connect(name, packed=packed)
        await self.do(client, "join")
        return client

    async def do(self, client: ChatClient, command: str, **fields: object) -> dict:
        return await self.recorder.do(client, command, room=self.room, **fields)

    async def act(self, client: ChatClient, action: str, **fields: object) -> dict:
        return await self.do(client, "moderate", action=action, **fields)

    async def refused(self, client: ChatClient, code: str, command: str, **fields: object) -> dict:
        error = await client.refused(command, **{"room": self.room} | fields)
        assert error["code"] == code, error
        return error


async def talk(evening, ada, ben, cleo):
    """Say, answer, change, take away, put emoji under, put on top, and read back."""
    mentions = [evening.people["Ben"].id, evening.people["Cleo"].id]
    first = await evening.do(ada, "send", content="Grüße 🎸", client_id="c-1", mentions=mentions)
    assert await evening.do(ada, "send", content="Grüße 🎸", client_id="c-1") == first
    assert (await ben.until_said("Grüße 🎸"))["message"]["mentions"] == mentions
    await evening.do(ben, "typing")
    assert (await cleo.next_push("typing"))["users"] == [
        {"id": evening.people["Ben"].id, "name": "Ben"}
    ]
    mine = await evening.do(ben, "send", content="Hi", reply_to=first["message"])
    await evening.do(ben, "edit", message=mine["message"], content="Hello")
    await evening.refused(cleo, "forbidden", "edit", message=mine["message"], content="Bye")
    for emoji in EMOJI[:10]:
        await evening.do(cleo, "react", message=mine["message"], emoji=emoji)
    too_many = {"message": mine["message"], "emoji": EMOJI[10]}
    await evening.refused(cleo, "too_many_reactions", "react", **too_many)
    await evening.do(cleo, "unreact", message=mine["message"], emoji=EMOJI[0])
    await evening.do(ada, "pin", message=mine["message"])
    await evening.do(ada, "unpin", message=mine["message"])
    await evening.refused(ben, "forbidden", "pin", message=mine["message"])
    others = [await evening.do(ada, "send", content=f"pin {n}") for n in range(6)]
    for other in others[:5]:
        await evening.do(ada, "pin", message=other["message"])
    await evening.refused(ada, "too_many_pins", "pin", message=others[5]["message"])
    await evening.do(ada, "delete", message=others[0]["message"], reason="too many")
    await evening.do(ben, "delete", message=mine["message"])
    page = await evening.do(cleo, "history", before=5, limit=2)
    assert page["more"]
    assert len(page["messages"]) == 2
    assert (await evening.do(cleo, "members"))["count"] == 4
    await ben.next_push("members")


async def guests_and_mistakes(evening, ben):
    guest = await evening.come(None)
    await evening.refused(guest, "unauthenticated", "send", content="hi")
    await evening.refused(guest, "invalid_token", "auth", token="forged")
    for code, command, fields in (
        ("forbidden", "auth", {"token": evening.people["Ada"].token}),
        ("not_found", "join", {"room": "str_" + "0" * 26}),
        ("empty_message", "send", {"content": " "}),
        ("message_too_long", "send", {"content": "x" * 2_001}),
        ("bad_mentions", "send", {"content": "x", "mentions": ["ada"]}),
        ("message_not_found", "send", {"content": "x", "reply_to": "msg_1"}),
        ("message_not_found", "delete", {"message": "msg_1"}),
        ("forbidden", "moderate", {"action": "slow", "seconds": 1}),
    ):
        await evening.refused(ben, code, command, **fields)
    await evening.refused(ben, "unknown_command", "shout")
    await evening.refused(ben, "bad_request", "send")


async def modes(evening, ada, ben):
    await evening.act(ada, "slow", seconds=3_600)
    assert (await evening.refused(ben, "slow_mode", "send", content="x"))["retry_after"] > 3_000
    await evening.act(ada, "slow", seconds=0)
    assert await evening.act(ada, "slow", seconds=0) == {"offset": None}
    await evening.act(ada, "mode", emote_only=True)
    await evening.refused(ben, "emote_only", "send", content="x")
    await evening.act(ada, "mode", emote_only=False, ticket_holders=True)
    await evening.refused(ben, "ticket_holders_only", "send", content="x")
    await evening.act(ada, "mode", ticket_holders=False)


async def approval(evening, ada, ben):
    said = await evening.do(ben, "send", content="before")
    await evening.act(ada, "mode", approval=True)
    held = [await evening.do(ben, "send", content=f"May I? {n}") for n in range(5)]
    assert (await evening.refused(ben, "approval_full", "send", content="x"))["retry_after"] > 0
    await evening.refused(ben, "approval_only", "edit", message=said["message"], content="x")
    assert (await ada.next_push("pending"))["pending"]["id"] == held[0]["pending"]
    await evening.act(ada, "approve", pending=held[0]["pending"])
    assert (await ada.next_push("resolved"))["outcome"] == "approved"
    await evening.act(ada, "reject", pending=held[1]["pending"])
    gone = {"action": "approve", "pending": held[1]["pending"]}
    await evening.refused(ada, "pending_not_found", "moderate", **gone)
    await evening.act(ada, "mode", approval=False)


async def words_roles_and_reports(evening, ada, ben, cleo):
    await evening.act(ada, "words", add=["darn", "heck*"])
    await evening.refused(ben, "blocked_word", "send", content="D4RN!")
    many = {"action": "words", "add": [f"w{n}" for n in range(501)]}
    await evening.refused(ada, "too_many_words", "moderate", **many)
    await evening.act(ada, "words", remove=["darn"])
    await evening.act(ada, "role", user=evening.people["Cleo"].id, role="moderator")
    bad = await evening.do(ben, "send", content="Buy my watches")
    await evening.refused(ben, "bad_reason", "report", message=bad["message"], reason="")
    await evening.do(ben, "report", message=bad["message"], reason="I did not mean it")
    assert (await cleo.next_push("report"))["message"]["id"] == bad["message"]
    await evening.refused(ben, "bad_emoji", "react", message=bad["message"], emoji="x")
    await evening.act(cleo, "delete", message=bad["message"], reason="spam")
    await evening.act(ada, "role", user=evening.people["Cleo"].id, role="member")


async def sanctions(evening, ada, ben):
    user = {"user": evening.people["Ben"].id}
    await evening.act(ada, "timeout", **user, seconds=600, reason="spam")
    assert (await ben.next_push("sanction"))["kind"] == "timeout"
    assert (await evening.refused(ben, "timed_out", "typing"))["retry_after"] > 500
    assert (await evening.do(ben, "join"))["sanction"]["kind"] == "timeout"
    await evening.act(ada, "untimeout", **user)
    await evening.act(ada, "shadowban", **user, reason="spam")
    shadow = await evening.do(ben, "send", content="Does nobody hear me?")
    assert shadow["offset"] is None
    assert (await ben.until_said("Does nobody hear me?"))["offset"] is None
    said = (await ben.until_said("before"))["message"]["id"]
    await evening.refused(ben, "too_old", "edit", message=said, content="x")
    await evening.act(ada, "unshadowban", **user)
    await evening.act(ada, "ban", **user, seconds=600, reason="spam")
    assert (await ben.until_closed()).code == 4003
    assert ben.pushes[-1]["push"] == "removed"
    banned = await evening.connect("Ben")
    assert (await evening.refused(banned, "banned", "join"))["retry_after"] > 500
    await evening.act(ada, "unban", **user)


async def put_out(evening, ada, ben):
    """For good; and as this was the only room, out of the house."""
    await evening.act(ada, "ban", user=evening.people["Ben"].id)
    assert (await ben.next_push("removed"))["reason"] == "banned"
    assert (await ben.until_closed()).code == 4003
    await evening.act(ada, "unban", user=evening.people["Ben"].id)


async def purge_and_recover(evening, ada, cleo):
    """One who was away gets all kinds of events at once, as they were pushed."""
    joined = await evening.do(cleo, "join")
    await evening.do(cleo, "leave")
    said = await evening.do(ada, "send", content="missed")
    await evening.do(ada, "edit", message=said["message"], content="missed by Cleo")
    await evening.do(ada, "pin", message=said["message"])
    await evening.do(cleo, "react", message=said["message"], emoji="🎷")
    await evening.do(ada, "unpin", message=said["message"])
    await evening.act(ada, "purge", user=evening.people["Ben"].id)
    await evening.act(ada, "slow", seconds=1)
    await evening.act(ada, "slow", seconds=0)
    await evening.do(ada, "delete", message=said["message"])
    seen = {"after": joined["offset"], "epoch": joined["epoch"]}
    again = await evening.do(cleo, "join", **seen)
    kinds = [each["push"] for each in again["events"]]
    assert kinds == ["message", "edited", "pinned", "unpinned", "purged", "mode", "mode", "deleted"]
    afresh = await evening.do(cleo, "join", after=joined["offset"], epoch="another")
    assert (again["recovered"], afresh["recovered"]) == (True, False)


async def direct(evening, ben, cleo):
    """A room of two, as any other for these two; blocked, and opened again."""
    do, ben_id, cleo_id = evening.recorder.do, *(evening.people[n].id for n in ("Ben", "Cleo"))
    said = await do(cleo, "dm", user=ben_id, content="Shall we jam?", client_id="d-1")
    room = {"room": said["room"]}
    assert await do(cleo, "dm", user=ben_id, content="Shall we jam?", client_id="d-1") == said
    told = await ben.next_push("dm")
    assert (told["room"], told["offset"], told["user"]["id"]) == (said["room"], 1, cleo_id)
    (listed,) = (await do(ben, "dms"))["rooms"]
    assert (listed["room"], listed["user"]["id"], listed["offset"]) == (said["room"], cleo_id, 1)
    joined = await do(ben, "join", **room)
    assert [each["content"] for each in joined["messages"]] == ["Shall we jam?"]
    await do(ben, "send", **room, content="Yes!", reply_to=said["message"])
    await do(cleo, "react", **room, message=said["message"], emoji="🎷")
    assert (await do(ben, "block", user=cleo_id))["user"]["name"] == "Cleo"
    assert [each["id"] for each in (await do(ben, "blocks"))["users"]] == [cleo_id]
    await evening.refused(cleo, "blocked", "dm", user=ben_id, content="x")
    await evening.refused(cleo, "blocked", "typing", **room)
    await evening.refused(ben, "blocked", "send", **room, content="x")
    await do(ben, "unblock", user=cleo_id)
    await evening.refused(ben, "bad_request", "dm", user=ben_id, content="x")
    await evening.refused(ben, "not_found", "block", user="usr_" + "0" * 26)
    await evening.refused(await evening.come("Ada"), "not_found", "join", **room)


async def watching(evening, ben):
    """What the stream's owner does is told; it is deleted, and told no more."""
    token = evening.people["Ada"].token
    stream = evening.server.make_stream(evening.people["Ada"]).id
    path = f"/api/v1/streams/{stream}"
    assert (await evening.recorder.do(ben, "watch", stream=stream))["status"] == "idle"
    evening.server.call("PATCH", path, token=token, body={"title": "A long evening"})
    assert (await ben.next_push("stream"))["title"] == "A long evening"
    evening.server.call("DELETE", path, token=token)
    assert (await ben.next_push("stream"))["gone"] is True
    await evening.refused(ben, "not_found", "watch", stream=stream)
    await evening.recorder.do(ben, "unwatch", stream=stream)


async def tickets_and_many_rooms(evening, ben):
    """A stream becomes one for ticket holders; and of too many, none more is joined or watched."""
    ada, recorder = evening.people["Ada"], evening.recorder
    streams = [evening.server.make_stream(ada).id for _ in range(21)]
    body = {"access": "ticket"}
    await recorder.do(ben, "join", room=streams[0])
    evening.server.call("PATCH", f"/api/v1/streams/{streams[0]}", token=ada.token, body=body)
    assert (await ben.next_push("removed"))["reason"] == "licence_required"
    await evening.refused(ben, "licence_required", "history", room=streams[0])
    many = await evening.connect("Ben", packed=True)
    for stream in streams[1:]:
        await recorder.do(many, "join", room=stream)
        await recorder.do(many, "watch", stream=stream)
    await evening.refused(many, "too_many_rooms", "join")
    await evening.refused(many, "too_many_streams", "watch", stream=evening.room)
