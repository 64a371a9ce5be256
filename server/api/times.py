"""Times and cursors as the API writes them."""

import base64
import json
import re
from datetime import datetime, timedelta
from http import HTTPStatus

from server.api.errors import ApiError
from server.times import EPOCH
from server.times import optional_rfc3339 as optional_rfc3339
from server.times import rfc3339 as rfc3339
from storage import Cursor
from storage.rules import MAX_ID_BYTES

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
MAX_CURSOR_CHARS = 200
MAX_SORT_VALUE = 2**63 - 1


def read_time(text: str) -> int:
    """Read RFC 3339 as Unix milliseconds. ValueError."""
    if RFC3339.fullmatch(text) is None:
        raise ValueError("must be a time such as 2030-05-31T20:00:00Z")
    unix_ms = (datetime.fromisoformat(text.upper()) - EPOCH) // timedelta(milliseconds=1)
    if unix_ms < 0:
        raise ValueError("must not be before 1970")
    return unix_ms


def normal_time(text: str) -> str:
    """Write a time as we do: in UTC, to the millisecond. ValueError."""
    return rfc3339(read_time(text))


def write_cursor(place: Cursor | None) -> str | None:
    """Write a place in a list; clients only hand it back."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> Cursor | None:
    """Read a place in a list that is sorted by a time. 400 ``invalid_cursor``."""
    if text is None:
        return None
    try:
        return _decode(text)
    except (ValueError, TypeError) as error:
        raise ApiError(
            HTTPStatus.BAD_REQUEST, "invalid_cursor", "The cursor is not one of this list's."
        ) from error


def _decode(text: str) -> Cursor:
    if len(text) > MAX_CURSOR_CHARS:
        raise ValueError("too long")
    padded = text + "=" * (-len(text) % 4)
    value, last_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if type(value) is not int or not (isinstance(last_id, str) and last_id.isascii()):
        raise ValueError("not a time and an id")
    if not 0 <= value <= MAX_SORT_VALUE or not 0 < len(last_id) <= MAX_ID_BYTES:
        raise ValueError("out of range")
    return value, last_id
