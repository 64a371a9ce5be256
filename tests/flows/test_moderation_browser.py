"""What keeps order in a chat, in a real browser: the panel in the studio, and beside the show."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.browser import DESKTOP, PHONE, chromium, complaints_of
from support.live_server import Account, Channel, LiveServer

SOON_MS = 3_000
"""Sooner than the panel would look by itself: what it shows then, it was told."""

# A member of the chat, over the wire alone: asks, and keeps what it is told.
MEMBER = """async ({token, room}) => {
  const waiting = new Map();
  let last = 0;
  window.pushes = [];
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws', 'bandstand.json');
  socket.onmessage = ({data}) => {
    for (const item of JSON.parse(data)) {
      if (item.push) window.pushes.push(item);
      else { waiting.get(item.re)(item); waiting.delete(item.re); }
    }
  };
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
  window.ask = (command) => new Promise((resolve) => {
    last += 1;
    waiting.set(last, resolve);
    socket.send(JSON.stringify({id: last, room, ...command}));
  });
  await window.ask({do: 'auth', token});
  return window.ask({do: 'join'});
}"""


@dataclass
class Member:
    """Somebody who takes part in a chat by its protocol."""

    account: Account
    page: Page
    home: tuple[LiveServer, str]
    """Where the chat is: the server, and the room's id."""

    def ask(self, do: str, **fields: object) -> dict[str, Any]:
        """Give the reply: ``ok`` or ``error`` is in it."""
        reply: dict[str, Any] = self.page.evaluate("c => window.ask(c)", {"do": do, **fields})
        return reply

    def say(self, content: str) -> str:
        """Give the message's id."""
        return str(self.ask("send", content=content)["ok"]["message"])

    def refused(self, content: str) -> str:
        """Give the code that a message is refused with."""
        return str(self.ask("send", content=content)["error"]["code"])

    def pushes(self, kind: str) -> list[dict[str, Any]]:
        """What was told of a kind."""
        find = "kind => window.pushes.filter((item) => item.push === kind)"
        found: list[dict[str, Any]] = self.page.evaluate(find, kind)
        return found

    def wait_push(self, kind: str) -> dict[str, Any]:
        """Wait for the first push of a kind."""
        is_there = "kind => window.pushes.some((item) => item.push === kind)"
        self.page.wait_for_function(is_there, arg=kind)
        return self.pushes(kind)[0]

    def wait_mode(self, name: str) -> None:
        """Wait until the last that was told of the modes is that this one is on."""
        is_on = "name => window.pushes.findLast(({push}) => push === 'mode')?.modes[name]"
        self.page.wait_for_function(is_on, arg=name)

    def join(self) -> dict[str, Any]:
        """Come in on a new connection; give the reply."""
        server, room = self.home
        self.page.goto(f"{server.url}/orders")
        reply: dict[str, Any] = self.page.evaluate(
            MEMBER, {"token": self.account.token, "room": room}
        )
        return reply


@dataclass
class Hall:
    """A show with its owner's account, a browser, and the members that come in."""

    server: LiveServer
    browser: Browser
    owner: Account
    channel: Channel

    def member(self, name: str) -> Member:
        """Somebody new, who has come in."""
        account = self.server.register(name)
        page = self.browser.new_context().new_page()
        member = Member(account, page, (self.server, self.channel.id))
        reply = member.join()
        assert "ok" in reply, reply
        return member

    def page_of(self, name: str, path: str, size: dict[str, int]) -> Page:
        """A page on which a registered user is signed in."""
        page = self.browser.new_context(viewport=size).new_page()  # type: ignore[arg-type]  # its own TypedDict
        page.goto(f"{self.server.url}{path}")
        place = page.locator("main [data-gate-form]")
        if place.count() == 0:
            page.get_by_role("button", name="Sign in").first.click()
            place = page.locator("#account-dialog")
        place.get_by_label("Email").fill(f"{name.lower()}@example.com")
        place.get_by_label("Password").fill("correct horse")
        place.locator("[data-submit]").click()
        return page

    def panel(self, name: str = "Ada", size: dict[str, int] = DESKTOP) -> Locator:
        """The panel in the studio."""
        page = self.page_of(name, f"/studio/{self.channel.id}", size)
        panel = page.locator("[data-moderation]")
        expect(panel.get_by_label("Slow mode")).to_be_visible()
        return panel

    def moderate(self, **body: object) -> None:
        """Do something as the owner, from elsewhere."""
        path = f"/api/v1/rooms/{self.channel.id}/moderate"
        answer = self.server.call("POST", path, token=self.owner.token, body=body)
        assert answer.status_code == 200, answer.text


