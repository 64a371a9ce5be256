"""Byte ranges (RFC 9110 section 14)."""

import re

SINGLE_RANGE = re.compile(rb"bytes=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.IGNORECASE)


class RangeNotSatisfiable(Exception):
    """The range lies outside; to be answered 416."""


def parse_range(value: bytes, size: int) -> tuple[int, int] | None:
    """Read a Range header for a body of ``size`` bytes: first and one past the last.

    None where it is to be ignored and the whole served: more ranges than one, another unit, or
    nonsense. Raises RangeNotSatisfiable.
    """
    match = SINGLE_RANGE.fullmatch(value)
    if match is None:
        return None
    first, last = match[1], match[2]
    if not first and not last:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size:
        raise RangeNotSatisfiable
    return start, end
