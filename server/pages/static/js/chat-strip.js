// The lines around the messages: pins on top, modes, who is typing, and how the chat itself is.

import { snippet } from "./chat-row.js";
import { modePhrases, sanctionText, typingText } from "./chat-words.js";
import { cloneOf, part, setOptional, setText } from "./dom.js";

const REDRAW_MS = 1_000;

/** The strip of pinned messages: the last one in a line, all of them when it is opened. */
export class PinStrip {
  #strip;
  #list;
  #drawn = null;

  /** `reveal(id)` scrolls to a message, `unpin(message)` takes it down. */
  constructor(root, { reveal, unpin }) {
    this.#strip = part(root, "pins");
    this.#list = part(root, "pin-list");
    this.#list.addEventListener("click", ({ target }) => {
      const item = target.closest("li");
      if (target.closest("[data-unpin]")) unpin(item.message);
      else if (target.closest("[data-pin-show]")) reveal(item.message.id);
    });
  }

  draw({ pinned, moderates }) {
    const drawn = JSON.stringify([pinned, moderates]);
    if (this.#drawn === drawn) return;
    this.#drawn = drawn;
    this.#strip.hidden = pinned.length === 0;
    if (pinned.length === 0) return;
    const last = pinned.at(-1);
    setText(part(this.#strip, "pin-line"), `${last.user.name}: ${snippet(last)}`);
    setOptional(part(this.#strip, "pin-count"), pinned.length > 1 ? String(pinned.length) : "");
    this.#list.replaceChildren(...pinned.toReversed().map((message) => this.#item(message, moderates)));
  }

  #item(message, moderates) {
    const item = cloneOf("chat-pin");
    item.message = message;
    setText(part(item, "pin-name"), message.user.name);
    setText(part(item, "pin-text"), message.content);
    part(item, "unpin").hidden = !moderates;
    return item;
  }
}

/** What is so in the room, in quiet lines. */
export class RoomLines {
  #root;
  #room;
  #redraw;
  #timer = null;

  /** `redraw` is called when time has made something another one. */
  constructor(root, room, redraw) {
    this.#root = root;
    this.#room = room;
    this.#redraw = redraw;
  }

  draw() {
    const room = this.#room;
    setOptional(part(this.#root, "modes"), modePhrases(room.modes).join(" · "));
    const names = room.typing;
    setText(part(this.#root, "typing"), typingText(names));
    const sanction = room.moderates ? null : room.sanction;
    const leftS = sanction?.until ? (Date.parse(sanction.until) - Date.now()) / 1000 : 0;
    setOptional(part(this.#root, "sanction"), sanction ? sanctionText(sanction, leftS) : "");
    clearTimeout(this.#timer);
    if (sanction || names.length > 0) this.#timer = setTimeout(this.#redraw, REDRAW_MS);
  }
}
