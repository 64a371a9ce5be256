import ipaddress
from typing import Any

import pytest

from server.door import client_address, client_scheme
from server.door.forwarded import ForwardedApp

TRUSTED = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128")]


def forwarded_for(*values: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-forwarded-for", value.encode()) for value in values]


@pytest.mark.parametrize(
    ("peer", "values", "client"),
    [
        ("9.9.9.9", [], "9.9.9.9"),
        ("9.9.9.9", ["1.1.1.1"], "9.9.9.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
        ("10.0.0.1", ["6.6.6.6", "1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", ["1.1.1.1:4711"], "1.1.1.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["1.1.1.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", [" , "], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("::1", ["1.1.1.1"], "1.1.1.1"),
        ("a socket", ["1.1.1.1"], "a socket"),
    ],
)
def test_client_address(peer: str, values: list[str], client: str) -> None:
    assert client_address(peer, forwarded_for(*values), TRUSTED) == client


@pytest.mark.parametrize(
    ("peer", "values", "scheme"),
    [
        ("9.9.9.9", ["https"], "http"),
        ("10.0.0.1", ["https"], "https"),
        ("10.0.0.1", ["https, http"], "http"),
        ("10.0.0.1", ["HTTPS"], "https"),
        ("10.0.0.1", ["gopher"], "http"),
        ("10.0.0.1", [], "http"),
    ],
)
def test_client_scheme(peer: str, values: list[str], scheme: str) -> None:
    headers = [(b"x-forwarded-proto", value.encode()) for value in values]
    assert client_scheme(peer, headers, TRUSTED) == scheme


async def test_app_sees_the_client_behind_the_proxy() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["client"], scope["scheme"]))

    headers = [*forwarded_for("1.1.1.1"), (b"x-forwarded-proto", b"https")]
    for peer in ("10.0.0.1", "9.9.9.9"):
        scope = {"type": "http", "client": (peer, 80), "scheme": "http", "headers": headers}
        await ForwardedApp(app, TRUSTED)(scope, None, None)
    assert seen == [(("1.1.1.1", 0), "https"), (("9.9.9.9", 80), "http")]
