"""How requests are read and results written: JSON alone, of bounded size and depth."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json
from quart import Response, jsonify
from quart_trio.wrappers import TrioRequest, TrioResponse
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

MAX_BODY_BYTES = 64 * 1024
BODY_TIMEOUT_S = 15


class JsonRequest(TrioRequest):
    """A request whose body is JSON or nothing; nothing counts as an object without members."""

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
