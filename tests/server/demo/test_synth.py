from itertools import islice

import numpy as np
import pytest

from server.demo.score import BAR_SAMPLES, BEAT_SAMPLES, SAMPLE_RATE_HZ, Instrument, notes_of_bar
from server.demo.synth import AAC_FRAME_SAMPLES, SECONDS, Tune, mix_beat, sound

FOUR_BARS_FRAMES = 4 * BAR_SAMPLES // AAC_FRAME_SAMPLES
MINUS_3_DBFS = 10 ** (-3 / 20)


def strongest_hz(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    return spectrum.argmax() * SAMPLE_RATE_HZ / (1 << 18)


@pytest.mark.parametrize("instrument", [Instrument.PIANO, Instrument.PAD, Instrument.BASS])
@pytest.mark.parametrize("pitch", [45, 57, 69])
def test_each_sound_has_its_pitch_and_ends_in_silence(instrument, pitch):
    samples = np.frombuffer(sound(instrument, pitch), dtype="f4")
    assert len(samples) == pytest.approx(SECONDS[instrument] * SAMPLE_RATE_HZ, abs=1)
    assert strongest_hz(samples) == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=0.003)
    assert abs(samples[0]) < 0.01
    assert abs(samples[-1]) < 0.01
    assert 0.3 < np.abs(samples).max() <= 1.2


def test_the_brush_is_noise_above_the_tune():
    samples = np.frombuffer(sound(Instrument.BRUSH, 0), dtype="f4")
    assert strongest_hz(samples) > 2000


def test_beats_are_whole_and_join_without_a_click():
    def ear(beat):
        return np.concatenate([np.frombuffer(bytes(f.planes[0]), "f4")[: f.samples] for f in beat])

    beats = [ear(mix_beat(number)) for number in range(6)]
    assert {len(beat) for beat in beats} == {BEAT_SAMPLES}
    steps = np.abs(np.diff(np.concatenate(beats)))
    joints = [steps[number * BEAT_SAMPLES - 1] for number in range(1, 6)]
    assert max(joints) <= steps.max()
    assert max(joints) < 0.05


def test_the_tune_is_in_order_audible_and_below_3_dbfs():
    frames = list(islice(Tune().frames(), FOUR_BARS_FRAMES))
    assert [frame.pts for frame in frames] == [n * AAC_FRAME_SAMPLES for n in range(len(frames))]
    assert {(frame.samples, frame.layout.name, frame.sample_rate) for frame in frames} == {
        (AAC_FRAME_SAMPLES, "stereo", SAMPLE_RATE_HZ)
    }
    both = np.array([frame.to_ndarray() for frame in frames])
    assert np.abs(both).max() < MINUS_3_DBFS
    left, right = both.transpose(1, 0, 2).reshape(2, -1)
    assert not np.allclose(left, right)
    for second in range(len(left) // SAMPLE_RATE_HZ):
        part = left[second * SAMPLE_RATE_HZ : (second + 1) * SAMPLE_RATE_HZ]
        assert np.sqrt((part**2).mean()) > 0.02  # no second is silent
    bass = notes_of_bar(0)
    lowest = min(note.pitch for note in bass if note.instrument is Instrument.BASS)
    assert strongest_hz(left[:BEAT_SAMPLES]) >= 440 * 2 ** ((lowest - 69) / 12) * 0.99
