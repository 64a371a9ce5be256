"""How the process is: ``/healthz``, ``/readyz`` and ``/metrics``."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from importlib.metadata import version

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from quart import Blueprint, Response, request
from quart_schema import document_response, hide, tag_blueprint

from actors.kernel import MailboxStatistics, Supervisor
from actors.services.streams import count_on_air
from server.api.access import is_operator
from server.api.bodies import HealthView, MailboxesView
from server.api.errors import ApiError
from server.api.house import current_house
from server.api.wire import reply
from storage import StoreError

VERSION = version("bandstand")
DEGRADED_FULLNESS = 0.9
"""A mailbox that is this full is not keeping up."""

log = structlog.get_logger()
health = Blueprint("health", __name__)
tag_blueprint(health, ["operation"])


@health.get("/healthz")
@document_response(HealthView)
async def healthz() -> Response:
    """Tell how the process is; ``degraded`` still serves."""
    house = current_house()
    mailboxes = summary(house.supervisor.statistics())
    live = await _streams_live()
    degraded = live is None or mailboxes.fullest >= DEGRADED_FULLNESS
    view = HealthView(
        status="degraded" if degraded else "ok",
        version=VERSION,
        uptime_s=(house.clock.now_ms() - house.started_at_ms) / 1000,
        streams_live=live,
        mailboxes=mailboxes,
    )
    return reply(view)


@health.get("/readyz")
async def readyz() -> tuple[dict[str, str], int]:
    """Tell whether requests can be served: 503 where the store cannot be read."""
    if await _streams_live() is None:
        raise ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "The store is not there.")
    return {"status": "ready"}, HTTPStatus.OK


@health.get("/metrics")
@hide
async def metrics() -> Response:
    """Show the figures of the process to Prometheus."""
    if not is_operator(request.headers.get("Authorization")):
        raise ApiError(
            HTTPStatus.FORBIDDEN, "forbidden", "Metrics need BANDSTAND_METRICS_TOKEN as a bearer."
        )
    return Response(generate_latest(current_house().metrics), content_type=CONTENT_TYPE_LATEST)


def summary(mailboxes: list[MailboxStatistics]) -> MailboxesView:
    """Sum up the mailboxes of all actors."""
    return MailboxesView(
        actors=len(mailboxes),
        waiting=sum(each.depth for each in mailboxes),
        fullest=max((each.depth / each.capacity for each in mailboxes), default=0.0),
        blocked_senders=sum(each.blocked_senders for each in mailboxes),
        restarts=sum(each.restarts for each in mailboxes),
    )


async def _streams_live() -> int | None:
    """Count the streams on air; None where the store cannot be read."""
    try:
        return await count_on_air(current_house().store)
    except StoreError as error:
        log.warning("store_unreadable", reason=repr(error))
        return None


class ActorsCollector(Collector):
    """Reads the mailboxes when it is asked, summed up by kind: ids would be labels without end."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Give one family of gauges per figure."""
        kinds: dict[str, list[MailboxStatistics]] = {}
        for each in self._supervisor.statistics():
            kinds.setdefault(each.name.partition(":")[0], []).append(each)
        sums = {kind: summary(mailboxes) for kind, mailboxes in kinds.items()}
        for name, says in (
            ("actors", "Actors that run"),
            ("waiting", "Messages that wait in mailboxes"),
            ("fullest", "Share of its capacity that the fullest mailbox holds"),
            ("blocked_senders", "Senders held back by full mailboxes"),
            ("restarts", "Restarts after crashes of the actors that run"),
        ):
            values = ((kind, getattr(view, name)) for kind, view in sums.items())
            yield _gauge(f"bandstand_mailboxes_{name}", says, values)


def _gauge(name: str, says: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=["kind"])
    for kind, value in values:
        family.add_metric([kind], value)
    return family
