"""A session over TLS and real sockets, with our own server's side of both at the other end."""

import socket
import ssl

import pytest
import trio
from support.certificates import HOST, write_certificate

from actors.services.forward_target import read_target
from media.rtmp import Media, PublishEnded, PublishRequested, RtmpClient, RtmpConnection
from server.forward import dial as dialling
from server.forward.dial import Dialler, OwnAddress
from server.forward.queue import FrameQueue
from server.forward.session import Session
from server.rtmp.tls import Certificate, TlsStream


async def test_a_show_over_tls(tmp_path, monkeypatch: pytest.MonkeyPatch, gop, configs) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(cert, key)
    certificate = Certificate(cert, key)
    heard = []

    async def serve(transport: trio.SocketStream) -> None:
        stream, rtmp = TlsStream(transport, certificate.context()), RtmpConnection()
        await stream.do_handshake()
        while not heard or not isinstance(heard[-1], PublishEnded):
            rtmp.receive_data(await stream.receive_some())
            for event in iter(rtmp.next_event, None):
                heard.append(event)
                if isinstance(event, PublishRequested):
                    rtmp.accept_publish()
            await stream.send_all(rtmp.data_to_send())
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        port = listener.socket.getsockname()[1]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(dialling.socket, "getaddrinfo", lambda *_, **__: found)
        trusting = ssl.create_default_context(cafile=str(cert))
        dialler = Dialler(OwnAddress({1}, "other.example", 1), private=True, tls=trusting)
        target = read_target(f"rtmps://{HOST}:{port}/app")
        queue, sent, live = FrameQueue(configs), [], []
        show = [*gop(0), *gop(1, 50_000)]
        queue.push(show)
        queue.end()
        async with dialler.dial(target) as stream:
            client = RtmpClient(target.app, target.url, "KEY", queue.codecs)
            await Session(stream, client, queue, lambda: live.append(len(sent)), sent.append).run()
        nursery.cancel_scope.cancel()
    assert [event.frame for event in heard if isinstance(event, Media)] == [*configs, *show]
    assert isinstance(heard[-1], PublishEnded)
    assert len(live) == 1
    assert sum(sent) > 25 * 50_000
