"""What a newcomer does, in a real browser: watch, listen, sign up, chat, go on the air."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.browser import DESKTOP, PHONE, chromium, complaints_of
from support.encoders import ffmpeg_push, running
from support.live_server import LiveServer

PLAY_TIMEOUT_MS = 60_000
WATCH_S = 20
TOLERANCE_S = 2.0

# Decodes a moment of what the element plays and gives its loudest sample.
LISTEN = """async () => {
  const video = document.querySelector('video');
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const source = context.createMediaElementSource(video);
  source.connect(analyser);
  source.connect(context.destination);
  await context.resume();
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  for (let moment = 0; moment < 40 && loudest < 0.01; moment++) {
    await new Promise(requestAnimationFrame);
    analyser.getFloatTimeDomainData(samples);
    loudest = Math.max(loudest, ...samples.map(Math.abs));
  }
  return loudest;
}"""
STATE = """() => {
  const video = document.querySelector('video');
  return {at: video.currentTime, width: video.videoWidth, error: video.error && video.error.code,
          stalled: video.paused || video.ended, decoded: video.webkitAudioDecodedByteCount};
}"""


def state(page: Page) -> dict[str, Any]:
    seen: dict[str, Any] = page.evaluate(STATE)
    return seen


def wait_playing(page: Page) -> None:
    page.wait_for_function(
        "() => { const v = document.querySelector('video'); return v && v.currentTime > 0.5; }",
        timeout=PLAY_TIMEOUT_MS,
    )


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_the_show_plays_through_hls_js_and_natively(server: LiveServer) -> None:
    channel = server.make_stream(server.register("Ada"))
    with running(ffmpeg_push(channel.push_url, 180)), chromium() as browser:
        server.wait_live(channel)
        pages = [browser.new_page(viewport=DESKTOP) for _ in range(2)]
        complaints = [complaints_of(page) for page in pages]
        for page, query in zip(pages, ("", "?player=native"), strict=True):
            page.goto(channel.page_url + query)
            wait_playing(page)
        assert pages[0].evaluate("document.querySelector('video').src").startswith("blob:")
        assert "index.m3u8" in pages[1].evaluate("document.querySelector('video').currentSrc")
        before = [(time.monotonic(), state(page)) for page in pages]
        pages[0].wait_for_timeout(WATCH_S * 1000)  # the length of the watch, not a wait for it
        for page, (since, then) in zip(pages, before, strict=True):
            now = state(page)
            watched_s = time.monotonic() - since
            assert now["at"] - then["at"] == pytest.approx(watched_s, abs=TOLERANCE_S)
            assert (now["width"], now["error"], now["stalled"]) == (640, None, False)
            assert now["decoded"] > then["decoded"]
            assert page.evaluate(LISTEN) > 0.01
        assert complaints == [[], []]
        assert server.call("GET", f"/api/v1/streams/{channel.id}").json()["viewers"] == 2


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_one_browser_gets_each_path_from_its_room(server: LiveServer) -> None:
    """Pages and API, HLS and WebSocket, by the browser's own choice of connections."""
    channel = server.make_stream(server.register("Ada"))
    with running(ffmpeg_push(channel.push_url, 90)), chromium() as browser:
        server.wait_live(channel)
        page = browser.new_page(viewport=DESKTOP)
        statuses: dict[str, set[int]] = {}
        frames: list[str | bytes] = []
        page.on(
            "response",
            lambda answer: statuses.setdefault(
                answer.url.removeprefix(server.url).split("/")[1], set()
            ).add(answer.status),
        )
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)),
        )
        page.goto(channel.page_url)
        wait_playing(page)
        page.wait_for_timeout(4_000)  # several playlists, segments and polls further on
        assert {room: statuses[room] for room in ("s", "api", "static", "live")} == {
            "s": {200},
            "api": {200},
            "static": {200},
            "live": {200},
        }
        assert any('"epoch"' in str(frame) for frame in frames)


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_a_show_of_sound_alone_plays(server: LiveServer) -> None:
    channel = server.make_stream(server.register("Ada"))
    with running(ffmpeg_push(channel.push_url, 90, video=False)), chromium() as browser:
        server.wait_live(channel)
        page = browser.new_page(viewport=PHONE)
        page.goto(channel.page_url)
        wait_playing(page)
        assert page.evaluate(LISTEN) > 0.01
        assert state(page)["width"] == 0


