import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.psp.strict_json import BadJson, read_object

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(st.dictionaries(st.text(), JSON), st.booleans())
def test_what_is_written_is_read_down_to_its_very_depth(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    depth = depth_of(value)
    assert read_object(body, depth) == value
    with pytest.raises(BadJson):
        read_object(body, depth - 1)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a":1,"a":1}', "twice"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b"[]", "object"),
        (b'{"a":1}x', "not JSON"),
        (b"\xed\xa0\x80", "not JSON"),
        (b'{"a":[[]]}', "deeper than 2"),
    ],
)
def test_a_refusal_says_why(body, why):
    with pytest.raises(BadJson, match=why):
        read_object(body, 2)
