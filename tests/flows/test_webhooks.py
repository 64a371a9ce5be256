"""A broadcaster's own server hears of each event, though Bandstand is killed before it tells."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.encoders import ffmpeg_push, running, wait_until
from support.live_server import LiveServer

HANG_BOUND_S = 30


@dataclass
class Receiver:
    """Takes webhooks, or leaves them without an answer while ``hangs`` is set."""

    url: str = ""
    hangs: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    heard: list[tuple[bytes, str]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.heard.append((body, request.headers["Bandstand-Signature"]))
        if self.hangs:
            self.over.wait(HANG_BOUND_S)
            return
        self.taken.append(json.loads(body))
        request.send_response(204)
        request.end_headers()

    def types(self) -> list[str]:
        return [event["type"] for event in self.taken]

    def ids(self) -> set[str]:
        return {event["id"] for event in self.taken}


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()


def verified(body: bytes, header: str, secret: str) -> bool:
    """As the documentation has it."""
    fields = dict(field.split("=", 1) for field in header.split(","))
    signed = fields["t"].encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, fields["v1"])


@pytest.mark.ffmpeg
def test_kill_9_between_an_event_and_its_delivery_loses_none(server: LiveServer) -> None:
    ada = server.register("Ada")
    channel = server.make_stream(ada)
    path = f"/api/v1/streams/{channel.id}/webhooks"
    with receiving() as receiver:
        made = server.call("POST", path, token=ada.token, body={"url": receiver.url}).json()
        receiver.hangs = True
        with running(ffmpeg_push(channel.push_url, 60)):
            wait_until(lambda: len(receiver.heard) == 1, "the first event is under way")
            server.kill()
        receiver.hangs = False
        server.start()
        wait_until(lambda: len(receiver.taken) == 2, "what was kept is sent after the restart")
        assert receiver.types() == ["stream.live", "stream.ended"]
        with running(ffmpeg_push(channel.push_url, 60)):
            server.wait_live(channel)  # committed, so it may be sent at this very moment
            server.kill()
        server.start()
        wait_until(lambda: len(receiver.ids()) == 4, "the second show's events arrive")
        answer = server.call("GET", f"{path}/{made['id']}/deliveries", token=ada.token).json()
    assert all(verified(body, header, made["secret"]) for body, header in receiver.heard)
    first_tries = [json.loads(body)["id"] for body, _ in receiver.heard[:2]]
    assert first_tries[0] == first_tries[1] == receiver.taken[0]["id"]
    in_order = list(dict.fromkeys(event["sequence"] for event in receiver.taken))
    assert in_order == [1, 2, 3, 4]
    assert answer["waiting"] == 0
    assert not any(made["secret"] in line or receiver.url in line for line in server.log)


@pytest.mark.ffmpeg
def test_an_orderly_stop_still_tells_that_the_show_has_ended(server: LiveServer) -> None:
    ada = server.register("Ada")
    channel = server.make_stream(ada)
    with receiving() as receiver:
        path = f"/api/v1/streams/{channel.id}/webhooks"
        server.call("POST", path, token=ada.token, body={"url": receiver.url})
        with running(ffmpeg_push(channel.push_url, 60)):
            wait_until(lambda: receiver.types() == ["stream.live"], "the show is told")
            assert server.stop() == 0
        assert receiver.types() == ["stream.live", "stream.ended"]
