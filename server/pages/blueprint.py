"""The routes of the pages. They hold no data: the scripts of a page fetch it from the REST API."""

import re
from http import HTTPStatus

from quart import Blueprint, Response, abort, render_template, request
from werkzeug.exceptions import NotFound

from server.pages.assets import assets
from server.pages.headers import secure

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"

# The form of a stream's id: whatever else is asked for cannot be one, and is a 404 at once.
STREAM_ID = re.compile(r"str_[0-7][0-9A-HJKMNP-TV-Z]{25}")

HLS_MODULE = "vendor/hls.min.mjs"


def pages_blueprint() -> Blueprint:
    """Return the blueprint of all pages and of their static files under ``/static``.

    The application must be made with ``static_folder=None``, or its own ``/static`` would compete.
    A URL that no route of the application knows is the application's to answer: see
    :func:`error_page`.
    """
    assets()  # read the files now, and not within the first request
    pages = Blueprint("pages", __name__, template_folder="templates")
    pages.add_url_rule("/", view_func=home)
    pages.add_url_rule("/s/<stream_id>", view_func=show)
    pages.add_url_rule("/studio", view_func=studio)
    pages.add_url_rule("/studio/<stream_id>", view_func=console)
    pages.add_url_rule("/orders", view_func=orders)
    pages.add_url_rule("/sales", view_func=sales)
    pages.add_url_rule("/static/<version>/<path:name>", view_func=static_file)
    pages.register_error_handler(NotFound, not_found)
    return pages


async def home() -> Response:
    """Who is live."""
    return await page("home.html")


async def show(stream_id: str) -> Response:
    """One stream: its player and its chat."""
    return await stream_page("show.html", stream_id)


async def studio() -> Response:
    """Signing in, and the streams of one's own."""
    return await page("studio.html")


async def console(stream_id: str) -> Response:
    """The broadcaster's view of one stream."""
    return await stream_page("console.html", stream_id)


async def orders() -> Response:
    """What one has bought, and refunds."""
    return await page("orders.html")


async def sales() -> Response:
    """The seller's side: tickets, orders, balance, ledger, transfers."""
    return await page("sales.html")


async def stream_page(template: str, stream_id: str) -> Response:
    """Render a page about one stream; 404 for what cannot be a stream's id."""
    if STREAM_ID.fullmatch(stream_id) is None:
        abort(HTTPStatus.NOT_FOUND)
    return await page(template, stream_id=stream_id)


async def page(template: str, status: int = HTTPStatus.OK, **context: object) -> Response:
    """Render a template of ours, with ``asset(name)`` for the URLs of static files."""
    hls_url = assets().url(HLS_MODULE) if HLS_MODULE in assets().files else None
    html = await render_template(template, asset=assets().url, hls_url=hls_url, **context)
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = REVALIDATE
    return secure(response)


async def error_page(status: int, title: str, message: str) -> Response:
    """Render the error page: what happened (a few words), and what one can do (a sentence)."""
    return await page("error.html", status, code=int(status), title=title, message=message)


async def not_found(_error: Exception) -> Response:
    """Answer a 404 of a page with the error page."""
    return await error_page(
        HTTPStatus.NOT_FOUND,
        "Nobody is playing here",
        "This page does not exist. The link may be old, or a letter of it got lost.",
    )


async def static_file(version: str, name: str) -> Response:
    """Send a static file. Only under the current version may a browser keep it unasked."""
    asset = assets().files.get(name)
    if asset is None:
        abort(HTTPStatus.NOT_FOUND)
    etag = asset.etag
    response = Response(asset.body, content_type=asset.content_type)
    if asset.gzipped is not None:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings["gzip"] > 0:
            response.set_data(asset.gzipped)
            response.headers["Content-Encoding"] = "gzip"
            etag += "-gzip"
    response.set_etag(etag)
    response.headers["Cache-Control"] = IMMUTABLE if version == assets().version else REVALIDATE
    return secure(await response.make_conditional(request))
