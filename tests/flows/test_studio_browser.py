"""How the show arrives, as the studio tells its broadcaster: real encoders, a real browser."""

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from support.browser import DESKTOP, PHONE, chromium, complaints_of
from support.encoders import ffmpeg_push, running
from support.live_server import Channel, LiveServer, live_server

STATE_TIMEOUT_MS = 30_000
PUSHES_MS = 2_500
"""Two seconds' pushes come within it."""

# Counts the changes of what the panel shows.
COUNT_CHANGES = """() => {
  window.changes = 0;
  new MutationObserver((all) => { window.changes += all.length; }).observe(
    document.querySelector('[data-health]'),
    {subtree: true, childList: true, characterData: true, attributes: true});
}"""
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@dataclass
class Studio:
    """A stream, and its owner at its page."""

    server: LiveServer
    browser: Browser
    email: str
    channel: Channel

    def open(self, size: ViewportSize = DESKTOP) -> Page:
        page = self.browser.new_context(viewport=size).new_page()
        page.goto(f"{self.server.url}/studio/{self.channel.id}")
        gate = page.locator("main [data-gate-form]")
        gate.get_by_label("Email").fill(self.email)
        gate.get_by_label("Password").fill("correct horse")
        gate.locator("[data-submit]").click()
        return page


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, Browser]]:
    """A server and a browser for all tests, as starting them takes longer than most."""
    with live_server(tmp_path_factory.mktemp("studio") / "data") as server, chromium() as browser:
        yield server, browser


@pytest.fixture
def studio(house: tuple[LiveServer, Browser], request: pytest.FixtureRequest) -> Iterator[Studio]:
    server, browser = house
    name = request.node.name
    channel = server.make_stream(server.register(name))
    yield Studio(server, browser, f"{name}@example.com", channel)
    for context in browser.contexts:
        context.close()


def panel_of(page: Page) -> Locator:
    return page.get_by_role("region", name="How the show arrives")


def expect_state(panel: Locator, word: str) -> None:
    expect(panel.locator("[data-word]")).to_have_text(word, timeout=STATE_TIMEOUT_MS)
    expect(panel).to_have_attribute("data-state", word.lower())


def figure(panel: Locator, label: str) -> Locator:
    return panel.locator("dl > div").filter(has=panel.page.get_by_text(label, exact=True))


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_a_show_that_arrives_well(studio: Studio) -> None:
    page = studio.open()
    complaints, panel = complaints_of(page), panel_of(page)
    expect_state(panel, "Offline")
    expect(panel).to_contain_text("Start your encoder")
    expect(panel.get_by_role("img")).to_have_count(0)
    with running(ffmpeg_push(studio.channel.push_url, 90)):
        expect_state(panel, "Good")
        expect(page.locator("[data-badge]")).to_have_text("Live")
        # Told, and not asked for: nothing of it is fetched while the pushes come.
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        expect(figure(panel, "Keyframes")).to_contain_text("every 2", timeout=STATE_TIMEOUT_MS)
        assert [url for url in asked if url.endswith("/health")] == []
        expect(figure(panel, "Picture")).to_contain_text(re.compile(r"H\.264, 640.*360"))
        expect(figure(panel, "Sound")).to_contain_text(re.compile(r"AAC, 48.kHz"))
        expect(figure(panel, "Encoder")).to_contain_text("Lavf")
        expect(figure(panel, "Reconnects")).to_contain_text("0")
        bitrate = panel.get_by_role("img", name=re.compile("Bitrate of the last 5 minutes"))
        expect(bitrate).to_have_attribute("aria-label", re.compile("bit/s now, between"))
        fps = panel.get_by_role("img", name=re.compile("Frame rate"))
        expect(fps).to_have_attribute("aria-label", re.compile("25.fps now"))
        panel.get_by_text("The last 5 minutes as a table").click()
        expect(panel.get_by_role("row").nth(1)).to_contain_text(re.compile("bit/s.*25.fps"))
        expect(panel.get_by_role("status")).to_contain_text("Good")
        looks_once_a_second_and_not_while_hidden(page)
    assert complaints == []


def looks_once_a_second_and_not_while_hidden(page: Page) -> None:
    page.evaluate(HIDE, True)
    page.evaluate(COUNT_CHANGES)
    page.wait_for_timeout(PUSHES_MS)  # nothing may happen meanwhile
    assert page.evaluate("window.changes") == 0
    page.evaluate(HIDE, False)
    assert page.evaluate("window.changes") > 0


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_rare_keyframes_are_a_warning_that_says_what_to_do(studio: Studio) -> None:
    page = studio.open(PHONE)
    panel = panel_of(page)
    with running(ffmpeg_push(studio.channel.push_url, 90, gop_frames=250)):
        expect_state(panel, "Warning")
        verdict = panel.get_by_role("listitem").filter(has_text="Keyframe interval")
        expect(verdict).to_contain_text("set it to 2 s", timeout=STATE_TIMEOUT_MS)
        expect(verdict).to_have_attribute("data-level", "warning")
        expect(panel.get_by_role("status")).to_contain_text("set it to 2 s")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_a_show_that_stops_is_bad_and_then_offline(studio: Studio) -> None:
    page = studio.open()
    panel = panel_of(page)
    with running(ffmpeg_push(studio.channel.push_url, 90)) as encoder:
        expect_state(panel, "Good")
        encoder.send_signal(signal.SIGSTOP)
        expect_state(panel, "Bad")
        expect(panel.get_by_role("listitem").first).to_contain_text("Nothing has arrived for")
        encoder.send_signal(signal.SIGCONT)
        encoder.kill()
        expect(page.locator("[data-badge]")).to_have_text("Interrupted", timeout=STATE_TIMEOUT_MS)
        expect_state(panel, "Bad")
    page.get_by_role("button", name="Stop the show").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the show").click()
    expect_state(panel, "Offline")
    expect(page.locator("[data-badge]")).to_have_text("Ended")
    expect(panel.locator("dl")).to_be_hidden()

    # Without a server it says that what it shows is old, until there is one again.
    studio.server.kill()
    expect(panel.get_by_role("alert")).to_contain_text(
        "The server cannot be reached at the moment. This is how it was at",
        timeout=STATE_TIMEOUT_MS,
    )
    studio.server.start()
    expect(panel.get_by_role("alert")).to_be_hidden(timeout=STATE_TIMEOUT_MS)
    expect_state(panel, "Offline")
