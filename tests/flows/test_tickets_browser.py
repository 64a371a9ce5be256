"""What tickets are for, in a real browser: sell, buy, watch, chat, refund, be put out."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import DESKTOP, PHONE, chromium, complaints_of
from support.encoders import ffmpeg_push, running
from support.live_server import LiveServer

PASSWORD = "correct horse"
PLAY_TIMEOUT_MS = 60_000
SETTLE_TIMEOUT_MS = 30_000
PUT_OUT_TIMEOUT_MS = 5_000
PUSH_S = 240
# A 403 without a ticket is an answer that the page asks for, and the browser logs it all the same.
EXPECTED_COMPLAINT = re.compile(r"status of 403")

PLAYING = """() => {
  const video = document.querySelector('video');
  return video.currentTime > 0.5 && !video.paused && !video.ended && video.readyState > 2;
}"""


def wait_playing(page: Page) -> None:
    page.wait_for_function(PLAYING, timeout=PLAY_TIMEOUT_MS)


def fill_account(place: Locator, name: str) -> None:
    place.get_by_role("button", name="Create account").first.click()
    place.get_by_label("Name").fill(name)
    place.get_by_label("Email").fill(f"{name.lower()}@example.com")
    place.get_by_label("Password").fill(PASSWORD)
    place.locator("[data-submit]").click()


def say(page: Page, text: str) -> None:
    page.get_by_placeholder("Say something").fill(text)
    page.get_by_placeholder("Say something").press("Enter")


def make_ticketed_stream(page: Page, url: str) -> str:
    """Sign up in the studio and make a stream for ticket holders; gives its id."""
    page.goto(f"{url}/studio")
    fill_account(page.locator("main"), "Ada")
    page.get_by_label("Title").fill("Ada at the piano")
    page.get_by_label(re.compile("Ticket holders")).check()
    page.get_by_role("button", name="Create the stream").click()
    page.wait_for_url(re.compile(r"/studio/str_"))
    return page.url.rsplit("/", 1)[-1]


def sell_ticket(page: Page, *, price: str, seats: str) -> None:
    """In the console of a stream: put a ticket on sale."""
    page.get_by_role("button", name="Sell a ticket").click()
    dialog = page.locator("#product-dialog")
    expect(dialog.get_by_label("Title")).to_have_value("Ada at the piano")
    dialog.get_by_label("Price").fill(price)
    dialog.get_by_label("Seats").fill(seats)
    dialog.get_by_role("button", name="Put on sale").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-product-pager]")).to_contain_text("On sale")


def pay(page: Page) -> None:
    """On the sandbox's page: pay, and be sent back to the orders."""
    page.wait_for_url(re.compile(r"/sandbox/"))
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url(re.compile(r"/orders\?order=ord_"))
    state = page.locator(".order.highlight [data-state]")
    expect(state).to_have_text("Paid", timeout=SETTLE_TIMEOUT_MS)


