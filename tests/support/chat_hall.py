"""A show's chat with people in it: members on the wire, and pages of those who keep order."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from support.browser import DESKTOP
from support.live_server import Account, Channel, LiveServer

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

    def wait_mode(self, name: str, *, on: bool = True) -> None:
        """Wait until the last that was told of the modes says this of one."""
        last = "window.pushes.findLast(({push}) => push === 'mode')"
        self.page.wait_for_function(f"([name, on]) => {last}?.modes[name] === on", arg=[name, on])

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

    def page_of(self, name: str, path: str, size: ViewportSize) -> Page:
        """A page on which a registered user is signed in."""
        page = self.browser.new_context(viewport=size).new_page()
        page.goto(f"{self.server.url}{path}")
        place = page.locator("main [data-gate-form]")
        if place.count() == 0:
            page.get_by_role("button", name="Sign in").first.click()
            place = page.locator("#account-dialog")
        place.get_by_label("Email").fill(f"{name.lower()}@example.com")
        place.get_by_label("Password").fill("correct horse")
        place.locator("[data-submit]").click()
        return page

    def panel(self, name: str = "Ada", size: ViewportSize = DESKTOP) -> Locator:
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

    def sell_a_ticket(self) -> None:
        """Put a ticket for the show on sale."""
        price = {"amount": 500, "currency": "EUR"}
        ticket = {"kind": "ticket", "stream_id": self.channel.id, "title": "Seat", "price": price}
        token = self.owner.token
        answer = self.server.call("POST", "/api/v1/products", token=token, body=ticket)
        assert answer.status_code == 201, answer.text


def tab(panel: Locator, name: str) -> Locator:
    """Open a tab of the panel; give what it shows."""
    panel.get_by_role("tab", name=name).click()
    return panel.get_by_role("tabpanel", name=name)
