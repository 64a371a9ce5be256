// The list of messages on the page: follows a Timeline, once a frame, and stays at its end unless
// the reader scrolled up.

import { fillRow, groupRows, newRow } from "./chat-row.js";
import { part } from "./dom.js";
import { plural } from "./format.js";

const AT_BOTTOM_WITHIN_PX = 48;
const NEAR_TOP_PX = 60;
const QUIET_MS = 500;
/** More new messages than this in a frame are too many to be read out. */
const MAX_SPOKEN_MESSAGES = 5;
const MAX_PAGES_TO_QUOTED = 4;
const FLASH_MS = 1_600;

export class ChatLog {
  #room;
  #scroll;
  #list;
  #pill;
  #earlier;
  #hello;
  #loadEarlier;
  #rows = new Map();
  #stuck = true;
  #resets = 0;
  #arrived = 0;
  #seen = 0;
  #loading = false;
  #quietTimer = null;

  /** `loadEarlier` is asked for older messages, and has the timeline take them. */
  constructor(root, room, loadEarlier) {
    this.#room = room;
    this.#loadEarlier = loadEarlier;
    this.#scroll = part(root, "scroll");
    this.#list = part(root, "log");
    this.#pill = part(root, "pill");
    this.#earlier = part(root, "earlier");
    this.#hello = part(root, "hello");
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#pill.addEventListener("click", () => this.toBottom());
    this.#earlier.addEventListener("click", () => this.#load());
    new ResizeObserver(() => this.#stuck && this.#jump()).observe(this.#scroll);
  }

  get list() {
    return this.#list;
  }

  /** Show the timeline as it is now. */
  draw() {
    const { timeline } = this.#room;
    const anew = timeline.resets !== this.#resets;
    if (anew || timeline.arrived - this.#arrived > MAX_SPOKEN_MESSAGES) this.#quietly();
    if (anew) this.#stuck = true;
    this.#resets = timeline.resets;
    this.#arrived = timeline.arrived;
    this.keepingPlace(() => this.#sync(timeline.items));
    if (this.#stuck) this.#seen = timeline.arrived;
    this.#earlier.hidden = !timeline.more;
    this.#hello.hidden = timeline.items.length > 0;
    this.#showPill();
  }

  /** Go to the newest message and stay there. */
  toBottom() {
    this.#stuck = true;
    this.#room.timeline.following = true;
    this.draw();
    this.#jump();
  }

  /** Change what is in the list with `work`; what is being read stays where it is. */
  keepingPlace(work) {
    const anchor = this.#stuck ? null : this.#firstVisible();
    const before = anchor?.offsetTop;
    work();
    if (this.#stuck) this.#jump();
    else if (anchor?.isConnected) this.#scroll.scrollTop += anchor.offsetTop - before;
  }

  /** Bring a message into view, and mark it for a moment; false when it is too far up. */
  async reveal(id) {
    for (let page = 0; !this.#rows.has(id) && page < MAX_PAGES_TO_QUOTED; page++) {
      if (!this.#room.timeline.more) break;
      await this.#load();
    }
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    this.#stuck = false;
    this.#room.timeline.following = false;
    row.scrollIntoView({ block: "center" });
    row.classList.add("flash");
    setTimeout(() => row.classList.remove("flash"), FLASH_MS);
    return true;
  }

  #sync(items) {
    const wanted = new Set(items.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    let next = this.#list.firstElementChild;
    for (const message of items) {
      const row = this.#rows.get(message.id) ?? newRow(message);
      this.#rows.set(message.id, row);
      if (row.message !== message || row.version !== message.version) {
        fillRow(row, message, this.#room);
      }
      if (row === next) next = row.nextElementSibling;
      else this.#list.insertBefore(row, next);
    }
    groupRows(this.#list.children);
  }

  async #load() {
    if (this.#loading) return;
    this.#loading = true;
    this.#earlier.disabled = true;
    this.#quietly();
    try {
      await this.#loadEarlier();
      this.draw();
    } catch {
      // not connected, or refused: the button stays, to be pressed again
    } finally {
      this.#loading = false;
      this.#earlier.disabled = false;
    }
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll;
    const stuck = scrollHeight - scrollTop - clientHeight <= AT_BOTTOM_WITHIN_PX;
    const { timeline } = this.#room;
    // The end of the list is not the end of the chat while newer messages wait.
    if (stuck && timeline.detached) return this.#showPill();
    if (stuck !== this.#stuck) {
      this.#stuck = stuck;
      timeline.following = stuck;
      if (stuck) this.draw();
    }
    if (!stuck && scrollTop < NEAR_TOP_PX && timeline.more) this.#load();
    this.#showPill();
  }

  #firstVisible() {
    const { scrollTop } = this.#scroll;
    for (const row of this.#list.children) {
      if (row.offsetTop + row.offsetHeight > scrollTop && !row.hidden) return row;
    }
    return null;
  }

  /** What is put in now is old or too much: a screen reader is not to read it all out. */
  #quietly() {
    this.#list.setAttribute("aria-live", "off");
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => this.#list.setAttribute("aria-live", "polite"), QUIET_MS);
  }

  #jump() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  #showPill() {
    this.#pill.hidden = this.#stuck;
    const unseen = this.#room.timeline.arrived - this.#seen;
    const text = unseen > 0 ? plural(unseen, "new message") : "Newest messages";
    if (this.#pill.lastElementChild.textContent !== text) {
      this.#pill.lastElementChild.textContent = text;
    }
  }
}