@pytest.fixture
def hall(server: LiveServer) -> Iterator[Hall]:
    ada = server.register("Ada")
    channel = server.make_stream(ada)
    with chromium() as browser:
        yield Hall(server, browser, ada, channel)


def tab(panel: Locator, name: str) -> Locator:
    """Open a tab of the panel; give what it shows."""
    panel.get_by_role("tab", name=name).click()
    return panel.get_by_role("tabpanel", name=name)


@pytest.mark.chromium
def test_rules_hold_at_once(hall: Hall) -> None:
    """Modes, the approval queue and the words, each as its members feel it."""
    bob, eve = hall.member("Bob"), hall.member("Eve")
    panel = hall.panel()
    complaints = complaints_of(panel.page)

    panel.get_by_label("Slow mode").select_option("1 minute")
    assert bob.wait_push("mode")["modes"]["slow_s"] == 60
    bob.say("first")
    assert bob.refused("second") == "slow_mode"
    panel.get_by_label("Slow mode").select_option("Another time…")
    panel.get_by_role("spinbutton", name="Seconds").fill("45")
    panel.get_by_role("button", name="Set").click()
    expect(tab(panel, "Log")).to_contain_text("Ada set slow mode to 45 seconds")
    rules = tab(panel, "Rules")
    expect(rules.get_by_role("spinbutton", name="Seconds")).to_have_value("45")

    # What another moderator changes shows without a look at the page.
    hall.moderate(action="mode", emote_only=True)
    expect(rules.get_by_role("switch", name="Emoji only")).to_be_checked(timeout=SOON_MS)
    hall.moderate(action="slow", seconds=0)
    expect(rules.get_by_label("Slow mode")).to_have_value("0", timeout=SOON_MS)
    assert eve.refused("words") == "emote_only"
    rules.get_by_role("switch", name="Emoji only").uncheck()
    expect(rules.get_by_role("switch", name="Ticket holders only")).to_be_hidden()

    rules.get_by_role("textbox", name="Word").fill("fridge, two*")
    rules.get_by_role("button", name="Block").click()
    expect(rules.locator("[data-words] li")).to_have_count(2)
    assert bob.refused("a broken FRIDGE") == "blocked_word"
    rules.get_by_role("button", name="Allow fridge again").click()
    expect(rules.locator("[data-words] li")).to_have_count(1)
    bob.say("a broken FRIDGE")
    rules.get_by_role("textbox", name="Word").fill("!!!")
    rules.get_by_role("button", name="Block").click()
    expect(rules.get_by_role("alert")).to_contain_text("This is no word for the list")

    rules.get_by_role("switch", name="Approve each message").check()
    eve.wait_mode("approval")
    assert "pending" in bob.ask("send", content="let me in")["ok"]
    assert "pending" in bob.ask("send", content="buy this")["ok"]
    expect(panel.get_by_role("tab", name="Waiting")).to_have_text("Waiting 2")
    waiting = tab(panel, "Waiting")
    waiting.get_by_role("button", name="Approve: Bob, “let me in”").click()
    expect(waiting.get_by_role("listitem")).to_have_count(1)
    waiting.get_by_role("button", name="Reject").click()
    expect(waiting).to_contain_text("Nothing waits.")
    expect(panel.get_by_role("tab", name="Waiting")).to_have_text("Waiting")
    said = [push["message"]["content"] for push in eve.pushes("message")]
    assert said == ["first", "a broken FRIDGE", "let me in"]

    log = tab(panel, "Log")
    for act in (
        "Ada set slow mode to 1 minute",
        "Ada turned emoji only off",
        "Ada blocked the words “fridge” and “two*”",
        "Ada allowed “fridge” again",
        "Ada turned approval of messages on",
        "Ada approved Bob's message “let me in”",
        "Ada rejected Bob's message “buy this”",
    ):
        expect(log).to_contain_text(act)
    assert [each for each in complaints if "status of 400" not in each] == []


