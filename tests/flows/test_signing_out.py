"""Signing out everywhere, on a real server: tokens, sockets, and a restart."""

import pytest
import trio
from support.chat import Refused, chatting
from support.live_server import LiveServer
from trio_websocket import ConnectionClosed

EVERYWHERE = "/api/v1/auth/logout-everywhere"


async def test_tokens_and_sockets_end_at_once_and_stay_so(server: LiveServer) -> None:
    ada, bea = server.register("Ada"), server.register("Bea")
    room = server.make_stream(ada).id
    async with chatting(server.http, room, bea.token) as other:
        async with chatting(server.http, room, ada.token) as client:
            answer = await trio.to_thread.run_sync(
                lambda: server.call("POST", EVERYWHERE, token=ada.token)
            )
            assert answer.status_code == 204
            with trio.fail_after(5), pytest.raises(ConnectionClosed):
                await client.next_push("none such")
            assert client.closed is not None
            assert client.closed.code == 4001
        assert await other.do("members", room=room)
    for _ in range(2):  # before a restart and after it
        me = server.call("GET", "/api/v1/auth/me", token=ada.token)
        assert me.status_code == 401
        async with chatting(server.http, room) as guest:
            with pytest.raises(Refused) as refused:
                await guest.do("auth", token=ada.token)
            assert refused.value.code == "invalid_token"
            assert (await guest.do("auth", token=bea.token))["user"]["id"] == bea.id
        server.stop()
        server.start()
