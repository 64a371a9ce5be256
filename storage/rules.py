"""The rules that keep the engines equal, checked before anything reaches one.

What passes here means the same in SQLite and in MongoDB: plain JSON, 64-bit integers, names
without characters that either gives a meaning to, and declared fields that hold one type.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from storage.api import Cursor, Delete, Document, Put, RuleBroken, Scalar
from storage.declaring import Collection, FieldType, Index, Schema

MAX_DOCUMENT_BYTES = 256 * 1024
"""Of the compact JSON text in UTF-8; far under MongoDB's 16 MiB, and quick to encode."""
MAX_DEPTH_LEVELS = 32
MAX_ID_BYTES = 128
MAX_INDEXED_BYTES = 1024
"""Of one declared field's text: an index page holds several keys."""
MAX_COMMIT_OPS = 100
MAX_FIND_ROWS = 2000
MIN_INT, MAX_INT = -(2**63), 2**63 - 1

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_RESERVED_NAMES = frozenset({"_id", "_v"})


class RuleCode(StrEnum):
    """The names of the rules, as ``RuleBroken.code`` gives them."""

    UNKNOWN_COLLECTION = "unknown_collection"
    BAD_ID = "bad_id"
    BAD_VERSION = "bad_version"
    BAD_NAME = "bad_name"
    BAD_TEXT = "bad_text"
    NOT_JSON = "not_json"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    TOO_DEEP = "too_deep"
    DOCUMENT_TOO_LARGE = "document_too_large"
    FIELD_TYPE = "field_type"
    FIELD_TEXT = "field_text"
    TOO_MANY_OPS = "too_many_ops"
    REPEATED_DOCUMENT = "repeated_document"
    NO_INDEX = "no_index"
    BAD_LIMIT = "bad_limit"
    BAD_CURSOR = "bad_cursor"


@dataclass(frozen=True, slots=True)
class Query:
    """A checked ``find``, and the index that serves it; None: the ids themselves."""

    collection: str
    equals: tuple[tuple[str, Scalar], ...]
    sort: str
    descending: bool
    after: Cursor | None
    limit: int
    index: Index | None


def collection_of(schema: Schema, name: str) -> Collection:
    """Return the declared collection of this name."""
    collection = schema.by_name.get(name)
    if collection is None:
        raise RuleBroken(RuleCode.UNKNOWN_COLLECTION, f"no collection {name!r} is declared")
    return collection


def check_id(document_id: str) -> None:
    """Check a document's id: text, 1 to MAX_ID_BYTES of it, no NUL."""
    if not isinstance(document_id, str) or not 0 < _text_bytes(document_id) <= MAX_ID_BYTES:
        raise RuleBroken(RuleCode.BAD_ID, f"an id is text of 1 to {MAX_ID_BYTES} bytes")
    if "\0" in document_id:
        raise RuleBroken(RuleCode.BAD_ID, "an id holds no NUL")


def check_commit(schema: Schema, ops: tuple[Put | Delete, ...]) -> list[str]:
    """Check a commit as a whole; return each op's document as JSON text, "" for a delete."""
    if len(ops) > MAX_COMMIT_OPS:
        raise RuleBroken(RuleCode.TOO_MANY_OPS, f"a commit has at most {MAX_COMMIT_OPS} ops")
    if len({(op.collection, op.id) for op in ops}) < len(ops):
        raise RuleBroken(RuleCode.REPEATED_DOCUMENT, "a commit writes each document once")
    return [_check_op(schema, op) for op in ops]


def _check_op(schema: Schema, op: Put | Delete) -> str:
    collection = collection_of(schema, op.collection)
    check_id(op.id)
    lowest = 0 if isinstance(op, Put) else 1
    if type(op.version) is not int or not lowest <= op.version < MAX_INT:
        raise RuleBroken(RuleCode.BAD_VERSION, f"{op.version!r} is not a version to write at")
    return encode(collection, op.doc) if isinstance(op, Put) else ""


def encode(collection: Collection, doc: Document) -> str:
    """Check a document and return it as compact JSON text, a copy the caller cannot change."""
    if not isinstance(doc, dict):
        raise RuleBroken(RuleCode.NOT_JSON, f"a document is a dict, not {_named(doc)}")
    _check_value(doc, 0)
    for name, field_type in collection.fields.items():
        if name in doc:
            check_field(name, field_type, doc[name])
    text = _JSON.encode(doc)
    size = _text_bytes(text)
    if size > MAX_DOCUMENT_BYTES:
        raise RuleBroken(
            RuleCode.DOCUMENT_TOO_LARGE, f"{size} bytes are more than {MAX_DOCUMENT_BYTES}"
        )
    return text


