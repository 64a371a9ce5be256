"""What keeps order in a chat, in a real browser: the panel in the studio, and beside the show."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from support.browser import PHONE, chromium, complaints_of
from support.chat_hall import Hall, tab
from support.live_server import LiveServer

SOON_MS = 3_000
"""Sooner than the panel would look by itself: what it shows then, it was told."""


@pytest.fixture
def hall(server: LiveServer) -> Iterator[Hall]:
    ada = server.register("Ada")
    channel = server.make_stream(ada)
    with chromium() as browser:
        yield Hall(server, browser, ada, channel)


@pytest.mark.chromium
def test_rules_hold_at_once(hall: Hall) -> None:
    """Modes, the approval queue and the words, each as its members feel it."""
    bob, eve = hall.member("Bob"), hall.member("Eve")
    panel = hall.panel()

    # What fails is told in words, and the switch is as it was.
    approval = panel.get_by_role("switch", name="Approve each message")
    panel.page.route("**/moderate", lambda route: route.abort())
    approval.click()
    expect(panel.get_by_role("alert")).to_have_text("The server cannot be reached at the moment.")
    expect(approval).not_to_be_checked()
    panel.page.unroute("**/moderate")
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
    expect(panel.get_by_role("alert")).to_be_hidden()
    holders = rules.get_by_role("switch", name="Ticket holders only")
    expect(holders).to_be_hidden()
    hall.sell_a_ticket()
    hall.moderate(action="mode", ticket_holders=True)
    expect(holders).to_be_checked(timeout=SOON_MS)
    assert eve.refused("words") == "ticket_holders_only"
    holders.uncheck()
    eve.wait_mode("ticket_holders", on=False)

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

    approval.check()
    eve.wait_mode("approval")
    assert "pending" in bob.ask("send", content="let me in")["ok"]
    assert "pending" in bob.ask("send", content="buy this")["ok"]
    expect(panel.get_by_role("tab", name="Waiting")).to_have_text("Waiting 2")
    waiting = tab(panel, "Waiting")
    waiting.get_by_role("button", name="Approve: Bob, “let me in”").click()
    expect(waiting.get_by_role("listitem")).to_have_count(1)
    expect(waiting.get_by_role("button", name="Approve: Bob, “buy this”")).to_be_focused()
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

    # Away for a moment: it says so until it is there again.
    room = "**/api/v1/rooms/*"
    panel.page.route(room, lambda route: route.abort())
    tab(panel, "Log")
    expect(panel.get_by_role("alert")).to_have_text("The server cannot be reached at the moment.")
    panel.page.unroute(room)
    hall.moderate(action="slow", seconds=1)
    expect(panel.get_by_role("alert")).to_be_hidden(timeout=SOON_MS)
    expect(panel).to_contain_text("Ada set slow mode to 1 second")

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
