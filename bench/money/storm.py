"""A storm of webhooks over bare sockets, so that the client costs little beside the server."""

import hashlib
import hmac
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import trio

from bench.money.processes import WEBHOOK_PATH, WEBHOOK_SECRET, Town

READ_BYTES = 64 * 1024
STORM_TIMEOUT_S = 300.0
CLOSES = re.compile(rb"(?i)\r\nconnection: close\r\n")


@dataclass(frozen=True)
class Shot:
    """One request, ready to be sent, and the status that it has to get."""

    request: bytes
    status: int


@dataclass
class Outcome:
    """What became of a storm."""

    took_s: float = 0.0
    answers: Counter[int] = field(default_factory=Counter)
    waits_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def wait_ms(self, share: float) -> float:
        """The wait for an answer that this share of all did not exceed, in milliseconds."""
        return 1000 * sorted(self.waits_s)[round(share * (len(self.waits_s) - 1))]


def genuine(town: Town, body: str) -> Shot:
    """Sign a body, as the provider does."""
    return Shot(_request(town, body.encode(), _sign(body.encode(), WEBHOOK_SECRET)), 200)


def forged(town: Town, body: str) -> Shot:
    """Sign a body with another secret."""
    return Shot(_request(town, body.encode(), _sign(body.encode(), "not the secret")), 401)


def garbage(town: Town, draw: random.Random) -> Shot:
    """Sign what is no webhook at all."""
    body = draw.choice((b"", b"[]", b"{", b'{"event_type": 7}', draw.randbytes(200)))
    return Shot(_request(town, body, _sign(body, WEBHOOK_SECRET)), 400)


def _sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def _request(town: Town, body: bytes, signature: str) -> bytes:
    head = (
        f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{town.house_port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Webhook-Signature-512: {signature}\r\n\r\n"
    )
    return head.encode() + body


async def storm(town: Town, shots: Sequence[Shot], connections: int) -> Outcome:
    """Send all, each connection one after the other; gives what was answered, and when."""
    outcome = Outcome()
    queue = iter(shots)
    began = time.perf_counter()
    with trio.fail_after(STORM_TIMEOUT_S):
        async with trio.open_nursery() as nursery:
            for _ in range(connections):
                nursery.start_soon(_send_all, town, queue, outcome)
    outcome.took_s = time.perf_counter() - began
    return outcome


async def _send_all(town: Town, queue: Iterable[Shot], outcome: Outcome) -> None:
    """Send one after the other, on a new connection where the house has closed the last one."""
    stream = None
    for shot in queue:
        began = time.perf_counter()
        if stream is None:
            stream = await trio.open_tcp_stream("127.0.0.1", town.house_port)
        await stream.send_all(shot.request)
        answer = await _read_answer(stream)
        outcome.waits_s.append(time.perf_counter() - began)
        if CLOSES.search(answer) is not None:
            await stream.aclose()
            stream = None
        status = int(answer.split(b" ", 2)[1])
        outcome.answers[status] += 1
        if status != shot.status:
            outcome.wrong.append(f"{status}, not {shot.status}: {answer!r}")


async def _read_answer(stream: trio.SocketStream) -> bytes:
    data = b""
    while True:
        data += (piece := await stream.receive_some(READ_BYTES))
        assert piece, f"the house hung up after {data!r}"
        head, end, body = data.partition(b"\r\n\r\n")
        if end:
            found = re.search(rb"(?i)content-length: (\d+)", head)
            assert found is not None, head
            if len(body) >= int(found[1]):
                return data
