"""What is one emoji, as far as a reaction needs to know."""

import re
import unicodedata

from actors.room.errors import RoomError

MAX_EMOJI_CHARACTERS = 16
"""The longest in use, families and flags of regions, have 10 to 14 code points."""
JOINER = "\u200d"
KEYCAP = "\u20e3"
EMOJI_STYLE = "\ufe0f"
REGIONAL = range(0x1F1E6, 0x1F200)
SKIN_TONES = range(0x1F3FB, 0x1F400)
TAGS = range(0xE0020, 0xE0080)
PICTURES = (
    range(0x2190, 0x2400),
    range(0x2460, 0x27C0),
    range(0x2900, 0x2C00),
    range(0x3030, 0x3300),
    range(0x1F000, 0x20000),
)
"""Blocks that Unicode's emoji are in, but for those that are made of letters and digits."""
OLD_PICTURES = "\u00a9\u00ae\u203c\u2049\u2122\u2139"
A_PICTURE = "\u2b50"
KEYCAPS = re.compile(f"[0-9#*]{EMOJI_STYLE}?{KEYCAP}")


def one_emoji(text: str) -> str:
    """Give the text if it is one emoji, with or without its joined parts. RoomError bad_emoji.

    The shape is that of an emoji sequence (Unicode Technical Standard 51, section 1.4.9), without
    its tables: a picture that no font has is let through.
    """
    if not 0 < len(text) <= MAX_EMOJI_CHARACTERS or not all(
        _is_element(element) for element in text.split(JOINER)
    ):
        raise RoomError("bad_emoji", "A reaction is one emoji.")
    return text


def only_emoji(text: str) -> bool:
    """Whether a text has emoji and spaces alone, and one emoji at least."""
    rest = "".join(KEYCAPS.sub(A_PICTURE, text).split())
    pictures = [_is_picture(each) or ord(each) in REGIONAL for each in rest]
    parts = [_is_part(each) for each in rest]
    return any(pictures) and all(map(max, pictures, parts))


def _is_part(character: str) -> bool:
    if character in (JOINER, EMOJI_STYLE):
        return True
    return ord(character) in SKIN_TONES or ord(character) in TAGS


def _is_element(text: str) -> bool:
    if len(text) == 2 and all(ord(each) in REGIONAL for each in text):
        return True
    if len(text) in (2, 3) and text.endswith(KEYCAP):
        return text[0] in "0123456789#*" and text[1:-1] in ("", EMOJI_STYLE)
    if not text or not _is_picture(text[0]):
        return False
    behind = text[1:].removeprefix(EMOJI_STYLE)
    if behind and ord(behind[0]) in SKIN_TONES:
        behind = behind[1:]
    return all(ord(each) in TAGS for each in behind)


def _is_picture(character: str) -> bool:
    code = ord(character)
    if code in REGIONAL:
        return False
    picture = any(code in block for block in PICTURES) or character in OLD_PICTURES
    return picture and unicodedata.category(character) in ("So", "Sm", "Sk", "Po", "Cn", "Pd")