@pytest.mark.chromium
def test_a_report_ends_in_a_ban_and_the_ban_is_lifted(hall: Hall) -> None:
    bob, eve = hall.member("Bob"), hall.member("Eve")
    panel = hall.panel()
    eve.ask("report", message=bob.say("you play like a fridge"), reason="insulting")
    expect(panel.get_by_role("tab", name="Reports")).to_have_text("Reports 1", timeout=SOON_MS)
    reports = tab(panel, "Reports")
    expect(reports).to_contain_text("you play like a fridge")
    expect(reports).to_contain_text("Reported by Eve: insulting")
    reports.get_by_role("button", name="Delete").click()
    assert eve.wait_push("deleted")
    expect(reports).to_contain_text("Deleted")
    expect(reports.get_by_role("button", name="Delete")).to_be_hidden()

    reports.get_by_role("button", name="Ban").click()
    dialog = panel.page.locator("#sanction-dialog")
    expect(dialog).to_contain_text("Sanction for Bob")
    dialog.get_by_label("How long").select_option("10 minutes")
    dialog.get_by_label("Reason").fill("rude")
    dialog.get_by_role("button", name="Ban").click()
    expect(dialog).to_be_hidden()
    assert bob.wait_push("removed")["reason"] == "banned"
    reports.get_by_role("button", name="Dismiss").click()
    expect(reports).to_contain_text("No reports.")

    sanctions = tab(panel, "Sanctions")
    expect(sanctions.get_by_role("listitem")).to_contain_text(["Bob"])
    expect(sanctions.get_by_role("listitem")).to_contain_text(["Banned"])
    expect(sanctions.get_by_role("listitem")).to_contain_text(["rude"])
    assert bob.join()["error"]["code"] == "banned"
    sanctions.get_by_role("button", name="Lift").click()
    expect(sanctions).to_contain_text("Nobody is timed out or banned.")
    assert "ok" in bob.join()

    # By name, without a report: who is here can be found.
    sanctions.get_by_role("button", name="Add a sanction").click()
    dialog.get_by_role("button", name="Time out").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose somebody first.")
    dialog.get_by_role("searchbox", name="Who").fill("ev")
    dialog.get_by_role("radio", name="Eve").check()
    dialog.get_by_role("button", name="Time out").click()
    assert eve.wait_push("sanction")["kind"] == "timeout"
    assert eve.refused("hello") == "timed_out"

    moderators = tab(panel, "Moderators")
    moderators.get_by_role("button", name="Add a moderator").click()
    naming = panel.page.locator("#moderator-dialog")
    naming.get_by_role("radio", name="Bob").check()
    naming.get_by_role("button", name="Make a moderator").click()
    expect(moderators.get_by_role("listitem")).to_have_count(2)
    expect(moderators).to_contain_text("Bob")
    moderators.get_by_role("button", name="Remove: Bob").click()
    expect(moderators.get_by_role("listitem")).to_have_count(1)

    log = tab(panel, "Log")
    for act in (
        "Ada deleted Bob's message",
        "Ada banned Bob for 10 minutes: rude",
        "Ada dismissed a report of Bob's message “you play like a fridge”",
        "Ada lifted the ban of Bob",
        "Ada timed out Eve for 10 minutes",
        "Ada made Bob a moderator",
        "Ada made Bob a plain member again",
    ):
        expect(log).to_contain_text(act)


@pytest.mark.chromium
def test_moderators_alone_have_the_drawer_beside_the_show(hall: Hall) -> None:
    """Somebody becomes a moderator while watching on a phone, works, and is one no more."""
    mo, bob = hall.member("Mo"), hall.member("Bob")
    page = hall.page_of("Mo", f"/s/{hall.channel.id}", PHONE)
    expect(page.locator("[data-members]")).to_be_visible()
    button = page.get_by_role("button", name="Moderate")
    expect(button).to_be_hidden()
    hall.moderate(action="role", user=mo.account.id, role="moderator")
    expect(button).to_be_visible(timeout=SOON_MS)

    hall.moderate(action="mode", approval=True)
    assert "pending" in bob.ask("send", content="let me in")["ok"]
    expect(button).to_have_text("Moderate 1", timeout=SOON_MS)
    button.click()
    drawer = page.get_by_role("dialog", name="Moderate the chat")
    expect(drawer.get_by_role("switch", name="Approve each message")).to_be_checked()
    waiting = tab(drawer, "Waiting")
    waiting.get_by_role("button", name="Approve").click()
    expect(waiting).to_contain_text("Nothing waits.")
    expect(waiting).to_be_focused()
    expect(page.locator("[data-log]")).to_contain_text("let me in")
    # Moderators name no other ones, and lay nothing on their owner.
    expect(tab(drawer, "Moderators").get_by_role("listitem")).to_have_count(2)
    expect(drawer.get_by_role("button", name="Add a moderator")).to_be_hidden()
    tab(drawer, "Sanctions").get_by_role("button", name="Add a sanction").click()
    people = page.locator("#sanction-dialog").get_by_role("radiogroup", name="People")
    expect(people.get_by_role("radio")).to_have_count(1)
    expect(people).to_contain_text("Bob")
    page.keyboard.press("Escape")
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)

    hall.moderate(action="role", user=mo.account.id, role="member")
    expect(drawer).to_be_hidden(timeout=SOON_MS)
    expect(button).to_be_hidden()
