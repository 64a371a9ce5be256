"""The sound of the tune: FFmpeg computes each pitch once, and mixes them beat by beat."""

from collections.abc import Iterator
from functools import cache

import av
from av.filter import Graph
from av.filter.context import FilterContext

from server.demo.score import (
    BAR_SAMPLES,
    BEAT_SAMPLES,
    SAMPLE_RATE_HZ,
    Instrument,
    Note,
    notes_of_bar,
)

AAC_FRAME_SAMPLES = 1024
LAYOUT = "stereo"
SAMPLE_BYTES = 4

# A small room: three early reflections, and all so quiet that the loudest beat stays 3 dB under
# full scale.
ROOM = ("aecho", "0.84:0.9:47|83|131:0.22|0.16|0.10")

SECONDS = {
    Instrument.PIANO: 2.6,
    Instrument.PAD: 3.6,
    Instrument.BASS: 1.7,
    Instrument.BRUSH: 0.25,
}

# Expressions of FFmpeg's aevalsrc: t is the time in seconds, {hz} the pitch. Each starts and
# ends at zero, so that nothing clicks.
TIMBRES = {
    Instrument.PIANO: (
        "min(1,t/0.006)*min(1,(2.6-t)/0.2)*("
        "0.62*sin(2*PI*{hz}*t)*exp(-1.9*t)+0.26*sin(4*PI*{hz}*t+0.3)*exp(-2.9*t)"
        "+0.10*sin(6*PI*{hz}*t)*exp(-4.2*t)+0.05*sin(8.02*PI*{hz}*t)*exp(-7*t))"
    ),
    Instrument.PAD: (
        "min(1,t/0.7)*min(1,(3.6-t)/0.8)*("
        "0.5*sin(2*PI*{hz}*1.0015*t)+0.5*sin(2*PI*{hz}*0.9985*t)+0.12*sin(4*PI*{hz}*t))"
    ),
    Instrument.BASS: (
        "min(1,t/0.012)*min(1,(1.7-t)/0.15)*exp(-1.5*t)*("
        "0.8*sin(2*PI*{hz}*t)+0.22*sin(4*PI*{hz}*t)+0.06*sin(6*PI*{hz}*t))"
    ),
    Instrument.BRUSH: "min(1,t/0.01)*min(1,(0.25-t)/0.05)*exp(-16*t)*(random(0)*2-1)",
}


class Tune:
    """Gives the tune's sound in order, from its beginning and without end."""

    def __init__(self) -> None:
        self._beat = 0
        self._pts = 0
        self._graph = Graph()
        _chain(
            self._graph,
            _sound_input(self._graph, "fltp", LAYOUT),
            ROOM,
            ("asetnsamples", f"n={AAC_FRAME_SAMPLES}:p=0"),
        )
        self._graph.configure()

    def frames(self) -> Iterator[av.AudioFrame]:
        """Give frames of AAC_FRAME_SAMPLES, stereo floats, with their ``pts`` in samples."""
        while True:
            for frame in mix_beat(self._beat):
                self._graph.push(frame)
            self._beat += 1
            for frame in _pull(self._graph):
                frame.pts, self._pts = self._pts, self._pts + frame.samples
                yield frame


def mix_beat(number: int) -> list[av.AudioFrame]:
    """Mix one beat: what starts in it, and what still sounds of those before."""
    start = number * BEAT_SAMPLES
    bar = start // BAR_SAMPLES
    # No note sounds for longer than a bar after its own.
    notes = (*(notes_of_bar(bar - 1) if bar > 0 else ()), *notes_of_bar(bar))
    voices = [(note, piece) for note in notes if (piece := _piece(note, start))]
    graph = Graph()
    mixer = graph.add("amix", f"inputs={len(voices)}:normalize=0:duration=longest")
    inputs = []
    for place, (note, _) in enumerate(voices):
        inputs.append(_sound_input(graph, "flt", "mono"))
        delay = graph.add("adelay", f"{max(0, note.start - start)}S")
        pan = graph.add("pan", _pan(note))
        inputs[-1].link_to(delay)
        delay.link_to(pan)
        pan.link_to(mixer, 0, place)
    _chain(
        graph,
        mixer,
        ("apad", f"whole_len={BEAT_SAMPLES}"),
        ("aformat", f"sample_fmts=fltp:channel_layouts={LAYOUT}"),
    )
    graph.configure()
    for source, (_, piece) in zip(inputs, voices, strict=True):
        source.push(_frame(piece))
        source.push(None)
    return list(_pull(graph))


@cache
def sound(instrument: Instrument, pitch: int) -> bytes:
    """Compute one note at full gain: mono floats at SAMPLE_RATE_HZ."""
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    expression = TIMBRES[instrument].format(hz=f"{hz:.4f}")
    graph = Graph()
    source = graph.add(
        "aevalsrc", f"exprs='{expression}':s={SAMPLE_RATE_HZ}:d={SECONDS[instrument]}"
    )
    colour = ("highpass", "f=3500") if instrument is Instrument.BRUSH else ("anull", None)
    _chain(graph, source, colour, ("aformat", "sample_fmts=flt:channel_layouts=mono"))
    graph.configure()
    return b"".join(
        bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES] for frame in _pull(graph)
    )


def _piece(note: Note, start: int) -> bytes:
    """What a note sounds within the beat that begins at the sample ``start``."""
    samples = sound(note.instrument, note.pitch)
    first, end = max(0, start - note.start), max(0, start + BEAT_SAMPLES - note.start)
    return samples[first * SAMPLE_BYTES : end * SAMPLE_BYTES]


def _pan(note: Note) -> str:
    left = note.gain * min(1.0, 1 - note.pan)
    right = note.gain * min(1.0, 1 + note.pan)
    return f"{LAYOUT}|c0={left:.4f}*c0|c1={right:.4f}*c0"


def _frame(samples: bytes) -> av.AudioFrame:
    frame = av.AudioFrame(format="flt", layout="mono", samples=len(samples) // SAMPLE_BYTES)
    plane = frame.planes[0]
    plane.update(samples.ljust(plane.buffer_size, b"\0"))
    frame.sample_rate = SAMPLE_RATE_HZ
    return frame


def _sound_input(graph: Graph, sample_format: str, layout: str) -> FilterContext:
    return graph.add_abuffer(sample_rate=SAMPLE_RATE_HZ, format=sample_format, layout=layout)


def _chain(graph: Graph, first: FilterContext, *filters: tuple[str, str | None]) -> FilterContext:
    """Link filters one after another, and a sink at the end."""
    last = first
    for name, options in (*filters, ("abuffersink", None)):
        following = graph.add(name, options)
        last.link_to(following)
        last = following
    return last


def _pull(graph: Graph) -> Iterator[av.AudioFrame]:
    """Take what a graph has ready."""
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame
