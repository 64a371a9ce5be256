"""JSON as a provider sends it, read without the freedoms that Python's reader takes."""

import json
import re
from itertools import accumulate
from typing import NoReturn

STRING = re.compile(rb'"(?:[^"\\]+|\\.)*+"?', re.DOTALL)
"""A string, also one that never ends: so each byte is looked at once, whatever comes."""
BRACKETS = b"[{]}"
STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
NOT_BRACKETS = bytes(each for each in range(256) if each not in BRACKETS)


class BadJson(Exception):
    """The bytes are no JSON object that may be used; the message says why."""


def read_object(body: bytes, max_depth: int) -> dict[str, object]:
    """Read a JSON object (RFC 8259) in UTF-8. BadJson.

    Refused: a member named twice (two readers would each believe another one), NaN and Infinity,
    arrays and objects nested deeper than ``max_depth``, the outermost being 1.
    """
    if _depth(body) > max_depth:
        raise BadJson(f"nested deeper than {max_depth}")
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_no_name_twice, parse_constant=_no_constant
        )
    except ValueError:  # also bytes that are not UTF-8, and integers of thousands of digits
        raise BadJson("not JSON") from None
    if not isinstance(value, dict):
        raise BadJson("not a JSON object")
    return value


def _depth(body: bytes) -> int:
    """Count before parsing, for the parser would go down as deep as it is led."""
    brackets = STRING.sub(b"", body).translate(None, NOT_BRACKETS)
    return max(accumulate(map(STEP.__getitem__, brackets)), default=0)


def _no_name_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson("a member is named twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not JSON")
