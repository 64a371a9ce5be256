import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.bits import BitWriter

from media.bits import BitReader, BitsError


@settings(deadline=None)
@given(st.lists(st.integers(min_value=-(2**20), max_value=2**20), max_size=20))
def test_golomb_codes(values: list[int]) -> None:
    bits = BitWriter().golomb(*[2 * v - 1 if v > 0 else -2 * v for v in values])
    reader = BitReader(bits.done())
    assert [reader.signed_golomb() for _ in values] == values


def test_bits_end_in_an_error() -> None:
    reader = BitReader(b"\xa0")
    assert (reader.read(3), reader.left, reader.peek(2), reader.flag()) == (5, 5, 0, False)
    with pytest.raises(BitsError):
        reader.read(5)
    with pytest.raises(BitsError, match="longer"):
        BitReader(bytes(9)).unsigned_golomb()
    assert math.isclose(BitReader(b"\x80").unsigned_golomb(), 0)
