"""How the shows that are on air arrive, for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from actors.stream import Board
from actors.stream.health import State

SHOWN = (State.GOOD, State.WARNING, State.BAD)


class IngestCollector(Collector):
    """Counts the streams on air by the state of their ingest when it is asked."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """Give one family of gauges."""
        says = "Streams on air, by the state of their ingest"
        family = GaugeMetricFamily("bandstand_ingest_streams", says, labels=["state"])
        counts = self._board.count_states()
        for state in SHOWN:
            family.add_metric([state.value], counts[state])
        yield family
