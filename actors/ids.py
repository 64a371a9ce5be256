"""Identifiers: three lowercase letters, an underscore and a ULID, 30 characters in all."""

import os
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_CHARACTERS = 26
RANDOM_BITS = 80


def new_id(prefix: str) -> str:
    """Make a new id such as ``str_01JD…``: 48 bits of milliseconds, 80 of randomness.

    Ids of one prefix sort by their time of making (the ULID specification).
    """
    number = (time.time_ns() // 1_000_000) << RANDOM_BITS
    return id_of(prefix, number | int.from_bytes(os.urandom(RANDOM_BITS // 8)))


def id_of(prefix: str, number: int) -> str:
    """Write a number of 128 bits as an id."""
    digits = (ALPHABET[number >> 5 * place & 31] for place in reversed(range(ULID_CHARACTERS)))
    return f"{prefix}_{''.join(digits)}"


def is_id(text: str, prefix: str) -> bool:
    """Whether ``text`` has the form of an id with this prefix."""
    kind, _, ulid = text.partition("_")
    return kind == prefix and len(ulid) == ULID_CHARACTERS and all(c in ALPHABET for c in ulid)
