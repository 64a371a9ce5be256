"""What moves in the picture: lamps that light with the melody, players, fireflies, the lake."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import av
from av.video.plane import VideoPlane

from server.demo.canvas import Area, Canvas
from server.demo.scene import (
    HEIGHT,
    LAMPS_PER_STRING,
    PLAYERS_X,
    SHORE_Y,
    WIDTH,
    lamp_area,
    lamp_places,
    paint_lamp,
    paint_player,
    paint_scene,
    player_area,
)
from server.demo.score import BEAT_SAMPLES, SAMPLE_RATE_HZ, Note

FRAMES_PER_S = 25
FRAME_SAMPLES = SAMPLE_RATE_HZ // FRAMES_PER_S
LAMP_LEVELS = 10
PLAYER_LIFTS = 4
LAMP_FADE_S = 0.9
LOWEST_PITCH, HIGHEST_PITCH = 57, 81
FIREFLIES = 14
FIREFLY_PIXELS = 6
WATER_SHARE = 0.62
"""How much light the lake gives back."""
MIRROR_STRETCH = 2.2
"""How many rows above the shore one row of the lake shows: it is seen from a low angle."""

SUBSAMPLING = (1, 2, 2)
"""Of the planes Y, U and V: chroma has half the rows and half the columns (4:2:0)."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A painted rectangle, ready to be laid over the planes of a frame."""

    area: Area
    planes: tuple[bytes, ...]


class Picture:
    """Paints frame after frame as yuv420p; ``see`` tells it what is played."""

    def __init__(self) -> None:
        scene = paint_scene()
        self._still = _to_planes(scene)
        self._lamps = [
            [_lamp_patch(scene, number, level) for level in range(LAMP_LEVELS)]
            for number in range(2 * LAMPS_PER_STRING)
        ]
        self._players = [
            [_player_patch(scene, number, lift) for lift in range(PLAYER_LIFTS)]
            for number in range(len(PLAYERS_X))
        ]
        self._lit_at: list[list[int]] = [[] for _ in self._lamps]
        self._fireflies = [_Firefly(number) for number in range(FIREFLIES)]
        dark = bytes(
            round(16 + (value - 16) * WATER_SHARE) if value > 16 else value for value in range(256)
        )
        self._dimming = (dark, _bluer(3), _bluer(-3))

    def begin(self) -> None:
        """Start over at frame 0, with all lamps dark."""
        self._lit_at = [[] for _ in self._lamps]

    def see(self, notes: Sequence[Note]) -> None:
        """Take the notes of the next bar: low ones light the left lamps, high ones the right."""
        self._lit_at = [times[-1:] for times in self._lit_at]
        for note in notes:
            self._lit_at[_lamp_of(note.pitch)].append(note.start)

    def paint(self, number: int) -> av.VideoFrame:
        """Paint the frame of this number."""
        planes = [bytearray(plane) for plane in self._still]
        now = number * FRAME_SAMPLES
        for lamp, levels in enumerate(self._lamps):
            _lay(planes, levels[self._level(lamp, now)])
        for player, lifts in enumerate(self._players):
            _lay(planes, lifts[_lift(player, now)])
        for firefly in self._fireflies:
            firefly.shine(planes[0], number / FRAMES_PER_S)
        self._flood(planes, number / FRAMES_PER_S)
        return _to_frame(planes)

    def _level(self, lamp: int, now: int) -> int:
        past = [time for time in self._lit_at[lamp] if time <= now]
        if not past:
            return 0
        light = math.exp(-(now - past[-1]) / SAMPLE_RATE_HZ / LAMP_FADE_S)
        return min(LAMP_LEVELS - 1, int(light * LAMP_LEVELS))

    def _flood(self, planes: list[bytearray], time_s: float) -> None:
        """Mirror what is above the shore, dimmed, each row a little aside as waves have it."""
        for plane, step, dimming in zip(planes, SUBSAMPLING, self._dimming, strict=True):
            width, shore, bottom = WIDTH // step, SHORE_Y // step, HEIGHT // step
            for y in range(shore, bottom):
                depth = (y - shore) * step
                wave = math.sin(depth * 0.30 + time_s * 1.9) + 0.6 * math.sin(
                    depth * 0.13 - time_s * 1.3
                )
                aside = round((1.0 + depth * 0.045) * wave / step)
                above = shore - 1 - round((y - shore) * MIRROR_STRETCH)
                row = plane[max(0, above) * width : (max(0, above) + 1) * width].translate(dimming)
                start = y * width
                plane[start : start + width] = _shifted(row, aside)