def sign_up(page: Page, name: str) -> None:
    page.get_by_role("button", name="Sign in").first.click()
    page.get_by_role("button", name="Create account").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Email").fill(f"{name.lower()}@example.com")
    page.get_by_label("Password").fill("correct horse")
    page.locator("[data-submit]:visible").click()


def say(page: Page, text: str) -> None:
    page.get_by_placeholder("Say something").fill(text)
    page.get_by_placeholder("Say something").press("Enter")


@pytest.mark.chromium
def test_two_browsers_chat_with_each_other(server: LiveServer) -> None:
    channel = server.make_stream(server.register("Host"))
    with chromium() as browser:
        pages = [browser.new_context(viewport=size).new_page() for size in (DESKTOP, PHONE)]
        for page, name in zip(pages, ("Ada", "Grace"), strict=True):
            page.goto(channel.page_url)
            sign_up(page, name)
            expect(page.locator("#account-dialog")).to_be_hidden()
        say(pages[0], "Hello <b>Grace</b>")
        expect(pages[1].locator("[data-log]")).to_contain_text("Hello <b>Grace</b>")
        say(pages[1], "Hello Ada")
        expect(pages[0].locator("[data-log]")).to_contain_text("Hello Ada")
        for page in pages:
            texts = page.locator("[data-log] [data-text]").all_inner_texts()
            assert texts == ["Hello <b>Grace</b>", "Hello Ada"]


@pytest.mark.chromium
def test_chat_comes_back_by_itself_after_a_restart_and_misses_nothing(server: LiveServer) -> None:
    channel = server.make_stream(server.register("Host"))
    with chromium() as browser:
        page = browser.new_page(viewport=DESKTOP)
        page.goto(channel.page_url)
        sign_up(page, "Ada")
        expect(page.locator("#account-dialog")).to_be_hidden()
        say(page, "before")
        expect(page.locator("[data-log]")).to_contain_text("before")
        server.kill()
        say(page, "while away")
        server.start()
        expect(page.locator("[data-log]")).to_contain_text("while away", timeout=60_000)
        texts = page.locator("[data-log] [data-text]").all_inner_texts()
        assert texts == ["before", "while away"]


@pytest.mark.ffmpeg
@pytest.mark.chromium
def test_a_newcomer_goes_on_the_air_from_the_studio(server: LiveServer) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport=DESKTOP)
        complaints = complaints_of(page)
        page.goto(f"{server.url}/studio")
        page.get_by_role("button", name="Create account").first.click()
        page.get_by_label("Name").first.fill("Ada")
        page.get_by_label("Email").first.fill("ada@example.com")
        page.get_by_label("Password").first.fill("correct horse")
        page.locator("[data-submit]:visible").click()
        page.get_by_label("Title").fill("Ada at the piano")
        page.get_by_role("button", name=re.compile("make|create|new", re.IGNORECASE)).last.click()
        page.wait_for_url(re.compile(r"/studio/str_"))
        stream_id = page.url.rsplit("/", 1)[-1]
        token = server.call(
            "POST",
            "/api/v1/auth/login",
            body={"email": "ada@example.com", "password": "correct horse"},
        ).json()["access_token"]
        made = server.call("GET", f"/api/v1/streams/{stream_id}", token=token).json()
        with running(ffmpeg_push(f"{made['rtmp_url']}/{made['stream_key']}", 60)):
            expect(page.locator("[data-badge]").first).to_have_text(
                re.compile("live", re.IGNORECASE), timeout=PLAY_TIMEOUT_MS
            )
            home = browser.new_page(viewport=PHONE)
            home.goto(server.url)
            home.get_by_text("Ada at the piano").click()
            wait_playing(home)
        assert complaints == []
