"""What a message may say."""

import unicodedata

from actors.room.errors import RoomError
from actors.room.limits import MAX_MESSAGE_CHARACTERS

JOINERS = "\u200c\u200d"
"""Zero-width, yet Persian and the families of emoji are made with them."""
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls and marks that turn the direction of the text around them (Unicode categories)."""
TAG_CHARACTERS = range(0xE0020, 0xE0080)
"""Also invisible, and the flags of England, Scotland and Wales are made with them."""


MAX_REASON_CHARACTERS = 300


def clean_content(text: str) -> str:
    """Give the text without what nobody sees. RoomError empty_message, message_too_long."""
    text = _seen(text)
    if not text:
        raise RoomError("empty_message", "A message says something.")
    if len(text) > MAX_MESSAGE_CHARACTERS:
        most = f"A message has at most {MAX_MESSAGE_CHARACTERS} characters."
        raise RoomError("message_too_long", most)
    return text


def clean_reason(text: str) -> str:
    """Give a reason without what nobody sees. RoomError bad_reason."""
    text = _seen(text)
    if not 0 < len(text) <= MAX_REASON_CHARACTERS:
        most = f"A reason has 1 to {MAX_REASON_CHARACTERS} characters."
        raise RoomError("bad_reason", most)
    return text


def _seen(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        text = "".join(character for character in text if _is_seen(character))
    return text.strip()


def _is_seen(character: str) -> bool:
    return (
        character in "\n\t"
        or character in JOINERS
        or ord(character) in TAG_CHARACTERS
        or unicodedata.category(character) not in UNSEEN
    )