def _check_value(value: object, depth: int) -> None:
    if depth > MAX_DEPTH_LEVELS:
        raise RuleBroken(RuleCode.TOO_DEEP, f"more than {MAX_DEPTH_LEVELS} levels of nesting")
    match value:
        case None | bool() | str():
            pass  # text is checked as a whole, once it is encoded
        case int():
            if not MIN_INT <= value <= MAX_INT:
                raise RuleBroken(RuleCode.NUMBER_OUT_OF_RANGE, f"{value} needs over 64 bits")
        case float():
            if not math.isfinite(value):
                raise RuleBroken(RuleCode.NUMBER_OUT_OF_RANGE, f"{value} is no JSON number")
        case list():
            for item in value:
                _check_value(item, depth + 1)
        case dict():
            for name, item in value.items():
                _check_name(name)
                _check_value(item, depth + 1)
        case _:
            raise RuleBroken(RuleCode.NOT_JSON, f"{_named(value)} is no JSON type")


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name or name in _RESERVED_NAMES:
        raise RuleBroken(RuleCode.BAD_NAME, f"{name!r} cannot name a field")
    if "." in name or "$" in name or "\0" in name:
        raise RuleBroken(RuleCode.BAD_NAME, f"{name!r} has one of . $ NUL in it")


def check_field(name: str, field_type: FieldType, value: object) -> None:
    """Check the value of a declared field: its one type, never null, text without NUL.

    NUL is refused because SQLite's ``json_extract`` ends a text there, and two texts would
    then be one key.
    """
    is_bool = isinstance(value, bool)
    if not isinstance(value, field_type) or is_bool != (field_type is bool):
        raise RuleBroken(
            RuleCode.FIELD_TYPE,
            f"{name} is {_named(value)} where {field_type.__name__} is declared",
        )
    if isinstance(value, str) and ("\0" in value or _text_bytes(value) > MAX_INDEXED_BYTES):
        raise RuleBroken(
            RuleCode.FIELD_TEXT, f"{name} holds a NUL or over {MAX_INDEXED_BYTES} bytes"
        )
    if isinstance(value, int) and not MIN_INT <= value <= MAX_INT:
        raise RuleBroken(RuleCode.NUMBER_OUT_OF_RANGE, f"{name} needs over 64 bits")


def check_find(
    schema: Schema,
    collection_name: str,
    equals: Mapping[str, Scalar],
    *,
    sort: str,
    descending: bool,
    after: Cursor | None,
    limit: int,
) -> Query:
    """Check a find and choose the index that serves it."""
    collection = collection_of(schema, collection_name)
    if type(limit) is not int or not 1 <= limit <= MAX_FIND_ROWS:
        raise RuleBroken(RuleCode.BAD_LIMIT, f"a limit is 1 to {MAX_FIND_ROWS}, not {limit!r}")
    index = _serving_index(collection, equals, sort)
    for name, value in equals.items():
        check_field(name, collection.fields[name], value)
    if after is not None:
        _check_cursor(collection, sort, after)
    return Query(collection_name, tuple(equals.items()), sort, descending, after, limit, index)


def _serving_index(collection: Collection, equals: Mapping[str, Scalar], sort: str) -> Index | None:
    """Return the index for this find: see ``Store.find`` for which one serves."""
    filtered = frozenset(equals)
    if not filtered and sort == "id":
        return None
    for index in collection.indexes:
        fields = index.fields
        if fields[-1] == sort and filtered == frozenset(fields[:-1]):
            return index
        whole = filtered == frozenset(fields)
        if whole and (sort == "id" or (index.unique and sort in collection.fields)):
            return index
    declared = "; ".join(", ".join(index.fields) for index in collection.indexes)
    raise RuleBroken(
        RuleCode.NO_INDEX,
        f"{collection.name} has no index for equals ({', '.join(equals)}) sorted by {sort}; "
        f"it has: {declared}",
    )


def _check_cursor(collection: Collection, sort: str, after: Cursor) -> None:
    if not isinstance(after, tuple) or len(after) != 2 or not isinstance(after[1], str):
        raise RuleBroken(RuleCode.BAD_CURSOR, f"{after!r} is not (sort value, id)")
    value, document_id = after
    check_field(sort, collection.fields.get(sort, str), value)
    check_field("id", str, document_id)


def _text_bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise RuleBroken(RuleCode.BAD_TEXT, "half a surrogate pair is no text") from error


def _named(value: object) -> str:
    return type(value).__name__