def refund(page: Page, reason: str) -> None:
    """On the page of one's orders: have the first one refunded, and wait for the bank."""
    order = page.locator(".order").first
    order.get_by_role("button", name="Ask for a refund").click()
    dialog = page.locator("#refund-dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=re.compile("^Refund")).click()
    expect(order.locator("[data-state]")).to_have_text(
        re.compile("Refund pending|Refunded"), timeout=SETTLE_TIMEOUT_MS
    )
    expect(order.locator("[data-state]")).to_have_text("Refunded", timeout=SETTLE_TIMEOUT_MS)


def owner_view(server: LiveServer, stream_id: str) -> dict[str, Any]:
    body = {"email": "ada@example.com", "password": PASSWORD}
    token = server.call("POST", "/api/v1/auth/login", body=body).json()["access_token"]
    view: dict[str, Any] = server.call("GET", f"/api/v1/streams/{stream_id}", token=token).json()
    return view


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_a_ticket_opens_the_show_and_its_refund_closes_it(server: LiveServer) -> None:
    """The whole story; the waiting page and the playing page are never loaded anew."""
    with chromium() as browser:
        seller = browser.new_context(viewport=DESKTOP).new_page()
        stream_id = make_ticketed_stream(seller, server.url)
        sell_ticket(seller, price="12.50", seats="3")
        made = owner_view(server, stream_id)
        assert made["access"] == "ticket"
        with running(ffmpeg_push(f"{made['rtmp_url']}/{made['stream_key']}", PUSH_S)):
            expect(seller.locator("[data-badge]")).to_have_text("Live", timeout=PLAY_TIMEOUT_MS)

            buyer = browser.new_context(viewport=PHONE)
            waiting = buyer.new_page()
            complaints = complaints_of(waiting)
            waiting.goto(f"{server.url}/s/{stream_id}")
            ticket = waiting.locator("[data-offers] .ticket")
            expect(ticket).to_contain_text("Ada at the piano")
            expect(ticket).to_contain_text("12.50")
            expect(ticket).to_contain_text("Only 3 left")
            expect(waiting.locator(".chat-status")).to_have_text("Chat opens with your ticket.")
            expect(waiting.get_by_placeholder("Say something")).to_be_hidden()
            waiting.evaluate("window.sameDocument = true")

            # Bought in another tab, for which one signs up on the way.
            shop = buyer.new_page()
            shop.goto(f"{server.url}/s/{stream_id}")
            shop.get_by_role("button", name="Buy ticket").click()
            fill_account(shop.locator("#account-dialog"), "Grace")
            pay(shop)
            expect(shop.locator(".order.highlight")).to_contain_text("Your ticket is good")

            # The tab that was waiting goes on by itself.
            wait_playing(waiting)
            say(waiting, "What a lovely piano")
            expect(waiting.locator("[data-log]")).to_contain_text("What a lovely piano")

            refund(shop, "The neighbours play louder")
            title = waiting.locator("[data-curtain-title]")
            expect(title).to_have_text("Your ticket was refunded", timeout=PUT_OUT_TIMEOUT_MS)
            assert waiting.evaluate("document.querySelector('video').paused")
            assert waiting.evaluate("document.querySelector('video').src") == ""
            expect(waiting.locator(".chat-status")).to_contain_text("no longer valid")
            expect(waiting.get_by_placeholder("Say something")).to_be_hidden()
            expect(ticket).to_contain_text("Only 3 left")

            # Bought again while this page waits, it goes on by itself.
            shop.get_by_role("link", name="To the show").first.click()
            shop.get_by_role("button", name="Buy ticket").click()
            pay(shop)
            wait_playing(waiting)
            say(waiting, "Back again")
            expect(waiting.locator("[data-log]")).to_contain_text("Back again")
            assert waiting.evaluate("window.sameDocument")
            shop.get_by_role("link", name="To the show").first.click()
            wait_playing(shop)

            # This time the seller gives the money back.
            seller.goto(f"{server.url}/sales")
            expect(seller.locator("[data-payable]")).to_contain_text("12.50")
            seller.get_by_role("tab", name="Orders").click()
            states = seller.locator("#panel-orders [data-state]")
            expect(states).to_have_text(["Paid", "Refunded"])
            seller.get_by_role("button", name="Refund").click()
            seller.locator("#refund-dialog").get_by_role("button", name="Refund €12.50").click()
            expect(states).to_have_text(["Refunded", "Refunded"], timeout=SETTLE_TIMEOUT_MS)
            for page in (waiting, shop):
                title = page.locator("[data-curtain-title]")
                expect(title).to_have_text("Your ticket was refunded", timeout=PUT_OUT_TIMEOUT_MS)
            assert [line for line in complaints if not EXPECTED_COMPLAINT.search(line)] == []

        seller.get_by_role("tab", name="Ledger").click()
        expect(seller.locator("#panel-ledger [data-kind]").last).to_have_text("Sale")


@pytest.mark.chromium
def test_a_double_click_buys_once_and_a_declined_payment_can_be_tried_again(
    server: LiveServer,
) -> None:
    with chromium() as browser:
        seller = browser.new_context(viewport=DESKTOP).new_page()
        stream_id = make_ticketed_stream(seller, server.url)
        sell_ticket(seller, price="5", seats="10")
        page = browser.new_context(viewport=PHONE).new_page()
        page.goto(f"{server.url}/s/{stream_id}")
        page.get_by_role("button", name="Sign in").click()
        fill_account(page.locator("#account-dialog"), "Grace")
        expect(page.locator("#account-dialog")).to_be_hidden()
        page.get_by_role("button", name="Buy ticket").dblclick()
        page.wait_for_url(re.compile(r"/sandbox/"))

        # Not paid: back at the show, the same order goes on.
        payment = page.url
        page.goto(f"{server.url}/s/{stream_id}")
        page.get_by_role("button", name="Buy ticket").click()
        page.wait_for_url(payment)
        page.get_by_role("button", name="Decline").click()
        page.wait_for_url(re.compile(r"/orders\?order=ord_"))
        order = page.locator(".order")
        expect(order).to_have_count(1)
        expect(order.locator("[data-state]")).to_have_text(
            "Payment failed", timeout=SETTLE_TIMEOUT_MS
        )
        order.get_by_role("link", name="Try again").click()
        pay(page)
        expect(page.locator(".order")).to_have_count(1)


@pytest.mark.chromium
def test_a_cancelled_show_refunds_everyone_and_the_page_follows(server: LiveServer) -> None:
    with chromium() as browser:
        seller = browser.new_context(viewport=DESKTOP).new_page()
        stream_id = make_ticketed_stream(seller, server.url)
        sell_ticket(seller, price="1.234,50", seats="10")
        pages = [browser.new_context(viewport=PHONE).new_page() for _ in range(2)]
        for page, name in zip(pages, ("Grace", "Joan"), strict=True):
            page.goto(f"{server.url}/s/{stream_id}")
            page.get_by_role("button", name="Buy ticket").click()
            fill_account(page.locator("#account-dialog"), name)
            pay(page)

        seller.goto(f"{server.url}/sales")
        seller.get_by_role("button", name="Cancel the show…").click()
        dialog = seller.locator("#cancel-dialog")
        refund_all = dialog.get_by_role("button", name="Refund everyone")
        expect(refund_all).to_be_disabled()
        dialog.get_by_role("textbox").fill("cancel")
        refund_all.click()
        expect(dialog).to_contain_text("2 refunds asked for", timeout=SETTLE_TIMEOUT_MS)
        expect(dialog).to_contain_text("All orders were gone through", timeout=SETTLE_TIMEOUT_MS)
        dialog.get_by_role("button", name="Close").click()
        expect(seller.locator("[data-products] [data-state]")).to_have_text("Cancelled")
        for page in pages:
            page.reload()
            expect(page.locator(".order [data-state]")).to_have_text(
                "Refunded", timeout=SETTLE_TIMEOUT_MS
            )
            page.get_by_role("link", name="To the show").click()
            expect(page.locator("[data-curtain-title]")).to_have_text("The show was cancelled")


@pytest.mark.chromium
def test_seats_and_a_deadline_are_set_and_taken_away_again(server: LiveServer) -> None:
    with chromium() as browser:
        seller = browser.new_context(viewport=DESKTOP).new_page()
        stream_id = make_ticketed_stream(seller, server.url)
        sell_ticket(seller, price="5", seats="")
        listener = browser.new_context(viewport=PHONE).new_page()
        listener.goto(f"{server.url}/s/{stream_id}")
        ticket = listener.locator("[data-offers] .ticket")
        row = seller.locator("[data-product-pager] .product")
        dialog = seller.locator("#product-dialog")
        expect(row).to_contain_text("0 sold")

        row.get_by_role("button", name="Edit").click()
        dialog.get_by_label("Seats").fill("7")
        dialog.get_by_label("Refundable until").fill("2099-05-31T20:00")
        dialog.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("0 of 7 seats taken")
        expect(ticket).to_contain_text("Only 7 left", timeout=SETTLE_TIMEOUT_MS)
        expect(ticket).to_contain_text(re.compile("Refundable until .*2099"))

        row.get_by_role("button", name="Edit").click()
        expect(dialog.get_by_label("Refundable until")).to_have_value("2099-05-31T20:00")
        dialog.get_by_label("Seats").fill("")
        dialog.get_by_label("Refundable until").fill("")
        dialog.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("0 sold")
        expect(ticket).not_to_contain_text("Refundable", timeout=SETTLE_TIMEOUT_MS)
        expect(ticket).not_to_contain_text("left")
