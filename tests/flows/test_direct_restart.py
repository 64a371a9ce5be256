"""Two write to each other while the server is killed: what was acknowledged is there, once."""

import trio
from support.chat import Refused, connected
from support.live_server import Account, LiveServer
from trio_websocket import ConnectionClosed

MESSAGES_BEFORE_KILL = 12
"""Below the burst of one user: nobody has to wait for a limit."""


async def write(
    server: LiveServer,
    by: Account,
    to: Account,
    acknowledged: dict[str, int],
    enough: trio.Event,
) -> None:
    """Write until the server dies, and note what was acknowledged."""
    try:
        async with connected(server.http, by.token) as client:
            for number in range(2 * MESSAGES_BEFORE_KILL):
                content = f"{number} of {by.id}"
                sent = await client.do("dm", user=to.id, content=content, client_id=str(number))
                acknowledged[content] = sent["offset"]
                if len(acknowledged) >= MESSAGES_BEFORE_KILL:
                    enough.set()
    except* (ConnectionClosed, OSError, Refused):
        enough.set()


async def test_a_direct_room_and_its_block_survive_a_kill(server: LiveServer) -> None:
    ada, bob, eve = (server.register(name) for name in ("Ada", "Bob", "Eve"))
    acknowledged: dict[str, int] = {}
    enough = trio.Event()
    async with trio.open_nursery() as nursery:
        for by, to in ((ada, bob), (bob, ada)):
            nursery.start_soon(write, server, by, to, acknowledged, enough)
        await enough.wait()
        server.kill()
    assert len(acknowledged) >= MESSAGES_BEFORE_KILL
    server.start()
    (listed,) = server.call("GET", "/api/v1/dms", token=bob.token).json()["items"]
    assert listed["user"] == {"id": ada.id, "name": "Ada"}
    room = listed["room"]
    async with connected(server.http, ada.token) as client:
        stored = (await client.do("history", room=room, limit=100))["messages"]
        assert [each["offset"] for each in stored] == list(range(1, listed["offset"] + 1))
        by_content = {each["content"]: each["offset"] for each in stored}
        assert len(by_content) == len(stored), "no message is there twice"
        assert {each: by_content.get(each) for each in acknowledged} == acknowledged
        async with connected(server.http, bob.token, packed=True) as other:
            await client.do("dm", user=bob.id, content="are you there?")
            push = await other.next_push("dm")
            assert push["message"]["content"] == "are you there?"
            assert push["user"] == {"id": ada.id, "name": "Ada"}
            await other.do("block", user=ada.id)
    server.kill()
    server.start()
    async with (
        connected(server.http, ada.token) as client,
        connected(server.http, bob.token) as other,
        connected(server.http, eve.token) as stranger,
    ):
        assert (await client.refused("dm", user=bob.id, content="hi"))["code"] == "blocked"
        assert (await other.refused("send", room=room, content="hi"))["code"] == "blocked"
        assert (await stranger.refused("join", room=room))["code"] == "not_found"
        await other.do("unblock", user=ada.id)
        sent = await client.do("dm", user=bob.id, content="back")
        assert sent["offset"] == listed["offset"] + 2
