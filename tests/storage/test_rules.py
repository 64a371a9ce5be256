"""What may be stored: each rule at its edge."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.api import Delete, Put, RuleBroken
from storage.declaring import Collection, Migration, Schema, by, unique
from storage.rules import (
    MAX_DEPTH_LEVELS,
    MAX_DOCUMENT_BYTES,
    MAX_ID_BYTES,
    MAX_INDEXED_BYTES,
    RuleCode,
    check_commit,
    check_find,
    encode,
)

THINGS = Collection(
    "things",
    fields={"band": str, "rank": int, "live": bool},
    indexes=(unique("band"), by("rank"), by("live", "rank")),
)
SCHEMA = Schema(collections=(THINGS,), migrations=(Migration(1, "first"),))


def nested(levels: int) -> dict[str, Any]:
    doc: dict[str, Any] = {}
    for _ in range(levels):
        doc = {"in": doc}
    return doc


def refused(call: Any, *arguments: Any) -> str:
    with pytest.raises(RuleBroken) as caught:
        call(*arguments)
    assert caught.value.code in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(
    ("doc", "code"),
    [
        ([], RuleCode.NOT_JSON),
        ({"a": (1, 2)}, RuleCode.NOT_JSON),
        ({"a": {1, 2}}, RuleCode.NOT_JSON),
        ({"a": b"bytes"}, RuleCode.NOT_JSON),
        ({"a": [object()]}, RuleCode.NOT_JSON),
        ({"a": float("nan")}, RuleCode.NUMBER_OUT_OF_RANGE),
        ({"a": [float("-inf")]}, RuleCode.NUMBER_OUT_OF_RANGE),
        ({"a": 2**63}, RuleCode.NUMBER_OUT_OF_RANGE),
        ({"a": -(2**63) - 1}, RuleCode.NUMBER_OUT_OF_RANGE),
        ({"rank": 2**63}, RuleCode.NUMBER_OUT_OF_RANGE),
        ({1: "a"}, RuleCode.BAD_NAME),
        ({"": 1}, RuleCode.BAD_NAME),
        ({"_id": 1}, RuleCode.BAD_NAME),
        ({"a": [{"_v": 1}]}, RuleCode.BAD_NAME),
        ({"a.b": 1}, RuleCode.BAD_NAME),
        ({"a": {"$set": 1}}, RuleCode.BAD_NAME),
        ({"a$": 1}, RuleCode.BAD_NAME),
        ({"a\0": 1}, RuleCode.BAD_NAME),
        ({"a": "\ud800"}, RuleCode.BAD_TEXT),
        ({"\udfff": 1}, RuleCode.BAD_TEXT),
        ({"band": None}, RuleCode.FIELD_TYPE),
        ({"band": 1}, RuleCode.FIELD_TYPE),
        ({"band": ["a"]}, RuleCode.FIELD_TYPE),
        ({"rank": 1.0}, RuleCode.FIELD_TYPE),
        ({"rank": True}, RuleCode.FIELD_TYPE),
        ({"live": 1}, RuleCode.FIELD_TYPE),
        ({"band": "a\0b"}, RuleCode.FIELD_TEXT),
        ({"band": "é" * (MAX_INDEXED_BYTES // 2) + "x"}, RuleCode.FIELD_TEXT),
        ({"a": "é" * (MAX_DOCUMENT_BYTES // 2)}, RuleCode.DOCUMENT_TOO_LARGE),
        (nested(MAX_DEPTH_LEVELS + 1), RuleCode.TOO_DEEP),
        (nested(100_000), RuleCode.TOO_DEEP),
    ],
)
def test_refused_documents(doc: Any, code: RuleCode) -> None:
    assert refused(encode, THINGS, doc) == code


def test_a_document_that_holds_itself_is_too_deep() -> None:
    doc: dict[str, Any] = {}
    doc["self"] = doc
    assert refused(encode, THINGS, doc) == RuleCode.TOO_DEEP


@pytest.mark.parametrize(
    ("doc", "text"),
    [
        ({}, "{}"),
        ({"a": [1, 2.5, None, True, "é"]}, '{"a":[1,2.5,null,true,"é"]}'),
        ({"rank": 2**63 - 1, "band": "", "live": False}, None),
        ({"_ids": {"_idea": 1, "_version": 2}, "a-b": "$ and . are fine in text"}, None),
        ({"band": "é" * (MAX_INDEXED_BYTES // 2)}, None),
        (nested(MAX_DEPTH_LEVELS), None),
        ({"code": RuleCode.BAD_ID}, '{"code":"bad_id"}'),  # a StrEnum is text
    ],
)
def test_accepted_documents(doc: dict[str, Any], text: str | None) -> None:
    encoded = encode(THINGS, doc)
    assert text is None or encoded == text


@pytest.mark.parametrize(
    ("op", "code"),
    [
        (Put("nothing", "a", {}, 0), RuleCode.UNKNOWN_COLLECTION),
        (Put("things", "", {}, 0), RuleCode.BAD_ID),
        (Put("things", "a\0", {}, 0), RuleCode.BAD_ID),
        (Put("things", "é" * (MAX_ID_BYTES // 2) + "x", {}, 0), RuleCode.BAD_ID),
        (Put("things", "\ud800", {}, 0), RuleCode.BAD_TEXT),
        (Put("things", "a", {}, -1), RuleCode.BAD_VERSION),
        (Put("things", "a", {}, True), RuleCode.BAD_VERSION),
        (Put("things", "a", {}, 2**63 - 1), RuleCode.BAD_VERSION),
        (Delete("things", "a", 0), RuleCode.BAD_VERSION),
    ],
)
def test_refused_ops(op: Put | Delete, code: RuleCode) -> None:
    assert refused(check_commit, SCHEMA, (op,)) == code


def test_a_find_holds_to_64_bits_too() -> None:
    with pytest.raises(RuleBroken) as caught:
        check_find(SCHEMA, "things", {}, sort="rank", descending=False, after=(2**63, "a"), limit=1)
    assert caught.value.code == RuleCode.NUMBER_OUT_OF_RANGE


def test_a_commit_writes_each_document_once() -> None:
    ops = (Put("things", "a", {}, 0), Delete("things", "a", 1))
    assert refused(check_commit, SCHEMA, ops) == RuleCode.REPEATED_DOCUMENT


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(anything)
def test_anything_is_encoded_or_refused_by_name(value: object) -> None:
    code = None
    try:
        encode(THINGS, {"value": value, "band": "q"})
    except RuleBroken as broken:
        code = broken.code
    assert code is None or code in set(RuleCode)
