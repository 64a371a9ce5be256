"""Form-encoded bodies and queries, as Stripe's clients write them."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from server.sandbox.bodies import MAX_AMOUNT, MAX_LIMIT_COUNT, MAX_METADATA_COUNT, MAX_TEXT_CHARS
from server.sandbox.errors import stripe_error

MAX_FIELDS_COUNT = 2 * MAX_METADATA_COUNT
MAX_METADATA_KEY_CHARS = 40
MAX_METADATA_VALUE_CHARS = 500

_METADATA = re.compile(rf"metadata\[([^\[\]]{{1,{MAX_METADATA_KEY_CHARS}}})\]")
_CURRENCY = re.compile(r"[a-z]{3}")
_DIGITS = re.compile(r"[0-9]{1,12}")

Form = Mapping[str, str]


def read_form(body: bytes, known: frozenset[str]) -> Form:
    """Read a form of ``known`` parameters, and ``metadata[…]`` where that is one. WireError."""
    try:
        fields = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MAX_FIELDS_COUNT,
        )
    except ValueError:
        raise stripe_error("parameter_invalid", "The request is not form-encoded") from None
    form = dict(fields)
    for name in form:
        if name not in known and not ("metadata" in known and _METADATA.fullmatch(name)):
            raise stripe_error("parameter_unknown", f"Received unknown parameter: {name[:60]}")
    return form


def metadata_of(form: Form) -> dict[str, str]:
    """Return the members of ``metadata``. WireError."""
    found = {
        match[1]: value for name, value in form.items() if (match := _METADATA.fullmatch(name))
    }
    longest = max(map(len, found.values()), default=0)
    if len(found) > MAX_METADATA_COUNT or longest > MAX_METADATA_VALUE_CHARS:
        raise stripe_error("parameter_invalid", "The metadata is too large")
    return found


def text_of(form: Form, name: str, *, needed: bool = False) -> str:
    """Return a text, "" where it is absent. WireError."""
    text = form.get(name, "")
    if needed and not text:
        raise stripe_error("parameter_missing", f"Missing required param: {name}.")
    if len(text) > MAX_TEXT_CHARS or "\0" in text:
        raise stripe_error("parameter_invalid", f"Invalid {name}: it is too long")
    return text


def amount_of(form: Form) -> int:
    """Return the amount in minor units. WireError."""
    text = text_of(form, "amount", needed=True)
    if _DIGITS.fullmatch(text) is None or not 0 < int(text) <= MAX_AMOUNT:
        raise stripe_error("parameter_invalid_integer", f"Invalid integer: {text}")
    return int(text)


def currency_of(form: Form) -> str:
    """Return the currency, three lower-case letters. WireError."""
    text = text_of(form, "currency", needed=True)
    if _CURRENCY.fullmatch(text) is None:
        raise stripe_error("parameter_invalid", f"Invalid currency: {text}")
    return text


def limit_of(form: Form, default: int) -> int:
    """Return how many to list. WireError."""
    text = form.get("limit", str(default))
    if _DIGITS.fullmatch(text) is None or not 0 < int(text) <= MAX_LIMIT_COUNT:
        raise stripe_error("parameter_invalid_integer", f"A limit is 1 to {MAX_LIMIT_COUNT}")
    return int(text)
