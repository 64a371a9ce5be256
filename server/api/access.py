"""Who is asking, and from where."""

import hmac
from http import HTTPStatus
from ipaddress import ip_address

from quart import request

from actors.services import AccountError, Principal
from actors.services.streams import Stream, get_stream
from actors.stream.messages import StreamNotFound
from server.api.errors import ApiError
from server.api.house import current_house

UNKNOWN_ADDRESS = "unknown"
FORWARDED_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def optional_principal() -> Principal | None:
    """Return who the access token names, None for a guest. AccountError ``invalid_token``."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise AccountError("invalid_token", "The Authorization header must be: Bearer TOKEN.")
    return current_house().tokens.verify(token.strip())


def require_principal() -> Principal:
    """Return who the access token names; 401 for a guest."""
    principal = optional_principal()
    if principal is None:
        # RFC 6750, 3.1: a request that showed no token is told no error code.
        headers = {"WWW-Authenticate": 'Bearer realm="bandstand"'}
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", "Please sign in.", headers=headers)
    return principal


async def find_stream(stream_id: str) -> Stream:
    """Return a stream. StreamNotFound."""
    stream = await get_stream(current_house().store, stream_id)
    if stream is None:
        raise StreamNotFound(stream_id)
    return stream


async def owned_stream(stream_id: str) -> Stream:
    """Return a stream to its owner; 401 for a guest, StreamNotFound, 403 for anybody else."""
    principal = require_principal()
    stream = await find_stream(stream_id)
    require_owner(stream, principal)
    return stream


def require_owner(stream: Stream, principal: Principal) -> None:
    """Let the stream's owner pass; 403 for anybody else."""
    if stream.owner != principal.user_id:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "This stream is another user's.")


def require_owner_or_admin(stream: Stream, principal: Principal) -> None:
    """Let the stream's owner and the operator pass; 403 for anybody else."""
    if not principal.admin:
        require_owner(stream, principal)


def require_admin() -> Principal:
    """Return the operator who is asking; 401 for a guest, 403 for anybody else."""
    principal = require_principal()
    if not principal.admin:
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", "This is for the operator alone.")
    return principal


def require_sales() -> None:
    """Let pass where there is a payment provider; 400 ``tickets_unavailable`` where there is none.

    What has been sold can be seen, and given back, all the same.
    """
    if not current_house().settings.sells:
        raise ApiError(HTTPStatus.BAD_REQUEST, "tickets_unavailable", "This server sells nothing.")


def client_address() -> str:
    """Return the address of the client; the door has asked the trusted proxies for it."""
    return request.remote_addr or UNKNOWN_ADDRESS


def is_operator(header: str | None) -> bool:
    """Whether the request may see the metrics: by their token, or straight from this machine."""
    token = current_house().settings.metrics_token
    if token is not None and header is not None:
        expected = f"Bearer {token.get_secret_value()}"
        if hmac.compare_digest(header.encode(), expected.encode()):
            return True
    # Behind a front proxy on this machine everybody comes from the loopback address.
    forwarded = any(name in request.headers for name in FORWARDED_HEADERS)
    return not forwarded and _is_loopback(client_address())


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
