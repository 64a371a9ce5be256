"""The demo's picture, as far as it stands still: a bandstand by a lake at dusk."""

import math
import random
from collections.abc import Iterator
from itertools import pairwise

from server.demo.canvas import Area, Canvas, Point, Rgb, ellipse

WIDTH, HEIGHT = 1280, 720
SHORE_Y = 548
"""Below it is the lake, which mirrors what is above."""
CENTRE_X = 640
EAVES_Y, FLOOR_Y = 306, 492
HALF_ROOF, HALF_FLOOR = 236, 206

NIGHT: Rgb = (17, 14, 34)
WOOD: Rgb = (38, 24, 40)
WIRE: Rgb = (30, 24, 48)
WARM: Rgb = (255, 176, 92)
LAMP: Rgb = (255, 190, 84)
MOON: Rgb = (255, 244, 220)

SKY = (
    (0.0, (12, 16, 44)),
    (0.35, (38, 36, 88)),
    (0.65, (104, 62, 118)),
    (0.85, (206, 104, 108)),
    (1.0, (250, 178, 120)),
)

LAMPS_PER_STRING = 8
LAMP_AREA_PIXELS = 40
STRING_SAG = 46
POLES_X = (84, WIDTH - 84)
POLE_TOP_Y = 318

PLAYERS_X = (CENTRE_X - 126, CENTRE_X - 40, CENTRE_X + 42, CENTRE_X + 128)
PLAYER_AREA = (76, 132)
"""Width and height in pixels, even numbers."""
PLAYER_BACK: Rgb = (196, 122, 70)


def paint_scene() -> Canvas:
    """Paint all that stands still, with the lamps dark and the players away."""
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.gradient(0, SHORE_Y, SKY)
    canvas.gradient(SHORE_Y, HEIGHT, ((0.0, NIGHT), (1.0, NIGHT)))
    _paint_sky(canvas)
    _paint_land(canvas)
    _paint_bandstand(canvas)
    _paint_strings(canvas)
    return canvas


def lamp_places() -> list[Point]:
    """Where the lamps hang, from left to right."""
    return [
        *_string_places(POLES_X[0], CENTRE_X - HALF_ROOF),
        *_string_places(CENTRE_X + HALF_ROOF, POLES_X[1]),
    ]


