"""One HTTP request to a provider, and what came of it: an answer, or that it is not known.

Nothing is ever sent twice, no redirect is followed, and nothing is raised for what the provider
or the network does. Only a cancellation from outside passes through, and leaves the outcome open.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import httpx
import structlog
import trio

from actors.ports import Unclear
from server.psp.strict_json import BadJson, read_object

CONNECT_TIMEOUT_S = 5
WRITE_TIMEOUT_S = 5
READ_TIMEOUT_S = 20
"""Between two pieces of an answer; processors take seconds to answer a refund."""
CALL_TIMEOUT_S = 30
"""The whole of a call, with the wait for its turn."""
MAX_CONCURRENT_CALLS = 16
MAX_ANSWER_BYTES = 256 * 1024
MAX_ANSWER_DEPTH = 32

BAD_KEY_STATUSES = (401, 403)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: its HTTP status, and its JSON object, empty where it was none."""

    status: int
    body: Mapping[str, object]

    @property
    def ok(self) -> bool:
        """Whether the provider says that it did what was asked."""
        return 200 <= self.status < 300

    @property
    def refuses_key(self) -> bool:
        """Whether our key is not one of theirs, or not one for this."""
        return self.status in BAD_KEY_STATUSES


class Wire:
    """A provider's API over HTTP. ``headers`` go with each call and are never logged."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._places = trio.CapacityLimiter(MAX_CONCURRENT_CALLS)
        self._client = httpx.AsyncClient(
            # Encoded, a small answer could unfold into a huge one.
            headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
            timeout=httpx.Timeout(
                connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S, write=WRITE_TIMEOUT_S, pool=None
            ),
            limits=httpx.Limits(max_connections=MAX_CONCURRENT_CALLS),
            transport=transport or httpx.AsyncHTTPTransport(retries=0),
            follow_redirects=False,
            # A netrc file would put its own credentials in place of ours.
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str, query: Mapping[str, str]) -> Answer | Unclear:
        """Ask."""
        return await self._call(
            self._client.build_request("GET", self._base_url + path, params=query)
        )

    async def post_json(self, path: str, body: Mapping[str, object]) -> Answer | Unclear:
        """Send a JSON object, once."""
        return await self._call(
            self._client.build_request("POST", self._base_url + path, json=body)
        )

    async def post_form(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> Answer | Unclear:
        """Send a form, once."""
        url = self._base_url + path
        return await self._call(self._client.build_request("POST", url, data=form, headers=headers))

    async def _call(self, request: httpx.Request) -> Answer | Unclear:
        with trio.move_on_after(CALL_TIMEOUT_S):
            async with self._places:
                return await self._exchange(request)
        return Unclear("timed_out")

    async def _exchange(self, request: httpx.Request) -> Answer | Unclear:
        request.stream = _Body(request.content)
        try:
            response = await self._client.send(request, stream=True)
            try:
                return await _read(response)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return _lost(request, "unreachable", error)
        except httpx.TimeoutException as error:
            return _lost(request, "timed_out", error)
        except httpx.RequestError as error:
            return _lost(request, "connection_lost", error)


class _Body(httpx.AsyncByteStream):
    """A request's body in one piece.

    httpx's own is an async generator, which a call that is cancelled while it sends leaves open.
    """

    def __init__(self, data: bytes) -> None:
        self._left = data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece, self._left = self._left, b""
        if not piece:
            raise StopAsyncIteration
        return piece


async def _read(response: httpx.Response) -> Answer | Unclear:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return Unclear("encoded_answer")
    body = bytearray()
    with trio.CancelScope() as reading:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                # Left by itself, the loop would leave httpx's generators open below it; cancelled,
                # they end from within at their next read.
                reading.cancel()
    if len(body) > MAX_ANSWER_BYTES:
        return Unclear("answer_too_long")
    try:
        members = read_object(bytes(body), MAX_ANSWER_DEPTH)
    except BadJson:  # a gateway's page, say: then the status is all there is
        members = {}
    return Answer(response.status_code, members)


def _lost(request: httpx.Request, reason: str, error: httpx.RequestError) -> Unclear:
    log.warning(
        "provider_call_lost",
        method=request.method,
        host=request.url.host,
        path=request.url.path,
        reason=reason,
        error=str(error) or type(error).__name__,
    )
    return Unclear(reason)
