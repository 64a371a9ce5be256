"""Reading a command's fields, each with its own bounds."""

import re
from collections.abc import Mapping
from typing import Any

MAX_ID_CHARACTERS = 64
MAX_INT = 2**53 - 1
"""What a number of JavaScript holds exactly."""
MARK = re.compile(r"[!-~]{1,64}")
"""Printable ASCII without spaces: ids, client_ids and epochs."""

CommandId = int | str | None
Fields = Mapping[str, Any]


class CommandRefused(Exception):
    """A command that is not one. ``code`` is bad_request or unknown_command."""

    def __init__(self, code: str, message: str, command_id: CommandId = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.command_id = command_id


def bad(message: str) -> CommandRefused:
    """Say what is wrong with a field."""
    return CommandRefused("bad_request", message)


def command_id(value: object) -> CommandId:
    """Read the id that the reply is to bear."""
    if value is None or (type(value) is int and abs(value) <= MAX_INT):
        return value
    if isinstance(value, str) and len(value) <= MAX_ID_CHARACTERS and _is_unicode(value):
        return value
    raise bad("id is a whole number or a short text.")


def text(fields: Fields, name: str, max_characters: int | None) -> str:
    """Read a text."""
    value = fields.get(name)
    if not isinstance(value, str) or not _is_unicode(value):
        raise bad(f"{name} is a text.")
    if max_characters is not None and len(value) > max_characters:
        raise bad(f"{name} is too long.")
    return value


def optional_text(fields: Fields, name: str, max_characters: int) -> str | None:
    """Read a text that may be left out."""
    return None if fields.get(name) is None else text(fields, name, max_characters)


def texts(fields: Fields, name: str, max_characters: int) -> tuple[str, ...]:
    """Read a list of texts, empty where it is left out. The encoding bounds its length."""
    values = fields.get(name)
    if values is None:
        return ()
    if not isinstance(values, list):
        raise bad(f"{name} is a list of texts.")
    return tuple(text({name: value}, name, max_characters) for value in values)


def optional_flag(fields: Fields, name: str) -> bool | None:
    """Read a yes or no that may be left out."""
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise bad(f"{name} is true or false.")


def mark(fields: Fields, name: str) -> str:
    """Read an id."""
    value = optional_mark(fields, name)
    if value is None:
        raise bad(f"{name} is missing.")
    return value


def optional_mark(fields: Fields, name: str) -> str | None:
    """Read an id that may be left out."""
    value = fields.get(name)
    if value is None or (isinstance(value, str) and MARK.fullmatch(value)):
        return value
    raise bad(f"{name} is 1 to 64 letters, digits or signs.")


def marks(fields: Fields, name: str) -> tuple[str, ...]:
    """Read a list of ids, empty where it is left out. The encoding bounds its length."""
    values = fields.get(name)
    if values is None:
        return ()
    if isinstance(values, list) and all(isinstance(v, str) and MARK.fullmatch(v) for v in values):
        return tuple(values)
    raise bad(f"{name} is a list of ids.")


def optional_whole(fields: Fields, name: str, least: int) -> int | None:
    """Read a whole number that may be left out."""
    value = fields.get(name)
    if value is None or (type(value) is int and least <= value <= MAX_INT):
        return value
    raise bad(f"{name} is a whole number, {least} or more.")


def _is_unicode(value: str) -> bool:
    # JSON can escape half of a surrogate pair, which no UTF-8 can say again.
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