class _Firefly:
    """A small light that wanders over the meadow and breathes."""

    def __init__(self, number: int) -> None:
        dice = random.Random(100 + number)  # noqa: S311 - the same wanderings every night
        self._x = dice.uniform(40, WIDTH - 40)
        self._y = dice.uniform(SHORE_Y - 90, SHORE_Y - 16)
        self._phase = dice.uniform(0, 2 * math.pi)
        self._speed = dice.uniform(0.5, 1.1)

    def shine(self, luma: bytearray, time_s: float) -> None:
        turn = time_s * self._speed + self._phase
        light = max(0.0, math.sin(turn * 1.7)) * 130
        left = round(self._x + 26 * math.sin(turn * 0.6)) - FIREFLY_PIXELS // 2
        top = round(self._y + 12 * math.sin(turn * 0.9 + 1)) - FIREFLY_PIXELS // 2
        middle = (FIREFLY_PIXELS - 1) / 2
        for y in range(FIREFLY_PIXELS):
            for x in range(FIREFLY_PIXELS):
                near = max(0.0, 1 - math.hypot(x - middle, y - middle) / (middle + 0.5))
                at = (top + y) * WIDTH + left + x
                luma[at] = min(235, luma[at] + int(light * near))


def _lamp_of(pitch: int) -> int:
    share = (pitch - LOWEST_PITCH) / (HIGHEST_PITCH - LOWEST_PITCH)
    return min(2 * LAMPS_PER_STRING - 1, max(0, int(share * 2 * LAMPS_PER_STRING)))


def _lift(player: int, now: int) -> int:
    """How high a player sways: with the beat, each a little after the one before."""
    turn = math.pi * (now / BEAT_SAMPLES - player * 0.35)
    return round((PLAYER_LIFTS - 1) * (0.5 + 0.5 * math.sin(turn)))


def _bluer(amount: int) -> bytes:
    """Shift a colour difference, within what video allows (16 to 240)."""
    return bytes(min(240, max(16, value + amount)) for value in range(256))


def _shifted(row: bytearray, aside: int) -> bytearray:
    """Move a row sideways; its end repeats."""
    if aside > 0:
        return row[:1] * aside + row[:-aside]
    if aside < 0:
        return row[-aside:] + row[-1:] * -aside
    return row


def _lamp_patch(scene: Canvas, number: int, level: int) -> Patch:
    place = lamp_places()[number]
    area = lamp_area(place)
    part = scene.crop(area)
    paint_lamp(part, (place[0] - area.x, place[1] - area.y), level / (LAMP_LEVELS - 1))
    return Patch(area, _to_planes(part))


def _player_patch(scene: Canvas, number: int, lift: int) -> Patch:
    area = player_area(number)
    whole = scene.copy()
    paint_player(whole, number, lift)
    return Patch(area, _to_planes(whole.crop(area)))


def _to_planes(canvas: Canvas) -> tuple[bytes, ...]:
    """Convert RGB to the planes of yuv420p, without padding."""
    frame = av.VideoFrame(canvas.width, canvas.height, "rgb24")
    plane, row_bytes = frame.planes[0], canvas.width * 3
    padding = bytes(plane.line_size - row_bytes)
    rows = range(0, len(canvas.pixels), row_bytes)
    plane.update(b"".join(canvas.pixels[at : at + row_bytes] + padding for at in rows))
    video = frame.reformat(format="yuv420p")
    return tuple(_unpadded(plane) for plane in video.planes)


def _unpadded(plane: VideoPlane) -> bytes:
    data = bytes(plane)
    rows = range(0, plane.height * plane.line_size, plane.line_size)
    return b"".join(data[at : at + plane.width] for at in rows)


def _to_frame(planes: Sequence[bytearray]) -> av.VideoFrame:
    """Make a frame; WIDTH is such that FFmpeg pads no row."""
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, data in zip(frame.planes, planes, strict=True):
        plane.update(bytes(data))
    return frame


def _lay(planes: list[bytearray], patch: Patch) -> None:
    """Copy a patch over a part of the planes."""
    area = patch.area
    for plane, part, step in zip(planes, patch.planes, SUBSAMPLING, strict=True):
        width, row = WIDTH // step, area.width // step
        at = area.y // step * width + area.x // step
        for start in range(0, len(part), row):
            plane[at : at + row] = part[start : start + row]
            at += width
