"""Who a request is really from, where a proxy that we trust has passed it on."""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Headers = Iterable[tuple[bytes, bytes]]
Scope = MutableMapping[str, Any]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]

MAX_HOPS_COUNT = 16


def client_address(peer: str, headers: Headers, trusted: Sequence[IpNetwork]) -> str:
    """Find the client's address: the peer's, or what trusted proxies say of it.

    ``X-Forwarded-For`` is read from its end, as each proxy appends whom it saw: the first address
    that is no trusted proxy's is the client's. What stands before it is the client's own claim.
    """
    address = _parse(peer)
    if address is None:
        return peer
    hops = _values(headers, b"x-forwarded-for")[-MAX_HOPS_COUNT:]
    while hops and _is_trusted(address, trusted):
        claimed = _parse(hops.pop())
        if claimed is None:
            break
        address = claimed
    return str(address)


def client_scheme(peer: str, headers: Headers, trusted: Sequence[IpNetwork]) -> str:
    """Tell ``http`` or ``https``: what a trusted peer says in ``X-Forwarded-Proto``, else http."""
    address = _parse(peer)
    if address is not None and _is_trusted(address, trusted):
        said = _values(headers, b"x-forwarded-proto")
        if said and said[-1].lower() == "https":
            return "https"
    return "http"


class ForwardedApp:
    """An ASGI app that sees the client's address and scheme, not the proxy's."""

    def __init__(self, app: AsgiApp, trusted: Sequence[IpNetwork]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "http" and scope["client"]:
            peer, port = scope["client"]
            headers = scope["headers"]
            address = client_address(peer, headers, self._trusted)
            scheme = client_scheme(peer, headers, self._trusted)
            # Of a forwarded client the port is unknown, which ASGI servers write as 0.
            client = (address, port if address == peer else 0)
            scope = {**scope, "client": client, "scheme": scheme}
        await self._app(scope, receive, send)


def _values(headers: Headers, name: bytes) -> list[str]:
    """List what stands between the commas of all headers of this (lowercase) name."""
    lines = [value.decode("latin-1") for each, value in headers if each == name]
    return [part.strip() for line in lines for part in line.split(",") if part.strip()]


def _is_trusted(address: IpAddress, trusted: Sequence[IpNetwork]) -> bool:
    return any(address in network for network in trusted)


def _parse(text: str) -> IpAddress | None:
    """Read an address, with or without port and brackets; IPv4 in IPv6 is IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
