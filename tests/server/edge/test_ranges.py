import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.edge.ranges import RangeNotSatisfiable, parse_range


@pytest.mark.parametrize(
    ("value", "size", "span"),
    [
        (b"bytes=0-", 10, (0, 10)),
        (b"Bytes= 0-4", 10, (0, 5)),
        (b"bytes=9-9", 10, (9, 10)),
        (b"bytes=-1", 10, (9, 10)),
        (b"bytes=-10", 10, (0, 10)),
        (b"bytes=-11", 10, (0, 10)),
        (b"bytes=-", 10, None),
        (b"bytes=", 10, None),
        (b"bytes=a-b", 10, None),
        (b"bytes=1-2,3-4", 10, None),
        (b"bytes=3-2", 10, None),
        (b"bytes=99999999999999999999-", 10, None),
        (b"", 10, None),
    ],
)
def test_ranges(value: bytes, size: int, span: tuple[int, int] | None) -> None:
    assert parse_range(value, size) == span


@pytest.mark.parametrize(
    ("value", "size"), [(b"bytes=10-", 10), (b"bytes=-0", 10), (b"bytes=0-", 0)]
)
def test_outside(value: bytes, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(value, size)


@given(st.from_regex(rb"\A(bytes=)?[0-9]{0,4}-?[0-9]{0,4}\Z"), st.integers(0, 3000))
def test_a_span_lies_within(value: bytes, size: int) -> None:
    try:
        span = parse_range(value, size)
    except RangeNotSatisfiable:
        return
    if span is not None:
        assert 0 <= span[0] < span[1] <= size
