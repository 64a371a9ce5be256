// The menu of a message, and how one gets to it: a bar beside the row under the pointer, a tap, or
// the keys: arrows move through the messages, Enter opens the menu of one.

import { actionsFor, QUICK_EMOJI } from "./chat-actions.js";
import { snippet } from "./chat-row.js";
import { cloneOf, part, setText } from "./dom.js";

const LABELS = {
  reply: "Reply",
  copy: "Copy text",
  edit: "Edit",
  pin: "Pin",
  unpin: "Unpin",
  delete: "Delete",
  report: "Report…",
  timeout: "Time out 10 min",
  purge: "Remove all their messages…",
  shadowban: "Shadow ban…",
  ban: "Ban…",
};
const DANGEROUS = new Set(["delete", "purge", "shadowban", "ban"]);
/** What is about the author and not the message begins here. */
const FIRST_ON_USER = "timeout";
const GAP_PX = 6;
const MOVES = { ArrowUp: -1, ArrowDown: 1, PageUp: -8, PageDown: 8, Home: -Infinity, End: Infinity };

export class MessageMenu {
  #root;
  #list;
  #room;
  #actions;
  #menu;
  #tools;
  #toolsRow = null;
  #row = null;

  constructor(root, list, room, actions) {
    this.#root = root;
    this.#list = list;
    this.#room = room;
    this.#actions = actions;
    this.#menu = part(root, "menu");
    this.#tools = part(root, "tools");
    this.#wireTools();
    this.#wireRows();
    this.#wireMenu();
  }

  #wireTools() {
    const body = this.#list.closest(".chat-body");
    body.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "mouse" || this.#tools.contains(event.target)) return;
      this.#showTools(event.target.closest("[data-log] .message"));
    });
    body.addEventListener("pointerleave", () => this.#showTools(null));
    part(this.#root, "scroll").addEventListener("scroll", () => this.#showTools(null), {
      passive: true,
    });
    this.#tools.addEventListener("click", (event) => {
      const tool = event.target.closest("[data-tool]")?.dataset.tool;
      const row = this.#toolsRow;
      if (!tool || !row?.isConnected) return;
      if (tool === "more") this.#open(row, this.#tools.getBoundingClientRect());
      else this.#actions.do(tool, row.message);
    });
  }

  #showTools(row) {
    const shown = row && actionsFor(row.message, this.#room).length > 0;
    this.#toolsRow = shown ? row : null;
    this.#tools.hidden = !shown;
    if (!shown) return;
    const top = row.getBoundingClientRect().top - row.closest(".chat-body").getBoundingClientRect().top;
    this.#tools.style.top = `${Math.max(2, top - 10)}px`;
  }

  #wireRows() {
    this.#list.addEventListener("click", (event) => {
      const row = event.target.closest(".message");
      if (!row || event.target.closest("a")) return;
      const chip = event.target.closest("[data-react]");
      if (chip) this.#actions.react(row.message, chip.dataset.react);
      else if (event.pointerType === "touch" && !event.target.closest("button")) {
        this.#open(row, row.getBoundingClientRect());
      }
    });
    this.#list.addEventListener("contextmenu", (event) => {
      const row = event.target.closest(".message");
      // A click with the right button keeps the browser's own menu for links and selected words.
      if (!row || event.target.closest("a") || !getSelection().isCollapsed) return;
      if (!this.#open(row, new DOMRect(event.clientX, event.clientY, 0, 0))) return;
      event.preventDefault();
    });
    this.#list.addEventListener("keydown", (event) => this.#rowKey(event));
    part(this.#root, "scroll").addEventListener("keydown", (event) => {
      if (event.target !== event.currentTarget) return;
      if (event.key === "Enter" || event.key === "ArrowUp") {
        event.preventDefault();
        this.#rows().at(-1)?.focus();
      }
    });
  }

  #rows() {
    return [...this.#list.children].filter((row) => !row.hidden);
  }

  #rowKey(event) {
    const row = event.target.closest(".message");
    if (row === null || event.target !== row) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#open(row, row.getBoundingClientRect());
    } else if (event.key === "Escape") {
      part(this.#root, "form").elements.content.focus();
    } else if (event.key in MOVES) {
      event.preventDefault();
      const rows = this.#rows();
      const to = rows.indexOf(row) + MOVES[event.key];
      rows[Math.min(rows.length - 1, Math.max(0, to))].focus();
    }
  }

  /** Show the menu of a row beside a place on the screen; false when it would be empty. */
  #open(row, place) {
    const { message } = row;
    const names = actionsFor(message, this.#room);
    if (names.length === 0) return false;
    this.#row = row;
    this.#showTools(null);
    setText(part(this.#menu, "menu-quote"), `${message.user.name}: ${snippet(message)}`);
    part(this.#menu, "menu-emoji").replaceChildren(...QUICK_EMOJI.map((emoji) => this.#emoji(emoji)));
    part(this.#menu, "menu-items").replaceChildren(...names.map((name) => this.#item(name)));
    this.#menu.showPopover();
    this.#place(place);
    this.#buttons()[0].focus();
    return true;
  }

  #emoji(emoji) {
    const button = cloneOf("chat-menu-item");
    const own = this.#room.ownReactions(this.#row.message.id).has(emoji);
    button.setAttribute("role", "menuitemcheckbox");
    button.setAttribute("aria-checked", String(own));
    button.setAttribute("aria-label", `React with ${emoji}`);
    button.textContent = emoji;
    button.dataset.react = emoji;
    return button;
  }

  #item(name) {
    const button = cloneOf("chat-menu-item");
    button.textContent = LABELS[name];
    button.dataset.act = name;
    button.classList.toggle("danger", DANGEROUS.has(name));
    button.classList.toggle("apart", name === FIRST_ON_USER);
    return button;
  }

  /** Beside the place, and wholly on the screen; on a phone the style has it at the lower edge. */
  #place({ left, right, top, bottom, width: placeWidth }) {
    const { offsetWidth: width, offsetHeight: height } = this.#menu;
    const room = { x: innerWidth - width - GAP_PX, y: innerHeight - height - GAP_PX };
    const x = placeWidth > 0 ? right - width : left;
    const y = bottom + GAP_PX < room.y ? bottom + GAP_PX : top - height - GAP_PX;
    this.#menu.style.left = `${Math.max(GAP_PX, Math.min(x, room.x))}px`;
    this.#menu.style.top = `${Math.max(GAP_PX, Math.min(y, room.y))}px`;
  }

  #wireMenu() {
    this.#menu.addEventListener("click", ({ target }) => {
      const { react, act } = target.closest("button")?.dataset ?? {};
      if (!react && !act) return;
      const { message } = this.#row;
      this.#menu.hidePopover();
      if (react) this.#actions.react(message, react);
      else this.#actions.do(act, message);
    });
    this.#menu.addEventListener("keydown", (event) => {
      const buttons = this.#buttons();
      const at = buttons.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      buttons[(at + step + buttons.length) % buttons.length].focus();
    });
  }

  #buttons() {
    return [...this.#menu.querySelectorAll("button")];
  }
}
