"""Where a publisher's app and stream key are: clients put them in several places."""

from typing import NamedTuple
from urllib.parse import parse_qs

from media.rtmp.errors import ErrorCode, RtmpError

MAX_ADDRESS_CHARS = 1024  # of the app, the stream name and the tcUrl, each

_QUERY_KEY = "key"


class Address(NamedTuple):
    """What is published where; the key is empty where the client sent none."""

    app: str
    stream_key: str


def find_address(app: str, name: str, tc_url: str) -> Address:
    """App and key from connect's ``app`` and ``tcUrl`` and publish's stream name.

    The key is, first found: ``?key=`` after the name, the app or the tcUrl; the name's last
    segment; the app's second. Quotes, queries and a whole URL as the name are seen through.
    Raises RtmpError(BAD_ADDRESS) where one of the three is too long.
    """
    if max(len(app), len(name), len(tc_url)) > MAX_ADDRESS_CHARS:
        raise RtmpError(
            ErrorCode.BAD_ADDRESS, f"an app or stream name is over {MAX_ADDRESS_CHARS} characters"
        )
    app_parts, app_query = _split(app)
    name_parts, name_query = _split(name)
    url_parts, url_query = _split(tc_url)
    if not app_parts and len(name_parts) > 1:
        app_parts, name_parts = name_parts[:-1], name_parts[-1:]
    app_parts = app_parts or url_parts
    if not name_parts and len(app_parts) > 1:
        app_parts, name_parts = app_parts[:-1], app_parts[-1:]
    in_query = name_query or app_query or url_query
    return Address("/".join(app_parts), in_query or "".join(name_parts[-1:]))


def _split(text: str) -> tuple[list[str], str]:
    """The segments of a path or URL's path, and the key in its query, if there is one."""
    path, _, query = text.strip().strip("\"'").partition("?")
    scheme, separator, rest = path.partition("://")
    if separator and "/" not in scheme:
        path = rest.partition("/")[2]  # what follows the host
    parts = [part for part in path.split("/") if part]
    return parts, parse_qs(query).get(_QUERY_KEY, [""])[0]
