import pytest
from support.bits import BitWriter

from media.bits import BitReader, BitsError
from media.codecs.vui import read_vui_head

PQ = 16
SAR = {
    "none": [(0, 1)],
    "listed": [(1, 1), (1, 8)],
    "extended": [(1, 1), (255, 8), (4, 16), (3, 16)],
}
SIGNAL = {
    "none": ([(0, 1)], 0),
    "without colours": ([(1, 1), (5, 4), (0, 1)], 0),
    "with colours": ([(1, 1), (5, 4), (1, 1), (9, 8), (PQ, 8), (9, 8)], PQ),
}


@pytest.mark.parametrize("sar", SAR)
@pytest.mark.parametrize("signal", SIGNAL)
@pytest.mark.parametrize("rest", [False, True])
def test_all_of_the_head_is_read_and_nothing_behind_it(sar: str, signal: str, rest: bool) -> None:
    fields, transfer = SIGNAL[signal]
    bits = BitWriter().put(*SAR[sar])
    bits.put(*([(1, 1), (1, 1)] if rest else [(0, 1)]))  # overscan
    bits.put(*fields).put((int(rest), 1))
    if rest:
        bits.golomb(2, 3)  # chroma location
    reader = BitReader(bits.put((0b101, 3)).done())
    assert read_vui_head(reader) == transfer
    assert reader.read(3) == 0b101


def test_one_that_ends_too_soon() -> None:
    with pytest.raises(BitsError):
        read_vui_head(BitReader(b"\xff"))
