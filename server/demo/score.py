"""The demo's tune, written down: an evening song in D, 32 bars of four beats, for ever again."""

from dataclasses import dataclass
from enum import StrEnum

SAMPLE_RATE_HZ = 48_000
BEATS_PER_BAR = 4
BEAT_SAMPLES = 36_000
"""At 80 beats a minute."""
EIGHTH_SAMPLES = BEAT_SAMPLES // 2
BAR_SAMPLES = BEATS_PER_BAR * BEAT_SAMPLES


class Instrument(StrEnum):
    """Who plays."""

    PIANO = "piano"
    PAD = "pad"
    BASS = "bass"
    BRUSH = "brush"


@dataclass(frozen=True, slots=True)
class Note:
    """One note: when it starts, its pitch (60 is middle C), how loud, and where (-1 is left)."""

    start: int
    instrument: Instrument
    pitch: int
    gain: float
    pan: float
    melody: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A chord, from its bass upwards, and a melody: (eighth of the bar, pitch)."""

    bass: int
    chord: tuple[int, ...]
    melody: tuple[tuple[int, int], ...] = ()


D_MAJOR = (57, 61, 66, 69)
B_MINOR = (57, 62, 66, 69)
G_MAJOR = (55, 59, 62, 66)
A_SEVEN = (55, 59, 61, 64)
E_MINOR = (55, 59, 62, 64)
F_SHARP_MINOR = (57, 61, 64, 66)

VERSE = (
    Bar(38, D_MAJOR, ((0, 78), (3, 76), (4, 74), (6, 73))),
    Bar(35, B_MINOR, ((0, 74), (4, 69), (7, 71))),
    Bar(43, G_MAJOR, ((0, 73), (2, 71), (4, 69), (6, 66))),
    Bar(33, A_SEVEN, ((0, 67), (4, 64))),
    Bar(42, F_SHARP_MINOR, ((0, 69), (3, 71), (4, 73), (6, 76))),
    Bar(35, B_MINOR, ((0, 78), (4, 74), (6, 73))),
    Bar(40, E_MINOR, ((0, 71), (2, 73), (4, 74), (6, 76))),
    Bar(33, A_SEVEN, ((0, 73), (3, 71), (4, 69))),
)
BRIDGE = (
    Bar(43, G_MAJOR, ((0, 71), (2, 74), (4, 78), (7, 79))),
    Bar(33, A_SEVEN, ((0, 76), (4, 73))),
    Bar(42, F_SHARP_MINOR, ((0, 69), (2, 73), (4, 76), (7, 78))),
    Bar(35, B_MINOR, ((0, 74), (4, 71))),
    Bar(43, G_MAJOR, ((0, 71), (2, 74), (4, 79), (6, 78))),
    Bar(42, F_SHARP_MINOR, ((0, 76), (4, 73), (6, 71))),
    Bar(40, E_MINOR, ((0, 71), (3, 69), (4, 67), (6, 64))),
    Bar(33, A_SEVEN, ((0, 69), (6, 73))),
)
INTERLUDE = tuple(Bar(bar.bass, bar.chord) for bar in VERSE)
SONG = VERSE + VERSE + BRIDGE + INTERLUDE

ARPEGGIO = (0, 1, 2, 3, 2, 1, 2, 3)
"""Which note of the chord each eighth of a bar plays."""


def notes_of_bar(number: int) -> list[Note]:
    """Write out one bar; bars count from 0 without end."""
    bar = SONG[number % len(SONG)]
    start = number * BAR_SAMPLES
    notes = [
        *_bass(bar, start),
        *_pad(bar, start),
        *_arpeggio(bar, start),
        *_brushes(start),
    ]
    for eighth, pitch in bar.melody:
        at = start + eighth * EIGHTH_SAMPLES
        notes.append(Note(at, Instrument.PIANO, pitch, 0.34, 0.12, melody=True))
    return sorted(notes, key=lambda note: note.start)


def _bass(bar: Bar, start: int) -> list[Note]:
    fifth = bar.bass + 7
    return [
        Note(start, Instrument.BASS, bar.bass, 0.30, 0.0),
        Note(start + 3 * EIGHTH_SAMPLES, Instrument.BASS, bar.bass, 0.19, 0.0),
        Note(start + 4 * EIGHTH_SAMPLES, Instrument.BASS, fifth, 0.25, 0.0),
    ]


def _pad(bar: Bar, start: int) -> list[Note]:
    return [
        Note(start, Instrument.PAD, pitch, 0.10, 0.5 - 0.33 * place)
        for place, pitch in enumerate(bar.chord)
    ]


def _arpeggio(bar: Bar, start: int) -> list[Note]:
    return [
        Note(
            start + eighth * EIGHTH_SAMPLES,
            Instrument.PIANO,
            bar.chord[step] + (12 if step == 3 else 0),
            0.13 if eighth % 2 else 0.16,
            -0.45 if eighth % 2 else -0.15,
        )
        for eighth, step in enumerate(ARPEGGIO)
    ]


def _brushes(start: int) -> list[Note]:
    return [
        Note(start + eighth * EIGHTH_SAMPLES, Instrument.BRUSH, 0, gain, 0.3)
        for eighth, gain in ((2, 0.05), (3, 0.02), (6, 0.055), (7, 0.025))
    ]
