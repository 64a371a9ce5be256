"""Painting on RGB pixels, once, before the show: filled shapes with soft edges, and glows."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

Rgb = tuple[float, float, float]
"""Red, green and blue, 0 to 255."""
Point = tuple[float, float]
Span = tuple[float, float]
"""From x to x, within one row."""

Edge = tuple[float, float, float]
"""From x to x, at y."""

SUBLINES = 4
"""Scan lines per row of pixels: what softens the edges of a shape downwards."""
CIRCLE_CORNERS = 40


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Go from one colour to another: ``share`` 0 is the first, 1 the second."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of pixels."""

    x: int
    y: int
    width: int
    height: int


class Canvas:
    """A picture of ``width`` x ``height`` pixels, three bytes each, row by row from the top."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.pixels = bytearray(width * height * 3)

    def copy(self) -> "Canvas":
        """Make another one of the same looks."""
        other = Canvas(self.width, self.height)
        other.pixels[:] = self.pixels
        return other

    def crop(self, area: Area) -> "Canvas":
        """Cut a rectangle out."""
        part = Canvas(area.width, area.height)
        for row in range(area.height):
            start = ((area.y + row) * self.width + area.x) * 3
            end = start + area.width * 3
            part.pixels[row * area.width * 3 : (row + 1) * area.width * 3] = self.pixels[start:end]
        return part

    def gradient(self, top: int, bottom: int, stops: Sequence[tuple[float, Rgb]]) -> None:
        """Fill rows from top to bottom; ``stops`` are (share of the way down, colour)."""
        for y in range(top, bottom):
            share = (y - top) / (bottom - top)
            at = max(index for index, (place, _) in enumerate(stops) if place <= share)
            (start, first), (end, second) = stops[at], stops[min(at + 1, len(stops) - 1)]
            colour = mix(first, second, (share - start) / (end - start) if end > start else 0.0)
            row = bytes(round(part) for part in colour) * self.width
            self.pixels[y * self.width * 3 : (y + 1) * self.width * 3] = row

    def polygon(self, points: Sequence[Point], colour: Rgb, alpha: float = 1.0) -> None:
        """Fill the inside of a closed line (even-odd rule)."""
        top = max(0, math.floor(min(y for _, y in points)))
        bottom = min(self.height, math.ceil(max(y for _, y in points)))
        for y in range(top, bottom):
            spans = [
                span
                for subline in range(SUBLINES)
                for span in _spans(points, y + (subline + 0.5) / SUBLINES, self.width)
            ]
            if spans:
                self._fill_row(y, spans, colour, alpha)

    def trapezoid(self, top: Edge, bottom: Edge, colour: Rgb, alpha: float = 1.0) -> None:
        """Fill what lies between two level edges."""
        corners = [
            (top[0], top[2]),
            (top[1], top[2]),
            (bottom[1], bottom[2]),
            (bottom[0], bottom[2]),
        ]
        self.polygon(corners, colour, alpha)

    def circle(self, centre: Point, radius: float, colour: Rgb, alpha: float = 1.0) -> None:
        """Fill a circle."""
        self.polygon(ellipse(centre, radius, radius), colour, alpha)

    def line(self, start: Point, end: Point, width: float, colour: Rgb) -> None:
        """Draw a straight stroke of some width."""
        length = math.dist(start, end)
        across_x = (end[1] - start[1]) / length * width / 2
        across_y = (start[0] - end[0]) / length * width / 2
        self.polygon(
            [
                (start[0] + across_x, start[1] + across_y),
                (end[0] + across_x, end[1] + across_y),
                (end[0] - across_x, end[1] - across_y),
                (start[0] - across_x, start[1] - across_y),
            ],
            colour,
        )

    def glow(self, centre: Point, radius: float, colour: Rgb, strength: float) -> None:
        """Add light that fades away from a point."""
        for y in range(max(0, int(centre[1] - radius)), min(self.height, int(centre[1] + radius))):
            for x in range(
                max(0, int(centre[0] - radius)), min(self.width, int(centre[0] + radius))
            ):
                distance = math.hypot(x - centre[0], y - centre[1]) / radius
                if distance < 1.0:
                    light = strength * (1.0 - distance) ** 2
                    at = (y * self.width + x) * 3
                    for part in range(3):
                        lit = self.pixels[at + part] + colour[part] * light
                        self.pixels[at + part] = min(255, int(lit))

    def _fill_row(self, y: int, spans: list[Span], colour: Rgb, alpha: float) -> None:
        """Paint one row: pixel by pixel where sublines differ, at once where all agree."""
        left = int(min(start for start, _ in spans))
        right = math.ceil(max(end for _, end in spans))
        inner_left = inner_right = right
        if len(spans) == SUBLINES:
            inner_left = min(right, math.ceil(max(start for start, _ in spans)))
            inner_right = max(inner_left, int(min(end for _, end in spans)))
            self._fill_run(y, inner_left, inner_right, colour, alpha)
        for x in (*range(left, inner_left), *range(inner_right, right)):
            cover = sum(max(0.0, min(end, x + 1) - max(start, x)) for start, end in spans)
            self._blend(x, y, colour, alpha * cover / SUBLINES)

    def _fill_run(self, y: int, left: int, right: int, colour: Rgb, alpha: float) -> None:
        start, end = (y * self.width + left) * 3, (y * self.width + right) * 3
        for part in range(3):
            below = self.pixels[start + part : end : 3]
            self.pixels[start + part : end : 3] = below.translate(_blending(colour[part], alpha))

    def _blend(self, x: int, y: int, colour: Rgb, opacity: float) -> None:
        at = (y * self.width + x) * 3
        for part in range(3):
            below = self.pixels[at + part]
            self.pixels[at + part] = round(below + (colour[part] - below) * opacity)


def ellipse(centre: Point, radius_x: float, radius_y: float) -> list[Point]:
    """Give the corners of an ellipse."""
    turns = (2 * math.pi * corner / CIRCLE_CORNERS for corner in range(CIRCLE_CORNERS))
    return [
        (centre[0] + radius_x * math.cos(turn), centre[1] + radius_y * math.sin(turn))
        for turn in turns
    ]


@cache
def _blending(part: float, alpha: float) -> bytes:
    """What each value below becomes under a part of a colour."""
    return bytes(round(below + (part - below) * alpha) for below in range(256))


def _spans(points: Sequence[Point], y: float, width: int) -> Iterator[Span]:
    """Where a horizontal line is inside, from edge to edge."""
    crossings = []
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        if (y0 <= y) != (y1 <= y):
            crossings.append(x0 + (x1 - x0) * (y - y0) / (y1 - y0))
    crossings.sort()
    for start, end in zip(crossings[::2], crossings[1::2], strict=True):
        if end > 0 and start < width:
            yield max(0.0, start), min(float(width), end)
