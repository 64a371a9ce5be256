"""The Quart app: REST, operation, documentation and pages."""

import time
from http import HTTPStatus
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from quart import Response, g, request
from quart_schema import HttpSecurityScheme, Info, QuartSchema, hide
from quart_trio import QuartTrio

from server.api.admin import admin
from server.api.auth import auth
from server.api.direct import direct
from server.api.docs import docs
from server.api.errors import register_errors, request_id
from server.api.forwards import forwards
from server.api.health import VERSION, ActorsCollector, health
from server.api.hooks import hooks
from server.api.house import EXTENSION, House
from server.api.moderation import moderation
from server.api.orders import orders
from server.api.products import products
from server.api.rooms import rooms
from server.api.sellers import sellers
from server.api.streams import streams
from server.api.webhooks import webhooks
from server.api.wire import BODY_TIMEOUT_S, MAX_BODY_BYTES, JsonRequest
from server.pages import pages_blueprint

# Pages and assets bring their own; whatever else is opened in a browser may load nothing.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

INFO = Info(
    title="Bandstand",
    version=VERSION,
    description="A self-hosted stage for live music and its audience.",
)

log = structlog.get_logger()


def create_app(house: House) -> QuartTrio:
    """Return the app of this house."""
    app = _build()
    app.extensions[EXTENSION] = house
    house.metrics.register(ActorsCollector(house.supervisor))
    ProcessCollector(registry=house.metrics)
    _measure_requests(app, house.metrics)
    return app


def describe_api() -> dict[str, Any]:
    """Return the OpenAPI document; for this no house is needed."""
    app = _build()  # held here: the provider knows it by a weak reference alone
    document: dict[str, Any] = app.extensions["QUART_SCHEMA"].openapi_provider.schema()
    return document


def _build() -> QuartTrio:
    # Static files are the pages' own: the app's rule for them would compete.
    app = QuartTrio("bandstand", static_folder=None)
    app.request_class = JsonRequest
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["BODY_TIMEOUT"] = BODY_TIMEOUT_S
    app.url_map.strict_slashes = False
    QuartSchema(
        app,
        info=INFO,
        swagger_ui_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        security_schemes={"bearer": HttpSecurityScheme(scheme="bearer", bearer_format="JWT")},
    )
    stage = (streams, hooks, forwards)
    shop = (products, orders, sellers, webhooks, admin)
    for blueprint in (auth, *stage, rooms, direct, moderation, *shop, health, docs):
        app.register_blueprint(blueprint)
    pages = pages_blueprint()
    app.register_blueprint(pages)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{pages.name}."):
            hide(view)
    register_errors(app)
    app.after_request(_finish)
    return app


async def _finish(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id()
    return response


def _measure_requests(app: QuartTrio, registry: CollectorRegistry) -> None:
    """Count and time requests by route, never by path: paths are without end."""
    labels = ["method", "route", "status"]
    counter = Counter("bandstand_http_requests", "Answered requests", labels, registry=registry)
    seconds = Histogram("bandstand_http_request_seconds", "Time to answer", registry=registry)

    async def begin() -> None:
        g.began_s = time.perf_counter()

    async def end(response: Response) -> Response:
        took_s = time.perf_counter() - g.began_s
        route = "none" if request.url_rule is None else request.url_rule.rule
        counter.labels(request.method, route, response.status_code).inc()
        seconds.observe(took_s)
        if response.status_code != HTTPStatus.OK or request.method != "GET":
            log.info(
                "request",
                method=request.method,
                route=route,
                status=response.status_code,
                took_ms=round(took_s * 1000, 1),
                request_id=request_id(),
            )
        return response

    app.before_request(begin)
    app.after_request(end)
