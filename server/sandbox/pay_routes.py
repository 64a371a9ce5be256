"""The page where a person pays, or does not. It needs no script, and moves no money."""

import base64
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from quart import Blueprint, Response, render_template, request

from server.sandbox.config import PREFIX
from server.sandbox.desk import answer, desk
from server.sandbox.errors import WireError
from server.sandbox.performing import Done

STYLE = (files("server.sandbox") / "templates" / "pay.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

NO_DECIMALS = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
"""ISO 4217."""

pay = Blueprint("pay", __name__, url_prefix=f"{PREFIX}/pay", template_folder="templates")


@pay.get("/<payment_id>")
async def show(payment_id: str) -> Response:
    """Show what is to be paid, with a button for each outcome."""
    return await _page((await desk().payments.get(payment_id)).view)


@pay.post("/<payment_id>")
async def decide(payment_id: str) -> Response:
    """Pay, or with ``action=decline`` do not; browsers go back to the shop."""
    declines = (await request.form).get("action") == "decline"
    here = desk()
    decision = here.payments.decline if declines else here.payments.pay
    done = await here.performer.perform("pay", lambda _: decision(payment_id))
    return _back_to_the_shop(done) if wants_page() else answer(done)


def wants_page() -> bool:
    """Whether a browser asks, and no program."""
    return "text/html" in request.headers.get("Accept", "")


def _back_to_the_shop(done: Done) -> Response:
    url = urlsplit(done.view["return_url"])
    said = urlencode({"payment_id": done.view["payment_id"], "status": done.view["status"]})
    query = f"{url.query}&{said}" if url.query else said
    response = Response(b"", status=HTTPStatus.SEE_OTHER)
    response.headers["Location"] = urlunsplit(url._replace(query=query))
    return response


async def _page(view: Mapping[str, Any]) -> Response:
    html = await render_template(
        "pay.html", style=STYLE, payment=view, price=price(view["amount"], view["currency"])
    )
    return _secure(Response(html, content_type="text/html; charset=utf-8"), view["return_url"])


async def fault_page(error: WireError) -> Response:
    """Say why there is nothing to pay here."""
    html = await render_template("fault.html", style=STYLE, message=error.message)
    response = Response(html, status=error.status, content_type="text/html; charset=utf-8")
    return _secure(response, "")


def _secure(response: Response, return_url: str) -> Response:
    # Browsers hold the way back to the shop, a redirect of the form, against form-action too.
    url = urlsplit(return_url)
    shop = f" {url.scheme}://{url.netloc}" if return_url else ""
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{_STYLE_HASH}'",
            f"form-action 'self'{shop}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    return response


def price(amount: int, currency: str) -> str:
    """Write an amount of minor units for people: ``1,250.00 EUR``."""
    decimals = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    whole, part = divmod(amount, 10**decimals)
    return f"{whole:,}.{part:0{decimals}} {currency}" if decimals else f"{whole:,} {currency}"
