"""The chat of a show's page in real browsers: all that a listener and a moderator do there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.browser import DESKTOP, PHONE, chromium, complaints_of
from support.chat_storm import USER_MESSAGES, storming, tokens_of
from support.live_server import Account, Channel, LiveServer, live_server

PASSWORD = "correct horse"
SECRET = "a secret of the tests of the chat, long enough"
BACK_TIMEOUT_MS = 30_000
MAX_ROWS = 500
STORM_RATE_PER_S = 100
STORM_MESSAGES = 640
MAX_FRAME_MS = 1_000
"""Of a machine that also has the server and the storm to run: far from frozen."""
# Where the first message is that is wholly in sight, or the one with this id: [id, top].
PLACE = """(id) => {
  const {top} = document.querySelector('[data-scroll]').getBoundingClientRect();
  const rows = [...document.querySelectorAll('[data-log] .message')];
  const row = rows.find((each) =>
    id ? each.dataset.id === id : each.getBoundingClientRect().top > top);
  return [row.dataset.id, row.getBoundingClientRect().top];
}"""
WATCH_FRAMES = """() => {
  const seen = window.frames_seen = {rows: 0, longest_ms: 0};
  let before = performance.now();
  const look = (now) => {
    seen.longest_ms = Math.max(seen.longest_ms, now - before);
    seen.rows = Math.max(seen.rows, document.querySelectorAll('.message').length);
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
# So that a page which the server lost does not come back before the test lets it.
KEEP_AWAY = """() => {
  window.RealSocket = window.WebSocket;
  window.WebSocket = class {
    constructor() { setTimeout(() => this.onclose?.({code: 1006})); }
    send() {}
    close() {}
  };
}"""
LET_BACK = """() => {
  window.WebSocket = window.RealSocket;
  window.dispatchEvent(new Event('online'));
}"""
SIGN_IN = """async (body) => {
  const answer = await fetch('/api/v1/auth/login', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  localStorage.setItem('bandstand.signed-in', 'yes');
}"""


@dataclass
class House:
    """A show with its host and a listener, each at a browser of their own."""

    server: LiveServer
    channel: Channel
    owner: Account
    listener: Account
    host: Page
    ada: Page
    complaints: list[list[str]]

    def moderate(self, action: str, **fields: object) -> None:
        self.ask("POST", "moderate", {"action": action} | fields)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        path = f"/api/v1/rooms/{self.channel.id}/{path}"
        answer = self.server.call(method, path, token=self.owner.token, body=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None


def credentials(name: str) -> dict[str, object]:
    return {"email": f"{name}@example.com", "password": PASSWORD}


def log_in(server: LiveServer, name: str) -> Account:
    answer = server.call("POST", "/api/v1/auth/login", body=credentials(name)).json()
    return Account(answer["user"]["id"], answer["access_token"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("chat") / "data", BANDSTAND_SECRET=SECRET) as server:
        server.register("Clara")
        server.register("Ada")
        yield server


@pytest.fixture(scope="module")
def seats(living: LiveServer, browser: Browser) -> list[tuple[Page, list[str]]]:
    """Two browsers, Clara's and Ada's, and what their pages complain of."""
    found = []
    for name, size in (("clara", DESKTOP), ("ada", PHONE)):
        page = browser.new_context(viewport=size, has_touch=size is PHONE).new_page()
        found.append((page, complaints_of(page)))
        page.goto(living.url)
        page.evaluate(SIGN_IN, credentials(name) | {"cookie": True})
    return found


@pytest.fixture
def house(living: LiveServer, seats: list[tuple[Page, list[str]]]) -> House:
    """A new show, with both at its page."""
    owner, listener = log_in(living, "clara"), log_in(living, "ada")
    channel = living.make_stream(owner, "Clara at the organ")
    for page, complaints in seats:
        complaints.clear()
        page.goto(channel.page_url)
        expect(page.locator("[data-sign-out]").first).to_be_attached()
        expect(page.locator("[data-members]")).to_be_visible()
    (host, _), (ada, _) = seats
    return House(living, channel, owner, listener, host, ada, [said for _, said in seats])


def writing(page: Page) -> Locator:
    return page.locator("#chat-input")


def say(page: Page, text: str) -> None:
    writing(page).fill(text)
    writing(page).press("Enter")
    expect(page.locator("[data-log]")).to_contain_text(text)


def row(page: Page, text: str) -> Locator:
    return page.locator("[data-log] .message", has=page.locator("[data-text]", has_text=text))


def choose(page: Page, text: str, item: str) -> None:
    """In the menu of the message with this text."""
    row(page, text).click(button="right")
    page.locator("[data-menu]").get_by_role("menuitem", name=item, exact=True).click()


def texts(page: Page) -> list[str]:
    return page.locator("[data-log] .message:visible [data-text]").all_inner_texts()


@pytest.mark.chromium
def test_two_browsers_reply_react_edit_mention_and_delete(house: House) -> None:
    host, ada = house.host, house.ada
    say(ada, "Is this the new organ?")
    choose(host, "new organ", "Reply")
    expect(host.locator("[data-bar]")).to_contain_text("Reply to Ada")
    say(host, "Yes, built last year")
    quote = row(ada, "built last year").locator("[data-quote]")
    expect(quote).to_contain_text("Ada Is this the new organ?")
    expect(row(ada, "built last year").locator("[data-role]")).to_have_text("Host")

    # Reactions: a sum, one's own marked, and a click takes it away again.
    row(ada, "built last year").click(button="right")
    ada.get_by_role("menuitemcheckbox", name="React with 👍").click()
    chip = row(host, "built last year").get_by_role("button", name="👍 1 reaction")
    expect(chip).to_have_attribute("aria-pressed", "false")
    chip.click()
    both = row(ada, "built last year").get_by_role("button", name="👍 2 reactions")
    expect(both).to_have_attribute("aria-pressed", "true")
    both.click()
    expect(chip).to_have_attribute("aria-pressed", "true")

    # The browser knows its own after a reload, too.
    host.reload()
    expect(chip).to_have_attribute("aria-pressed", "true")

    # Arrow up changes the last message of one's own; the quote of it follows.
    writing(ada).press("ArrowUp")
    expect(writing(ada)).to_have_value("Is this the new organ?")
    writing(ada).press("Escape")
    expect(writing(ada)).to_have_value("")
    writing(ada).press("ArrowUp")
    writing(ada).fill("Is this the old organ?")
    writing(ada).press("Enter")
    expect(row(host, "the old organ")).to_contain_text("edited")
    expect(row(host, "built last year").locator("[data-quote]")).to_contain_text("the old organ")

    # A mention, completed from the first letters.
    writing(host).press_sequentially("Well, @a")
    expect(host.get_by_role("option", name="Ada")).to_have_attribute("aria-selected", "true")
    expect(ada.locator("[data-typing]")).to_have_text("Clara is typing…")
    writing(host).press("Enter")
    writing(host).press_sequentially("you have good ears")
    expect(writing(host)).to_have_value("Well, @Ada you have good ears")
    writing(host).press("Enter")
    expect(row(ada, "good ears")).to_have_class(re.compile("to-me"))
    expect(row(ada, "good ears").locator(".mention")).to_have_text("@Ada")
    expect(ada.locator("[data-typing]")).to_have_text("")

    # What is deleted loses its words everywhere, in quotes too.
    choose(ada, "the old organ", "Delete")
    ada.get_by_role("button", name="Delete", exact=True).click()
    for page in (host, ada):
        expect(page.locator("[data-log] .gone [data-text]")).to_have_text("Message deleted")
        expect(page.locator("[data-log]")).not_to_contain_text("organ")
    assert house.complaints == [[], []]


@pytest.mark.chromium
def test_a_moderator_pins_times_out_slows_and_purges(house: House) -> None:
    host, ada = house.host, house.ada
    house.moderate("slow", seconds=3)
    expect(ada.locator("[data-modes]")).to_have_text("Slow mode: one message each 3 s")
    say(ada, "first of Ada's")
    send = ada.locator("[data-send]")
    expect(send).to_have_attribute("aria-label", re.compile(r"wait \d s"))
    writing(ada).fill("second of Ada's")
    writing(ada).press("Enter")
    expect(ada.locator("[data-hint]")).to_contain_text("Slow mode is on.")
    expect(send).to_have_attribute("aria-label", "Send")
    writing(ada).press("Enter")
    expect(row(host, "second of Ada's")).to_be_visible()
    house.moderate("slow", seconds=0)

    say(host, "The programme is on the wall")
    choose(host, "on the wall", "Pin")
    expect(ada.locator("[data-pins] [data-pin-line]")).to_have_text(
        "Clara: The programme is on the wall"
    )
    expect(ada.locator("[data-menu]")).to_be_hidden()

    choose(host, "first of Ada's", "Time out 10 min")
    expect(ada.locator("[data-sanction]")).to_contain_text("you can write again in")
    expect(writing(ada)).not_to_be_editable()
    house.moderate("untimeout", user=house.listener.id)
    expect(ada.locator("[data-sanction]")).to_be_hidden()
    expect(writing(ada)).to_be_editable()

    house.moderate("mode", emote_only=True)
    expect(ada.locator("[data-modes]")).to_have_text("Only emoji")
    writing(ada).fill("words")
    writing(ada).press("Enter")
    expect(ada.locator("[data-pending]")).to_contain_text("Only emoji may be sent now.")
    ada.get_by_role("button", name="Discard").click()

    choose(host, "second of Ada's", "Remove all their messages…")
    host.get_by_role("button", name="Remove all").click()
    for page in (host, ada):
        expect(page.locator("[data-log]")).not_to_contain_text("of Ada's")
        expect(page.locator("[data-log] .message:visible").first).to_have_text(
            re.compile("2 messages deleted")
        )
    choose(host, "on the wall", "Unpin")
    expect(ada.locator("[data-pins]")).to_be_hidden()

    house.moderate("ban", user=house.listener.id, reason="Enough")
    expect(ada.locator(".chat-status")).to_have_text(
        "You are banned from this chat. Reason: Enough"
    )
    expect(writing(ada)).to_be_hidden()
    assert house.complaints == [[], []]


@pytest.mark.chromium
def test_a_page_that_was_away_gets_what_it_missed_a_deletion_too(house: House) -> None:
    host, ada = house.host, house.ada
    for page, text in ((host, "said before"), (ada, "to be deleted"), (ada, "to be changed")):
        say(page, text)
    expect(row(host, "to be changed")).to_be_visible()
    host.evaluate(KEEP_AWAY)
    house.server.kill()
    house.server.start()
    ada.evaluate("() => dispatchEvent(new Event('online'))")
    writing(ada).fill("back again")
    writing(ada).press("Enter")
    expect(row(ada, "back again")).to_be_visible(timeout=BACK_TIMEOUT_MS)
    choose(ada, "to be changed", "Edit")
    writing(ada).fill("was changed")
    writing(ada).press("Enter")
    expect(row(ada, "was changed")).to_be_visible()
    choose(ada, "to be deleted", "Delete")
    ada.get_by_role("button", name="Delete", exact=True).click()
    expect(ada.locator("[data-log] .gone")).to_have_count(1)
    say(ada, "said while away")
    assert texts(host) == ["said before", "to be deleted", "to be changed"]
    host.evaluate(LET_BACK)
    expect(row(host, "said while away")).to_be_visible(timeout=BACK_TIMEOUT_MS)
    assert texts(host) == [
        "said before",
        "Message deleted",
        "was changed",
        "back again",
        "said while away",
    ]


@pytest.mark.chromium
def test_a_shadow_ban_does_not_show_and_a_held_message_waits(house: House) -> None:
    host, ada = house.host, house.ada
    house.moderate("shadowban", user=house.listener.id)
    say(ada, "nobody hears this")
    expect(row(ada, "nobody hears this")).to_be_visible()
    expect(ada.locator("[data-pending] li")).to_have_count(0)
    house.moderate("unshadowban", user=house.listener.id)
    house.moderate("mode", approval=True)
    expect(ada.locator("[data-modes]")).to_have_text("Moderators read messages first")
    writing(ada).fill("may I?")
    writing(ada).press("Enter")
    expect(ada.locator("[data-pending]")).to_contain_text("Waiting for a moderator.")
    [waiting] = house.ask("GET", "pending")["items"]
    house.moderate("approve", pending=waiting["id"])
    for page in (host, ada):
        expect(row(page, "may I?")).to_be_visible()
    expect(ada.locator("[data-pending] li")).to_have_count(0)
    assert texts(ada) == ["nobody hears this", "may I?"]
    assert texts(host) == ["may I?"]


@pytest.mark.chromium
def test_keys_and_taps_go_through_messages_and_their_menu(house: House) -> None:
    ada = house.ada
    for text in ("one", "two", "three"):
        say(ada, text)
    ada.locator("[data-scroll]").focus()
    ada.keyboard.press("Enter")
    expect(row(ada, "three")).to_be_focused()
    ada.keyboard.press("ArrowUp")
    expect(row(ada, "two")).to_be_focused()
    ada.keyboard.press("Enter")
    menu = ada.locator("[data-menu]")
    expect(menu.get_by_role("menuitemcheckbox").first).to_be_focused()
    ada.keyboard.press("ArrowUp")
    expect(menu.get_by_role("menuitem", name="Delete")).to_be_focused()
    ada.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(row(ada, "two")).to_be_focused()
    ada.keyboard.press("Escape")
    expect(writing(ada)).to_be_focused()

    # And with a finger: a tap opens the menu, as a sheet.
    row(ada, "one").tap()
    expect(menu.get_by_role("menuitem", name="Reply")).to_be_in_viewport()
    menu.get_by_role("menuitem", name="Reply").tap()
    expect(ada.locator("[data-bar]")).to_contain_text("Reply to Ada")
    ada.locator("[data-bar-cancel]").tap()
    expect(ada.locator("[data-bar]")).to_be_hidden()


@pytest.mark.chromium
def test_a_storm_neither_freezes_nor_fills_the_page(house: House) -> None:
    """100 messages a second: the page goes on drawing, in a bounded document, at both ends."""
    ada = house.ada
    tokens = tokens_of(SECRET, STORM_MESSAGES // USER_MESSAGES)
    ada.evaluate(WATCH_FRAMES)
    home = (house.server.http, house.channel.id)
    with storming(*home, tokens, rate_per_s=STORM_RATE_PER_S, count=STORM_MESSAGES):
        expect(row(ada, "storm 299").first).to_be_visible(timeout=BACK_TIMEOUT_MS)
        ada.locator("[data-scroll]").hover()
        ada.mouse.wheel(0, -2_000)
        expect(ada.locator("[data-pill]")).to_contain_text("new messages")
        # What is being read stays where it is while more comes.
        read, top = ada.evaluate(PLACE)
        pill = ada.locator("[data-pill]").inner_text()
        expect(ada.locator("[data-pill]")).not_to_have_text(pill)
        assert ada.evaluate(PLACE, read)[1] == pytest.approx(top, abs=1)
    last = STORM_MESSAGES - 1
    ada.locator("[data-pill]").click()
    expect(row(ada, f"storm {last}")).to_be_in_viewport(timeout=BACK_TIMEOUT_MS)
    seen = ada.evaluate("() => window.frames_seen")
    assert seen["rows"] <= MAX_ROWS
    assert seen["longest_ms"] < MAX_FRAME_MS
    shown = [int(each.removeprefix("storm ")) for each in texts(ada)]
    assert len(shown) > 100
    assert len(set(shown)) == len(shown)
    assert house.complaints == [[], []]
