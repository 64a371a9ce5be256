"""How requests are read and results written: JSON alone, of bounded size and depth."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json
from quart import Response, jsonify
from quart_trio.wrappers import TrioRequest, TrioResponse
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from server.psp import MAX_WEBHOOK_BYTES

MAX_BODY_BYTES = 64 * 1024
WEBHOOK_PATH = "/api/v1/webhooks/hyperswitch"
MAX_BODY_BYTES_AT = {WEBHOOK_PATH: MAX_WEBHOOK_BYTES}
"""Where another bound holds."""
BODY_TIMEOUT_S = 15


class JsonRequest(TrioRequest):
    """A request whose body is JSON or nothing; nothing counts as an object without members."""

    def __init__(self, method: str, scheme: str, path: str, *args: Any, **options: Any) -> None:
        max_bytes = MAX_BODY_BYTES_AT.get(path)
        if max_bytes is not None:
            options["max_content_length"] = max_bytes
        super().__init__(method, scheme, path, *args, **options)

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the parsed body. 400 for what is not JSON, 415 for what does not say it is."""
        body = await self.get_data(cache=True)
        if not body:
            return {}
        if not (force or self.is_json):
            raise UnsupportedMediaType
        try:
            # Unlike the standard library's, this parser bounds the depth and wants true UTF-8.
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise BadRequest("The body is not valid JSON.") from error


def reply(view: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer with a view. Members that were never set are left out, those set to None are null."""
    response: Response = jsonify(view.model_dump(exclude_unset=True))
    response.status_code = status
    return response


def no_content() -> Response:
    """Answer that it is done."""
    return TrioResponse(b"", status=HTTPStatus.NO_CONTENT)
