"""The word filter: words that nobody may write, also not in the usual disguises.

A text is folded (case, accents, width, what nobody sees), cut at spaces, and each piece is looked
up in sets of words: as it is, without its punctuation, with digits and signs read as the letters
that they stand for, and joined with its neighbours where letters are spaced out. No piece is
looked at more often than there are lengths of words, so a text costs time in proportion to its
length, whatever is in it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

MAX_WORDS = 500
MAX_WORD_CHARACTERS = 40
MAX_DECOMPOSED_CHARACTERS = 4
"""Of one character. There are some that stand for whole sentences, and would make a text long."""

_LEET = str.maketrans("013457@$!|+", "oieastasiit")
_LEET_WITH_L = str.maketrans("013457@$!|+", "oleastaslit")
"""A 1, a bar or a call may also stand for an l."""
_READ_AS_LETTERS = re.compile(r"[013457@$!|+]")
_EDGES = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum())
_EDGES = _EDGES.replace("@", "").replace("$", "")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
"""Scripts that put no spaces between words (and Korean, whose particles stick to them)."""
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cs"})
"""Marks put over letters, and what nobody sees (Unicode categories)."""


def fold(text: str) -> str:
    """Give a text without case, accents, width, and characters that nobody sees."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded, text))


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character)
    if len(decomposed) > MAX_DECOMPOSED_CHARACTERS:
        return character
    decomposed = unicodedata.normalize("NFKD", decomposed.casefold())
    return "".join(each for each in decomposed if unicodedata.category(each) not in _UNSEEN)


def normal_word(text: str) -> str:
    """Give a word of the list in the one form in which it is kept. ValueError says what is wrong.

    It is whole unless a star ends it: then it stands for all words that begin so.
    """
    folded = fold(text.strip())
    word = _NOT_ALPHANUMERIC.sub("", folded)
    if len(text) > MAX_WORD_CHARACTERS or len(word) > MAX_WORD_CHARACTERS:
        raise ValueError(f"a word has at most {MAX_WORD_CHARACTERS} characters")
    if not word or len(folded.split()) != 1:
        raise ValueError("a word has letters or digits, and no spaces")
    return f"{word}*" if folded.endswith("*") else word


class WordFilter:
    """Looks for the words of a list; ``words`` are in their normal form."""

    __slots__ = ("_inner", "_inner_lengths", "_lengths", "_prefix_lengths", "_prefixes", "_whole",
                 "words")  # fmt: skip

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = frozenset(words)
        self._inner = {word.rstrip("*") for word in self.words if _UNSPACED.search(word)}
        spaced = {word for word in self.words if word.rstrip("*") not in self._inner}
        self._prefixes = {word[:-1] for word in spaced if word.endswith("*")}
        self._whole = spaced - {f"{prefix}*" for prefix in self._prefixes}
        self._lengths = sorted({len(word) for word in self._whole | self._prefixes})
        self._prefix_lengths = sorted({len(word) for word in self._prefixes})
        self._inner_lengths = sorted({len(word) for word in self._inner})

    def hits(self, text: str) -> bool:
        """Whether a text has one of the words."""
        if not self.words:
            return False
        pieces = fold(text).split()
        if self._inner and self._is_inside("".join(pieces)):
            return True
        if any(self._is_word(form) for piece in set(pieces) for form in set(_forms(piece))):
            return True
        return any(self._is_spaced_out(run) for run in _runs(pieces))

    def _is_word(self, form: str) -> bool:
        if form in self._whole:
            return True
        for length in self._prefix_lengths:
            if length > len(form):
                break
            if form[:length] in self._prefixes:
                return True
        return False

    def _is_spaced_out(self, run: str) -> bool:
        listed = self._whole | self._prefixes
        return any(
            run[start : start + length] in listed
            for length in self._lengths
            if 1 < length <= len(run)
            for start in range(len(run) - length + 1)
        )

    def _is_inside(self, text: str) -> bool:
        return any(
            text[start : start + length] in self._inner
            for length in self._inner_lengths
            for start in range(len(text) - length + 1)
        )


def _forms(piece: str) -> Iterator[str]:
    """Give what a piece without spaces may be meant as."""
    if piece.isalpha():
        yield piece
        return
    yield from _NOT_ALPHANUMERIC.split(piece)
    yield _NOT_ALPHANUMERIC.sub("", piece)
    if _READ_AS_LETTERS.search(piece):
        for table in (_LEET, _LEET_WITH_L):
            yield _NOT_ALPHANUMERIC.sub("", piece.strip(_EDGES).translate(table))


def _runs(pieces: list[str]) -> Iterator[str]:
    """Give the letters of neighbours that are single letters, as ``b a d``."""
    run: list[str] = []
    for piece in (*pieces, ""):
        bare = _NOT_ALPHANUMERIC.sub("", piece)
        if len(bare) == 1:
            run.append(bare)
        elif bare or not piece:
            if len(run) > 1:
                joined = "".join(run)
                yield joined
                if _READ_AS_LETTERS.search(joined):
                    yield joined.translate(_LEET)
                    yield joined.translate(_LEET_WITH_L)
            run = []
