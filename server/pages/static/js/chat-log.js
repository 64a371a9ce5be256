// The list of messages: bounded, grouped by sender, at its end unless the reader scrolled up.

import { cloneOf, part } from "./dom.js";
import { clock, nameHue, plural, splitLinks } from "./format.js";

const MAX_MESSAGES = 300;
/** While the reader is scrolled up, what they read must not be cut away so soon. */
const MAX_MESSAGES_SCROLLED_UP = 1_000;
const AT_BOTTOM_WITHIN_PX = 48;
const NEAR_TOP_PX = 60;
const QUIET_MS = 500;
const GROUP_WITHIN_MS = 3 * 60_000;

/** Append a text to an element, with its addresses as links. */
export function appendWithLinks(element, text) {
  for (const { text: piece, href } of splitLinks(text)) {
    if (href === undefined) {
      element.append(piece);
      continue;
    }
    const link = document.createElement("a");
    link.href = href;
    link.textContent = piece;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow ugc";
    element.append(link);
  }
}

function rowOf(message) {
  const row = cloneOf("chat-message");
  row.message = message;
  const name = part(row, "name");
  name.textContent = message.user.name;
  name.style.setProperty("--hue", nameHue(message.user.id));
  const at = part(row, "at");
  at.dateTime = message.at;
  at.textContent = clock(message.at);
  row.title = new Date(message.at).toLocaleString();
  appendWithLinks(part(row, "text"), message.content);
  return row;
}

/** Whether `row` needs no name of its own, for it follows its sender's last words. */
function follows(previous, row) {
  if (!previous) return false;
  const [a, b] = [previous.message, row.message];
  return a.user.id === b.user.id && Date.parse(b.at) - Date.parse(a.at) < GROUP_WITHIN_MS;
}

export class ChatLog {
  #scroll;
  #list;
  #pill;
  #earlier;
  #hello;
  #stuck = true;
  #unseen = 0;
  #loading = false;

  /** `loadEarlier` is asked for older messages and ends in a call of `prepend`. */
  constructor(root, loadEarlier) {
    this.#scroll = part(root, "scroll");
    this.#list = part(root, "log");
    this.#pill = part(root, "pill");
    this.#earlier = part(root, "earlier");
    this.#hello = part(root, "hello");
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#pill.addEventListener("click", () => this.toBottom());
    this.#earlier.addEventListener("click", () => this.#load(loadEarlier));
    new ResizeObserver(() => this.#stuck && this.#jump()).observe(this.#scroll);
  }

  /** The offset of the first message shown, null when there is none. */
  get oldestOffset() {
    return this.#list.firstElementChild?.message.offset ?? null;
  }

  /** Take new messages; with `reset`, in place of all that was shown. */
  take({ messages, reset }) {
    if (reset) this.#quietly();
    this.keepingPlace(() => {
      if (reset) this.#list.replaceChildren();
      for (const message of messages) {
        const row = rowOf(message);
        row.classList.toggle("follows", follows(this.#list.lastElementChild, row));
        this.#list.append(row);
      }
    });
    this.#trim();
    if (reset) this.#earlier.hidden = (this.oldestOffset ?? 1) <= 1;
    else if (!this.#stuck) this.#unseen += messages.length;
    this.#hello.hidden = this.#list.childElementCount > 0;
    this.#showPill();
  }

  /** Put older messages before those shown, without moving what is being read. */
  prepend(messages, more) {
    const first = this.#list.firstElementChild;
    let previous = null;
    this.#quietly();
    this.#holdingView(() => {
      for (const message of messages) {
        const row = rowOf(message);
        row.classList.toggle("follows", follows(previous, row));
        this.#list.insertBefore(row, first);
        previous = row;
      }
      first?.classList.toggle("follows", follows(previous, first));
    });
    const full = this.#list.childElementCount >= MAX_MESSAGES_SCROLLED_UP;
    this.#earlier.hidden = !more || messages.length === 0 || full;
  }

  /** Go to the newest message and stay there. */
  toBottom() {
    this.#stuck = true;
    this.#unseen = 0;
    this.#trim();
    this.#jump();
    this.#showPill();
  }

  /** Change the lists with `work`; at the end before it is at the end after it. */
  keepingPlace(work) {
    work();
    if (this.#stuck) this.#jump();
  }

  async #load(loadEarlier) {
    if (this.#loading) return;
    this.#loading = true;
    this.#earlier.disabled = true;
    try {
      await loadEarlier();
    } catch {
      // not connected, or refused: the button stays, to be pressed again
    } finally {
      this.#loading = false;
      this.#earlier.disabled = false;
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll;
    this.#stuck = scrollHeight - scrollTop - clientHeight <= AT_BOTTOM_WITHIN_PX;
    if (this.#stuck) {
      this.#unseen = 0;
      this.#trim();
    } else if (scrollTop < NEAR_TOP_PX && !this.#earlier.hidden) this.#earlier.click();
    this.#showPill();
  }

  #trim() {
    const surplus =
      this.#list.childElementCount - (this.#stuck ? MAX_MESSAGES : MAX_MESSAGES_SCROLLED_UP);
    if (surplus <= 0) return;
    this.#holdingView(() => {
      for (let i = 0; i < surplus; i++) this.#list.firstElementChild.remove();
      this.#list.firstElementChild.classList.remove("follows");
    });
    this.#earlier.hidden = false;
  }

  /** Change the list above what is being read, and keep that where it is on the screen. */
  #holdingView(work) {
    const before = this.#scroll.scrollHeight;
    const top = this.#scroll.scrollTop;
    work();
    this.#scroll.scrollTop = top + this.#scroll.scrollHeight - before;
  }

  /** What is put in now is old: a screen reader is not to read it all out. */
  #quietly() {
    this.#list.setAttribute("aria-live", "off");
    setTimeout(() => this.#list.setAttribute("aria-live", "polite"), QUIET_MS);
  }

  #jump() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #showPill() {
    this.#pill.hidden = this.#stuck;
    const text = this.#unseen > 0 ? plural(this.#unseen, "new message") : "Newest messages";
    this.#pill.lastElementChild.textContent = text;
  }
}
