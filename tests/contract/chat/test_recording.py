"""Every frame of a long evening, in JSON and in MessagePack, is as the document says."""

import signal
from contextlib import suppress

import pytest
import trio
from support import chat_evening as acts
from support.chat import Refused
from support.chat_evening import Evening
from support.chat_schema import CHANNEL, DOCUMENT, OPERATIONS, PUSHES, SCHEMAS
from support.live_server import live_server
from trio_websocket import ConnectionClosed

UNSEEN_CODES = {"busy", "unavailable", "room_full", "too_many_sanctions", "too_many_purges",
                "too_many_moderators", "too_many_blocks"}  # fmt: skip
"""It would take thousands of users, or a broken store; each has its own tests."""
MAX_CONNECTIONS_OF_USER = CHANNEL["x-limits"]["user_connections"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with live_server(tmp_path_factory.mktemp("data")) as server:
        yield server


@pytest.fixture(scope="module")
def people(server):
    return {name: server.register(name) for name in ("Ada", "Ben", "Cleo")}


async def test_an_evening(server, people):
    async with trio.open_nursery() as nursery:
        evening = Evening(server, server.make_stream(people["Ada"]).id, people, nursery)
        ada, twin = await evening.come("Ada"), await evening.come("Ada", packed=True)
        ben, cleo = await evening.come("Ben"), await evening.come("Cleo", packed=True)
        await evening.do(ada, "send", content="begin")
        await acts.talk(evening, ada, ben, cleo)
        await acts.guests_and_mistakes(evening, ben)
        await acts.modes(evening, ada, ben)
        await acts.approval(evening, ada, ben)
        await acts.words_roles_and_reports(evening, ada, ben, cleo)
        await acts.sanctions(evening, ada, ben)
        await acts.put_out(evening, ada, await evening.come("Ben", packed=True))
        await acts.purge_and_recover(evening, ada, cleo)
        ben = await evening.come("Ben", packed=True)
        await acts.direct(evening, ben, cleo)
        await acts.watching(evening, ben)
        await acts.tickets_and_many_rooms(evening, ben)
        await evening.do(ada, "send", content="end")
        same_in_both_encodings(
            (ada, await evening.do(ada, "join")), (twin, await evening.do(twin, "join"))
        )
        await evening.do(cleo, "leave")
        epoch = (await evening.do(ada, "join"))["epoch"]
        await too_much(evening)
        await sign_out(evening)
        await restart(evening, ada, twin, epoch)
        nursery.cancel_scope.cancel()
    assert evening.recorder.problems == []
    assert evening.recorder.done == OPERATIONS.keys()
    assert evening.recorder.pushes == PUSHES.keys()
    assert evening.recorder.codes == set(SCHEMAS["ErrorCode"]["enum"]) - UNSEEN_CODES


def same_in_both_encodings(*clients):
    """Ada's two connections got the same items, in the same order, and the same replies."""
    told = []
    for client, _ in clients:
        contents = [each.get("message", {}).get("content") for each in client.pushes]
        told.append(client.pushes[contents.index("begin") : contents.index("end") + 1])
    assert len(told[0]) > 50
    assert told[0] == told[1]
    assert clients[0][1] == clients[1][1]


async def too_much(evening):
    """Each kind of abuse has its close code."""
    cleo = await evening.come("Cleo")
    with pytest.raises(Refused, match="rate_limited"):
        await chatter(evening, cleo)
    for packed, abuse, code in (
        (False, [["no command"]] * 5, 1008),
        (True, [{"do": "send", "content": "x" * 9_000}], 1009),
        (False, [{"do": "typing", "room": evening.room}] * 70, 4029),
    ):
        client = await evening.come("Cleo", packed=packed)
        with suppress(ConnectionClosed):  # the server need not wait for all of it
            for each in abuse:
                await client.send(each)
        assert (await client.until_closed()).code == code
    wrong = await evening.come("Cleo")
    await wrong.socket.send_message(b"\x80")
    assert (await wrong.until_closed()).code == 1003


async def sign_out(evening):
    """One connection too many closes the oldest one, and signing out everywhere all of them."""
    cleos = [await evening.connect("Cleo") for _ in range(MAX_CONNECTIONS_OF_USER + 1)]
    assert (await cleos[0].until_closed()).code == 4009
    token = evening.people["Cleo"].token
    evening.server.call("POST", "/api/v1/auth/logout-everywhere", token=token)
    assert {(await each.until_closed()).code for each in cleos[1:]} == {4001}
    with pytest.raises(ExceptionGroup) as refused:
        await evening.connect("Cleo")
    assert refused.group_contains(Refused, match="invalid_token")


async def chatter(evening, client):
    while True:
        await evening.do(client, "send", content="quick")


async def restart(evening, ada, twin, epoch):
    evening.server.signal(signal.SIGTERM)
    for client in (ada, twin):
        reason = await client.until_closed()
        assert reason.code == 1012
        assert reason.reason.startswith("restart: retry in ")
    await trio.to_thread.run_sync(evening.server.wait)
    await trio.to_thread.run_sync(evening.server.start)
    back = await evening.come("Ada", packed=True)
    joined = await evening.do(back, "join", after=0, epoch=epoch)
    assert joined["recovered"]
    assert [each["offset"] for each in joined["events"]] == list(range(1, joined["offset"] + 1))


def test_the_document_is_of_the_version_that_is_said():
    assert DOCUMENT["asyncapi"] == "3.0.0"
