"""Logging: lines for people in a terminal, JSON for machines elsewhere, secrets in neither."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

REDACTED = "[redacted]"
SECRET_WORDS = ("password", "secret", "token", "stream_key", "authorization", "cookie", "email")

Event = MutableMapping[str, Any]


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Blot out the values of names that say secret, or personal; a last net, not a licence."""
    for name in event:
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = REDACTED
    return event


def set_up_logs(*, production: bool, stream: TextIO | None = None) -> None:
    """Send all logs, those of libraries too, to ``stream`` (standard error by default)."""
    stream = stream or sys.stderr
    pretty = not production and stream.isatty()
    # Tracebacks as plain text: the rich ones print local variables, and so secrets.
    finish: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # It tells of every request, which is the server's own log's to do.
    logging.getLogger("httpx").setLevel(logging.WARNING)