def lamp_area(place: Point) -> Area:
    """The part of the picture that a lamp lights; its corners lie on even pixels."""
    half = LAMP_AREA_PIXELS // 2
    x, y = (int(part - half) // 2 * 2 for part in place)
    return Area(x, y, LAMP_AREA_PIXELS, LAMP_AREA_PIXELS)


def paint_lamp(canvas: Canvas, place: Point, light: float) -> None:
    """Light a lamp, from 0 (it just glows) to 1."""
    canvas.glow(place, LAMP_AREA_PIXELS / 2, LAMP, 0.18 + 0.82 * light)
    colour = (255, 196 + 50 * light, 120 + 100 * light)
    canvas.polygon(ellipse((place[0], place[1] + 1), 4.5, 5.5), colour, 0.55 + 0.45 * light)


def player_area(number: int) -> Area:
    """The part of the picture in which a player moves."""
    width, height = PLAYER_AREA
    return Area((PLAYERS_X[number] - width // 2) // 2 * 2, FLOOR_Y - height, width, height)


def paint_player(canvas: Canvas, number: int, lift: float) -> None:
    """Paint one of the four players, ``lift`` pixels higher than at rest."""
    x, y = PLAYERS_X[number], FLOOR_Y
    head = (x + lift * 0.6, y - 108 - lift)
    body = [
        (x - 15, y),
        (x - 19 + lift * 0.4, y - 84 - lift),
        (x - 8 + lift * 0.6, y - 94 - lift),
        (x + 8 + lift * 0.6, y - 94 - lift),
        (x + 19 + lift * 0.4, y - 84 - lift),
        (x + 15, y),
    ]
    canvas.polygon(body, WOOD)
    canvas.circle(head, 11, WOOD)
    _paint_instrument(canvas, number, x, y - lift)
    # The railing runs in front of everybody.
    _paint_railing(canvas, x - PLAYER_AREA[0] / 2, x + PLAYER_AREA[0] / 2)


def _paint_instrument(canvas: Canvas, number: int, x: float, y: float) -> None:
    if number == 0:  # a violin under the chin, and its bow
        canvas.polygon(ellipse((x + 14, y - 88), 13, 6), WOOD)
        canvas.line((x + 22, y - 90), (x + 36, y - 96), 3, WOOD)
        canvas.line((x + 2, y - 74), (x + 30, y - 104), 2, WOOD)
    elif number == 1:  # a guitar
        canvas.polygon(ellipse((x - 4, y - 56), 19, 15), WOOD)
        canvas.line((x + 8, y - 62), (x + 36, y - 84), 5, WOOD)
    elif number == 2:  # a double bass, taller than who plays it
        canvas.polygon(ellipse((x + 16, y - 34), 19, 30), WOOD)
        canvas.polygon(ellipse((x + 16, y - 62), 14, 20), WOOD)
        canvas.line((x + 16, y - 60), (x + 16, y - 128), 5, WOOD)
    else:  # an accordion
        canvas.polygon(
            [(x - 30, y - 84), (x + 30, y - 80), (x + 27, y - 44), (x - 27, y - 48)], WOOD
        )


def _paint_sky(canvas: Canvas) -> None:
    dice = random.Random(7)  # noqa: S311 - the same stars every night
    for _ in range(150):
        place = (dice.uniform(0, WIDTH), dice.uniform(0, 300) * dice.random() ** 0.5)
        canvas.circle(place, dice.uniform(0.5, 1.4), MOON, dice.uniform(0.2, 0.9))
    canvas.glow((1016, 128), 170, MOON, 0.42)
    canvas.circle((1016, 128), 38, MOON)
    for place, radius in (((1004, 118), 8), ((1026, 140), 10), ((1028, 112), 5)):
        canvas.circle(place, radius, (232, 216, 190), 0.6)
    for y, tint in ((372, 0.10), (404, 0.13), (440, 0.12)):
        canvas.polygon(list(_cloud(dice, y)), (255, 214, 190), tint)


def _cloud(dice: random.Random, y: float) -> Iterator[Point]:
    phase = dice.uniform(0, 6)
    for x in range(0, WIDTH + 1, 20):
        yield x, y - 9 * abs(math.sin(x / 210 + phase)) - 4 * abs(math.sin(x / 83 + phase))
    for x in range(WIDTH, -1, -20):
        yield x, y + 5 * abs(math.sin(x / 150 + phase))


def _paint_land(canvas: Canvas) -> None:
    for base, height, length, colour in (
        (452, 62, 232, (96, 60, 104)),
        (484, 44, 150, (62, 42, 82)),
    ):
        ridge = [
            (x, base - height * (0.5 + 0.3 * math.sin(x / length) + 0.2 * math.sin(x / 61 + base)))
            for x in range(0, WIDTH + 1, 8)
        ]
        canvas.polygon([(0, SHORE_Y), *ridge, (WIDTH, SHORE_Y)], colour)
    dice = random.Random(11)  # noqa: S311 - the same trees every night
    for x in (*range(-10, 330, 26), *range(960, WIDTH + 30, 26)):
        for _ in range(4):
            place = (x + dice.uniform(-16, 16), 500 - dice.uniform(0, 44))
            canvas.circle(place, dice.uniform(14, 26), (36, 28, 58))
    canvas.polygon(
        [(0, 514), (340, 504), (940, 504), (WIDTH, 514), (WIDTH, SHORE_Y), (0, SHORE_Y)], NIGHT
    )


def _paint_bandstand(canvas: Canvas) -> None:
    x = CENTRE_X
    inside = (x - HALF_FLOOR, x + HALF_FLOOR)
    canvas.trapezoid((*inside, EAVES_Y), (*inside, FLOOR_Y), PLAYER_BACK, 0.75)
    canvas.glow((x, EAVES_Y + 66), 250, WARM, 0.62)
    _paint_roof(canvas, x)
    for column in (-1.0, -0.62, -0.22, 0.22, 0.62, 1.0):
        at = x + column * HALF_FLOOR
        canvas.trapezoid((at - 5, at + 5, EAVES_Y), (at - 6, at + 6, FLOOR_Y), WOOD)
        canvas.line((at - 22, EAVES_Y + 8), (at, EAVES_Y + 32), 3, WOOD)
        canvas.line((at + 22, EAVES_Y + 8), (at, EAVES_Y + 32), 3, WOOD)
    _paint_railing(canvas, *inside)
    left, right = x - HALF_FLOOR - 12, x + HALF_FLOOR + 12
    canvas.trapezoid((left, right, FLOOR_Y), (left + 6, right - 6, 526), (30, 20, 36))
    canvas.line((left, FLOOR_Y), (right, FLOOR_Y), 3, (120, 74, 62))
    for step in range(3):
        y = FLOOR_Y + 10 + 12 * step
        canvas.line((x - 46 - 10 * step, y), (x + 46 + 10 * step, y), 3, (92, 58, 58))


def _paint_roof(canvas: Canvas, x: float) -> None:
    canvas.polygon([(x - HALF_ROOF, EAVES_Y), *_dome(), (x + HALF_ROOF, EAVES_Y)], WOOD)
    for turn in (-0.72, -0.36, 0.0, 0.36, 0.72):  # the ribs catch the last light
        canvas.line((x + turn * 66, 196), (x + turn * HALF_ROOF, EAVES_Y - 2), 2, (74, 44, 62))
    for scallop in range(16):
        at = x - HALF_ROOF + (scallop + 0.5) * HALF_ROOF / 8
        canvas.polygon(ellipse((at, EAVES_Y + 1), HALF_ROOF / 16, 11), WOOD)
    canvas.trapezoid((x - 34, x + 34, 172), (x - 40, x + 40, 200), WOOD)
    canvas.trapezoid((x - 22, x + 22, 178), (x - 24, x + 24, 194), WARM, 0.8)
    canvas.polygon([(x - 42, 172), (x, 136), (x + 42, 172)], WOOD)
    canvas.line((x, 140), (x, 112), 3, WOOD)
    canvas.circle((x, 112), 4, LAMP)


def _dome() -> Iterator[Point]:
    """The roof's line from left to right: hollow at the eaves, round above."""
    for step in range(-20, 21):
        share = step / 20
        x = CENTRE_X + share * HALF_ROOF
        yield x, EAVES_Y - 12 - 104 * (1 - abs(share) ** 1.25) ** 0.9


def _paint_railing(canvas: Canvas, left: float, right: float) -> None:
    for y in (FLOOR_Y - 40, FLOOR_Y - 8):
        canvas.line((left, y), (right, y), 3, WOOD)
    first = math.ceil(left / 14) * 14
    for x in range(first, int(right) + 1, 14):
        canvas.line((x, FLOOR_Y - 40), (x, FLOOR_Y), 2, WOOD)


def _paint_strings(canvas: Canvas) -> None:
    for x in POLES_X:
        canvas.line((x, POLE_TOP_Y - 8), (x, 520), 6, WIRE)
        canvas.circle((x, POLE_TOP_Y - 10), 5, WIRE)
    for left, right in ((POLES_X[0], CENTRE_X - HALF_ROOF), (CENTRE_X + HALF_ROOF, POLES_X[1])):
        wire = [_on_string(left, right, step / 24) for step in range(25)]
        for start, end in pairwise(wire):
            canvas.line(start, end, 1.6, WIRE)


def _string_places(left: float, right: float) -> list[Point]:
    shares = ((lamp + 0.5) / LAMPS_PER_STRING for lamp in range(LAMPS_PER_STRING))
    places = (_on_string(left, right, share) for share in shares)
    return [(x, y + 7) for x, y in places]


def _on_string(left: float, right: float, share: float) -> Point:
    level = POLE_TOP_Y + (EAVES_Y - POLE_TOP_Y) * (share if left < CENTRE_X else 1 - share)
    return left + (right - left) * share, level + STRING_SAG * 4 * share * (1 - share)
