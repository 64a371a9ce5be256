"""Members of a provider's object, each checked for what it is used as.

Each reader takes the object and a member's name, and raises BadField. A member that is absent or
null reads as "" or None; ``needed`` refuses that.
"""

import re
from collections.abc import Mapping
from typing import TypeVar

MAX_ID_BYTES = 128
MAX_WORD_CHARS = 64
MAX_CODE_CHARS = 128
MAX_MESSAGE_CHARS = 1_000
MAX_URL_CHARS = 2_048
MAX_AMOUNT = 2**63 - 1
"""Minor units: what a signed 64-bit integer holds."""

ID = re.compile(rf"[!-~]{{1,{MAX_ID_BYTES}}}")
"""Visible ASCII: it goes into keys and into the paths of our own requests."""
VISIBLE = re.compile(r"[!-~]*")
CURRENCY = re.compile(r"[A-Z]{3}")
DIGITS = re.compile(r"[0-9]{1,19}")

Members = Mapping[str, object]
Value = TypeVar("Value", str, int)


class BadField(Exception):
    """A member is missing, or is not what it is used as; the message names it."""


def needed(value: Value | None, name: str) -> Value:
    """Refuse a member that is not there."""
    if value is None or value == "":
        raise BadField(f"{name}: missing")
    return value


def identifier(members: Members, name: str) -> str:
    """Read an id of at most ``MAX_ID_BYTES``."""
    value = _text(members, name)
    if value and not ID.fullmatch(value):
        raise BadField(f"{name}: not an id of 1 to {MAX_ID_BYTES} visible ASCII characters")
    return value


def word(members: Members, name: str) -> str:
    """Read a word of the provider's own, such as a status, in lower case."""
    value = _text(members, name)
    if len(value) > MAX_WORD_CHARS or not value.isascii():
        raise BadField(f"{name}: not a word of at most {MAX_WORD_CHARS} ASCII characters")
    return value.lower()


def currency(members: Members, name: str) -> str:
    """Read a currency's three letters (ISO 4217), in upper case."""
    value = _text(members, name).upper()
    if value and not CURRENCY.fullmatch(value):
        raise BadField(f"{name}: not three letters")
    return value


def amount(members: Members, name: str, *, digits: bool = False) -> int | None:
    """Read an amount in minor units; with ``digits`` also one that stands in a string."""
    value = members.get(name)
    if digits and isinstance(value, str) and DIGITS.fullmatch(value):
        value = int(value)
    if value is None:
        return None
    # A bool is an int to Python, and True is no cent.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_AMOUNT:
        raise BadField(f"{name}: not an amount in minor units")
    return value


def remark(members: Members, name: str, max_chars: int = MAX_MESSAGE_CHARS) -> str:
    """Read text that is only shown: cut to ``max_chars``, and storable whatever it holds."""
    return _text(members, name)[:max_chars].encode(errors="replace").decode()


def web_address(members: Members, name: str) -> str:
    """Read an http or https URL, which browsers are sent to."""
    value = _text(members, name)
    usable = len(value) <= MAX_URL_CHARS and VISIBLE.fullmatch(value)
    if value and not (usable and value.startswith(("https://", "http://"))):
        raise BadField(f"{name}: not a web address")
    return value


def nested(members: Members, name: str) -> Members:
    """Read an object; empty where there is none."""
    value = members.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadField(f"{name}: not an object")
    return value


def _text(members: Members, name: str) -> str:
    value = members.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadField(f"{name}: not a string")
    return value
