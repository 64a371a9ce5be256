import math

import pytest

from server.demo.canvas import Area, Canvas, ellipse, mix

WHITE = (255, 255, 255)


def pixel(canvas, x, y):
    at = (y * canvas.width + x) * 3
    return tuple(canvas.pixels[at : at + 3])


def light(canvas):
    """How many pixels' worth of white there is."""
    return sum(canvas.pixels) / 3 / 255


def test_a_square_on_the_grid_has_hard_edges():
    canvas = Canvas(10, 10)
    canvas.polygon([(2, 3), (6, 3), (6, 8), (2, 8)], WHITE)
    lit = {(x, y) for x in range(10) for y in range(10) if pixel(canvas, x, y) == WHITE}
    assert lit == {(x, y) for x in range(2, 6) for y in range(3, 8)}
    assert light(canvas) == 20


def test_a_square_between_the_pixels_has_soft_ones():
    canvas = Canvas(10, 10)
    canvas.polygon([(2.5, 3.5), (6.5, 3.5), (6.5, 7.5), (2.5, 7.5)], WHITE)
    assert light(canvas) == pytest.approx(16, abs=0.1)
    assert pixel(canvas, 4, 5) == WHITE
    assert pixel(canvas, 2, 5) == (128, 128, 128)


@pytest.mark.parametrize("radius", [3, 7.3, 11])
def test_a_circle_has_its_area(radius):
    canvas = Canvas(30, 30)
    canvas.circle((15, 14.5), radius, WHITE)
    assert light(canvas) == pytest.approx(math.pi * radius**2, rel=0.02)


def test_what_lies_outside_is_cut_off():
    canvas = Canvas(8, 8)
    canvas.circle((0, 0), 4, WHITE)
    canvas.circle((-50, 3), 4, WHITE)
    canvas.line((7, -5), (7, 50), 2, WHITE)
    assert light(canvas) == pytest.approx(math.pi * 16 / 4 + 16, rel=0.05)


def test_a_shape_with_a_bay_and_alpha():
    canvas = Canvas(10, 4)
    canvas.polygon([(0, 0), (10, 0), (10, 4), (8, 4), (8, 2), (2, 2), (2, 4), (0, 4)], WHITE, 0.5)
    assert pixel(canvas, 5, 1) == (128, 128, 128)
    assert pixel(canvas, 5, 3) == (0, 0, 0)
    assert pixel(canvas, 9, 3) == (128, 128, 128)


def test_a_trapezoid_and_an_ellipse():
    canvas = Canvas(20, 20)
    canvas.trapezoid((5, 15, 0), (0, 20, 10), WHITE)
    assert light(canvas) == pytest.approx(150, rel=0.01)
    assert len(ellipse((0, 0), 2, 1)) == len(set(ellipse((0, 0), 2, 1)))


def test_a_gradient_goes_through_its_stops():
    canvas = Canvas(2, 11)
    canvas.gradient(0, 11, ((0.0, (0, 0, 0)), (1.0, (110, 220, 55))))
    assert [pixel(canvas, 1, y) for y in (0, 5, 10)] == [(0, 0, 0), (50, 100, 25), (100, 200, 50)]
    assert mix((0, 0, 0), (10, 20, 30), 0.5) == (5, 10, 15)


def test_a_glow_is_brightest_in_its_middle():
    canvas = Canvas(21, 21)
    canvas.glow((10, 10), 8, (100, 50, 0), 1.0)
    assert pixel(canvas, 10, 10) == (100, 50, 0)
    reds = [pixel(canvas, x, 10)[0] for x in range(10, 21)]
    assert reds == sorted(reds, reverse=True)
    assert reds[-1] == 0


def test_crop_and_copy():
    canvas = Canvas(6, 6)
    canvas.polygon([(2, 2), (4, 2), (4, 4), (2, 4)], WHITE)
    part = canvas.copy().crop(Area(2, 2, 2, 2))
    assert bytes(part.pixels) == b"\xff" * 12
