import pytest

from media.hls.fmp4 import Sample, write_fragment


@pytest.mark.parametrize(
    ("samples", "end"),
    [
        ([Sample(0, 0, True, b"a")], 1),
        (
            [Sample(2**33, -3_600, True, b"key"), Sample(2**33 + 3_000, 7_200, False, b"")],
            2**33 + 6_000,
        ),
        ([Sample(i * 1024, 0, True, bytes([i]) * i) for i in range(200)], 200 * 1024),
    ],
)
def test_what_is_written_is_read_back(fragment_of, samples, end):
    fragment = fragment_of(write_fragment(7, samples, end))
    assert fragment.sequence == 7
    assert fragment.decode_time == samples[0].time
    assert fragment.end == end
    assert fragment.samples == [s.data for s in samples]
    assert fragment.compositions == [s.composition for s in samples]
    assert fragment.sync == [s.sync for s in samples]
