import pytest

from server.demo.score import (
    BAR_SAMPLES,
    EIGHTH_SAMPLES,
    SONG,
    Instrument,
    notes_of_bar,
)
from server.demo.synth import SECONDS

D_MAJOR_SCALE = {2, 4, 6, 7, 9, 11, 1}


@pytest.mark.parametrize("number", range(len(SONG)))
def test_each_bar_is_in_time_in_key_and_full(number):
    notes = notes_of_bar(number)
    for note in notes:
        assert 0 <= note.start - number * BAR_SAMPLES < BAR_SAMPLES
        assert note.start % EIGHTH_SAMPLES == 0
        assert 0 < note.gain < 1
        assert -1 <= note.pan <= 1
        # The mixer looks back no further than one bar.
        assert note.start + SECONDS[note.instrument] * 48_000 <= (number + 2) * BAR_SAMPLES
        if note.instrument is not Instrument.BRUSH:
            assert note.pitch % 12 in D_MAJOR_SCALE
    assert {note.instrument for note in notes} == set(Instrument)


def test_the_song_begins_again():
    first, again = notes_of_bar(0), notes_of_bar(len(SONG))
    assert [(note.pitch, note.instrument) for note in first] == [
        (note.pitch, note.instrument) for note in again
    ]


def test_no_bar_is_like_all_others():
    assert len({tuple(note.pitch for note in notes_of_bar(bar)) for bar in range(32)}) > 12
