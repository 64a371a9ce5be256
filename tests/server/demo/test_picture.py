import numpy as np
import pytest

from server.demo.picture import FRAME_SAMPLES, FRAMES_PER_S, Picture
from server.demo.scene import HEIGHT, SHORE_Y, WIDTH, lamp_places
from server.demo.score import BEAT_SAMPLES, Instrument, Note


def luma(frame):
    return np.frombuffer(bytes(frame.planes[0]), "u1").reshape(HEIGHT, WIDTH).astype(int)


def lamp_lights(picture, number):
    image = luma(picture.paint(number))
    return [image[round(y), round(x) - 8] for x, y in lamp_places()]


def note(start, pitch):
    return Note(start, Instrument.PIANO, pitch, 0.3, 0.0)


@pytest.fixture
def dark(picture: Picture):
    picture.begin()
    return picture


def test_a_frame_has_the_size_and_the_format(dark):
    frame = dark.paint(0)
    assert (frame.width, frame.height, frame.format.name) == (WIDTH, HEIGHT, "yuv420p")
    image = luma(frame)
    assert image.min() >= 0
    assert image.max() <= 235
    assert 30 < image.mean() < 120  # neither black nor white


def test_a_note_lights_its_lamp_which_fades(dark):
    before = lamp_lights(dark, 0)
    dark.see([note(5 * FRAME_SAMPLES, 57), note(5 * FRAME_SAMPLES, 80)])
    assert lamp_lights(dark, 4) == before
    lit = lamp_lights(dark, 5)
    brighter = [number for number, light in enumerate(lit) if light > before[number] + 5]
    assert brighter == [0, 15]
    later = lamp_lights(dark, 5 + FRAMES_PER_S)
    assert before[0] < later[0] < lit[0]
    assert lamp_lights(dark, 5 + 10 * FRAMES_PER_S) == before


def test_begin_puts_out_all_lamps(dark):
    before = lamp_lights(dark, 0)
    dark.see([note(0, 57)])
    assert lamp_lights(dark, 0) != before
    dark.begin()
    assert lamp_lights(dark, 0) == before


def test_the_players_sway_with_the_beat_and_the_lake_ripples(dark):
    first = luma(dark.paint(0))
    half_beat = luma(dark.paint(BEAT_SAMPLES // 2 // FRAME_SAMPLES))
    moved = np.abs(half_beat - first) > 20
    assert moved[360:490, 480:820].any()
    assert moved[SHORE_Y:].any()
    assert not moved[:100].any()  # the sky stands still


def test_the_lake_mirrors_the_lamps(dark):
    shore = luma(dark.paint(0))
    dark.see([note(0, 57)])
    lit = luma(dark.paint(0))
    assert (lit[SHORE_Y:] - shore[SHORE_Y:]).max() > 5
