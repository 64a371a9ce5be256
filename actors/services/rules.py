"""What names, titles, addresses and passwords may be. ValueError says what to change."""

import re
import unicodedata

MAX_EMAIL_CHARS = 254
MAX_EMAIL_LOCAL_CHARS = 64
MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 200
MAX_PASSWORD_BYTES = 800
MAX_NAME_CHARS = 60
MAX_TITLE_CHARS = 120
MAX_DESCRIPTION_CHARS = 2000

# RFC 5321, 4.1.2 without its quoted forms, and UTF-8 as in RFC 6531.
EMAIL = re.compile(r"[^\s@\"(),:;<>\[\]\\]+@[^\s@\"(),:;<>\[\]\\.]+(\.[^\s@\"(),:;<>\[\]\\.]+)*")

# Controls, and the invisible marks that turn the direction of the text around them. The joiner
# of emoji and scripts is one of their kind ("Cf") and stays.
JOINERS = "\u200c\u200d"
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def normal_email(text: str) -> str:
    """Return an address in the one form in which it is stored."""
    email = unicodedata.normalize("NFC", text.strip()).lower()
    local, _, _ = email.partition("@")
    if len(email) > MAX_EMAIL_CHARS or len(local) > MAX_EMAIL_LOCAL_CHARS:
        raise ValueError("is too long for an email address")
    if EMAIL.fullmatch(email) is None or _unseen(email):
        raise ValueError("is not an email address")
    return email


def good_password(text: str) -> str:
    """Return the password as it is, if it is neither too short nor too long."""
    if not MIN_PASSWORD_CHARS <= len(text) <= MAX_PASSWORD_CHARS:
        raise ValueError(f"must have {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters")
    if len(text.encode()) > MAX_PASSWORD_BYTES:
        raise ValueError(f"must have at most {MAX_PASSWORD_BYTES} bytes")
    return text


def normal_name(text: str) -> str:
    """Return a person's name on one line."""
    return _one_line(text, MAX_NAME_CHARS)


def normal_title(text: str) -> str:
    """Return a stream's title on one line."""
    return _one_line(text, MAX_TITLE_CHARS)


def normal_description(text: str) -> str:
    """Return a stream's description, of any number of lines; it may be empty."""
    lines = (_seen(line).rstrip() for line in unicodedata.normalize("NFC", text).splitlines())
    description = "\n".join(lines).strip()
    if len(description) > MAX_DESCRIPTION_CHARS:
        raise ValueError(f"must have at most {MAX_DESCRIPTION_CHARS} characters")
    return description


def _one_line(text: str, max_chars: int) -> str:
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if _unseen(line):
        raise ValueError("must not have control characters")
    if not 1 <= len(line) <= max_chars:
        raise ValueError(f"must have 1 to {max_chars} characters")
    return line


def _unseen(text: str) -> bool:
    return any(unicodedata.category(char) in UNSEEN and char not in JOINERS for char in text)


def _seen(text: str) -> str:
    return "".join(char for char in text if char == "\t" or char in JOINERS or not _unseen(char))
