"""Times as all of our interfaces write them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rfc3339(unix_ms: int) -> str:
    """Write Unix milliseconds as RFC 3339 in UTC."""
    time = EPOCH + timedelta(milliseconds=unix_ms)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def optional_rfc3339(unix_ms: int | None) -> str | None:
    """Write a time that may not have come."""
    return None if unix_ms is None else rfc3339(unix_ms)
