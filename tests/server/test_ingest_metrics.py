from prometheus_client import CollectorRegistry, generate_latest

from actors.stream import Board
from actors.stream.health import State
from server.ingest_metrics import IngestCollector


def test_streams_on_air_are_counted_by_state() -> None:
    board = Board()
    registry = CollectorRegistry()
    registry.register(IngestCollector(board))

    def line(state: str) -> float | None:
        return registry.get_sample_value("bandstand_ingest_streams", {"state": state})

    assert (line("good"), line("warning"), line("bad"), line("offline")) == (0, 0, 0, None)
    board.note_state("str_1", State.GOOD)
    board.note_state("str_2", State.GOOD)
    board.note_state("str_3", State.BAD)
    board.note_state("str_2", State.BAD)
    assert (line("good"), line("warning"), line("bad")) == (1, 0, 2)
    board.note_state("str_2", None)
    board.close("str_3")
    assert (line("good"), line("bad")) == (1, 0)
    assert b'bandstand_ingest_streams{state="good"} 1.0' in generate_latest(registry)
