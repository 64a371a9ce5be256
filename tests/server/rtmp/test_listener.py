"""The RTMP port over real sockets: its bounds, and its end."""

import pytest
import trio
from structlog.testing import capture_logs
from support.rtmp_client import Client

from actors.kernel import Directory, Supervisor
from actors.stream import StreamMessage
from server.rtmp import Ingest, RtmpServer, addresses, listener


async def nobody(key: str) -> str | None:
    return None


async def open_server(nursery: trio.Nursery) -> tuple[RtmpServer, int]:
    directory: Directory[StreamMessage] = Directory(Supervisor(nursery), "stream", pytest.fail)
    server = RtmpServer(Ingest(directory, nobody))
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(server.run, listeners)
    return server, listeners[0].socket.getsockname()[1]


async def test_connections_of_one_address_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MAX_CONNECTIONS_PER_ADDRESS", 2)
    async with trio.open_nursery() as nursery:
        server, port = await open_server(nursery)
        first, second = [await trio.open_tcp_stream("127.0.0.1", port) for _ in range(2)]
        for stream in (first, second):  # answered, so they are taken
            await stream.send_all(Client.hello())
            assert await stream.receive_some(1)
        third = await trio.open_tcp_stream("127.0.0.1", port)
        assert await third.receive_some(1) == b""
        assert len(server) == 2
        for stream in (first, second, third):
            await stream.aclose()
        await server.drain(5)
        assert len(server) == 0


async def test_a_flood_of_refusals_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MAX_CONNECTIONS", 0)
    with capture_logs() as lines:
        async with trio.open_nursery() as nursery:
            _, port = await open_server(nursery)
            monkeypatch.setattr(listener, "LOG_REFUSALS_EVERY_S", 60)
            for _ in range(5):
                async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                    assert await stream.receive_some(1) == b""
            nursery.cancel_scope.cancel()
    assert [line["event"] for line in lines] == ["rtmp_connection_refused"]


async def test_an_encoder_that_is_refused_can_finish_its_sentence_and_hears_why() -> None:
    client = Client()
    opening = client.hello() + client.connect() + client.command("createStream", 4, None)
    async with trio.open_nursery() as nursery:
        _, port = await open_server(nursery)
        heard = b""
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(opening + client.publish("no-such-key"))
            for _ in range(80):  # more than sockets hold: it reads only once all is sent
                await stream.send_all(bytes(100_000))
            await stream.send_eof()
            async for data in stream:
                heard += data
        assert b"Unknown stream key" in heard
        nursery.cancel_scope.cancel()


async def test_drain_accepts_no_more_and_waits_no_longer_than_told() -> None:
    async with trio.open_nursery() as nursery:
        server, port = await open_server(nursery)
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(Client.hello())
        assert await stream.receive_some(1)
        await server.drain(0.1)
        assert len(server) == 1
        with pytest.raises(OSError, match="connect"):
            await trio.open_tcp_stream("127.0.0.1", port)
        await stream.aclose()
        nursery.cancel_scope.cancel()
