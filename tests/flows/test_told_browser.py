"""What the server tells a page by itself, in a real browser."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect
from support.browser import DESKTOP, PHONE, chromium, complaints_of
from support.live_server import LiveServer

TIMEOUT_MS = 15_000
ADA = {"email": "ada@example.com", "password": "correct horse"}


def signed_in(page: Page, url: str) -> Page:
    page.goto(url)
    page.locator("[data-sign-in]").click()
    form = page.locator("#account-dialog")
    form.locator("input[type=email]").fill(ADA["email"])
    form.locator("input[type=password]").fill(ADA["password"])
    form.locator("[data-submit]").click()
    expect(form).to_be_hidden()
    return page


@pytest.mark.chromium
def test_a_page_watches_its_stream_and_shows_what_it_is_told(server: LiveServer) -> None:
    ada = server.register("Ada")
    channel = server.make_stream(ada, "Before")
    said: list[dict[str, Any]] = []
    asked: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda data: said.append(json.loads(data)))

    with chromium() as browser:
        page = browser.new_page(viewport=DESKTOP)
        complaints = complaints_of(page)
        page.on("websocket", listen)
        page.on("request", lambda request: asked.append(request.url))
        with page.expect_websocket() as opened:
            page.goto(channel.page_url)
        with opened.value.expect_event(
            "framereceived", lambda data: '"viewers"' in str(data), timeout=TIMEOUT_MS
        ):
            pass  # the reply to watch: how the stream stands
        assert {"do": "watch", "stream": channel.id}.items() <= said[-1].items()
        expect(page.locator("h1")).to_have_text("Before")
        before = len([url for url in asked if url.endswith(f"/streams/{channel.id}")])
        path = f"/api/v1/streams/{channel.id}"
        with opened.value.expect_event(
            "framereceived", lambda data: '"updated"' in str(data), timeout=TIMEOUT_MS
        ):
            server.call("PATCH", path, token=ada.token, body={"title": "After"})
        expect(page.locator("h1")).to_have_text("After", timeout=TIMEOUT_MS)
        after = len([url for url in asked if url.endswith(f"/streams/{channel.id}")])
        assert after - before <= 2
        assert complaints == []


@pytest.mark.chromium
def test_signing_out_everywhere_ends_it_on_another_device(server: LiveServer) -> None:
    ada = server.register("Ada")
    channel = server.make_stream(ada)
    with chromium() as browser:
        desk, phone = (
            signed_in(browser.new_context(viewport=size).new_page(), channel.page_url)
            for size in (DESKTOP, PHONE)
        )
        sockets: list[WebSocket] = []
        desk.on("websocket", lambda socket: sockets.append(socket))
        phone.locator(".account-open").click()
        with desk.expect_websocket(timeout=TIMEOUT_MS):
            phone.locator("[data-sign-out-everywhere]").click()
        expect(phone.locator("[data-sign-in]")).to_be_visible()
        # Nobody did anything at the desk: its socket was closed, and its token is no good.
        expect(desk.locator("[data-sign-in]")).to_be_visible(timeout=TIMEOUT_MS)
        again = server.call("POST", "/api/v1/auth/login", body=ADA).json()["access_token"]
        server.call("PATCH", f"/api/v1/streams/{channel.id}", token=again, body={"title": "Encore"})
        expect(desk.locator("h1")).to_have_text("Encore", timeout=TIMEOUT_MS)
        assert len(sockets) <= 2, "it comes back as a guest, and stays"
