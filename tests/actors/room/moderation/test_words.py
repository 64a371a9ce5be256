"""The word filter: what it finds, what it lets pass, and what it costs."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.room.moderation.words import MAX_WORD_CHARACTERS, WordFilter, normal_word


def filter_of(*words):
    return WordFilter(normal_word(word) for word in words)


@pytest.mark.parametrize(
    "text",
    [
        "bad",
        "BAD!",
        "so bad, this",
        "well,bad",
        "b.a.d",
        "b-a_d",
        "b a d",
        "oh b a d y",
        "b. a. d.",
        "b4d",
        "b4d!",
        "b@d",
        "b\u200bad",
        "b\u00e1d",
        "ba\u0301d",
        "\uff42\uff41\uff44",
        "B\u00c4D",
    ],
)
def test_a_word_in_its_disguises(text):
    assert filter_of("bad").hits(text)


@pytest.mark.parametrize("text", ["badge", "abad", "b and d", "", "a bed", "1", "bd", "b a"])
def test_what_is_another_word(text):
    assert not filter_of("bad").hits(text)


def test_a_star_stands_for_all_words_that_begin_so():
    found = filter_of("bad*")
    assert found.hits("badly")
    assert found.hits("b.a.d.l.y")
    assert found.hits("8 badges")
    assert not found.hits("abad")


def test_a_one_is_an_i_or_an_l():
    assert filter_of("kill").hits("k1ll")
    assert filter_of("kill").hits("ki11")
    assert filter_of("ass").hits("a$$")


def test_scripts_without_spaces_are_searched_inside():
    assert filter_of("\u99ac\u9e7f").hits("\u4f60\u662f\u99ac\u9e7f\u5417")
    assert not filter_of("\u99ac\u9e7f").hits("\u9e7f\u99ac")


@pytest.mark.parametrize("word", ["", "  ", "*", "two words", "...", "x" * 41])
def test_what_is_no_word(word):
    with pytest.raises(ValueError):
        normal_word(word)


@given(st.text(max_size=300), st.lists(st.text(max_size=50), max_size=10))
@settings(max_examples=300, deadline=None)
@example("\u0130", ["\u0130"])
@example("\ufdfa", ["\ufdfa"])
def test_any_text_and_any_words(text, candidates):
    words = []
    for candidate in candidates:
        try:
            word = normal_word(candidate)
        except ValueError:
            continue
        assert len(word.rstrip("*")) <= MAX_WORD_CHARACTERS
        assert normal_word(word) == word
        words.append(word)
    found = WordFilter(words)
    found.hits(text)
    for word in words:
        assert found.hits(f"well, {word.rstrip('*')} then")


@pytest.mark.parametrize("unit", ["a ", "a", "a.", "1", "\u99ac", "b4d ", "\ufdfa", "a\u0301"])
def test_time_grows_with_the_length_alone(unit):
    """By the processor's clock: ten times the text is no hundred times the work."""
    found = WordFilter(
        [*(("a" * n) + "b" for n in range(1, 40)), *(("a" * n) + "c*" for n in range(1, 39))]
        + [("\u99ac" * n) + "\u9e7f" for n in range(1, 39)]
    )

    def took_s(text):
        times = []
        for _ in range(3):
            began = time.process_time()
            found.hits(text)
            times.append(time.process_time() - began)
        return min(times)

    short, long = unit * (2_000 // len(unit)), unit * (20_000 // len(unit))
    assert took_s(long) < 40 * took_s(short) + 0.01
