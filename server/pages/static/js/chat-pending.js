// The messages of one's own that are on their way: sent, refused, or waiting for a moderator.

import { appendWithLinks } from "./chat-row.js";
import { refusal } from "./chat-words.js";
import { cloneOf, part, setText } from "./dom.js";

const COUNTDOWN_MS = 1_000;
const HELD = "Waiting for a moderator.";

export class PendingList {
  #list;
  #client;
  #keepingPlace;
  #rows = new Map();
  #timer = null;

  /** `keepingPlace(work)` has what is being read stay where it is while `work` changes the list. */
  constructor(list, client, keepingPlace) {
    this.#list = list;
    this.#client = client;
    this.#keepingPlace = keepingPlace;
  }

  draw() {
    const { pending } = this.#client;
    this.#keepingPlace(() => {
      for (const [entry, row] of this.#rows) {
        if (pending.includes(entry)) continue;
        row.remove();
        this.#rows.delete(entry);
      }
      for (const entry of pending) {
        if (!this.#rows.has(entry)) this.#add(entry);
        this.#fill(this.#rows.get(entry), entry);
      }
    });
    clearTimeout(this.#timer);
    // One that may be tried again in a while says how long that is.
    if (pending.some(({ error }) => error?.leftS > 0)) {
      this.#timer = setTimeout(() => this.draw(), COUNTDOWN_MS);
    }
  }

  #add(entry) {
    const row = cloneOf("chat-pending");
    appendWithLinks(part(row, "text"), entry.content);
    part(row, "again").addEventListener("click", () => this.#client.sendAgain(entry));
    part(row, "drop").addEventListener("click", () => this.#client.discard(entry));
    this.#rows.set(entry, row);
    this.#list.append(row);
  }

  #fill(row, { error, held }) {
    row.classList.toggle("refused", Boolean(error));
    const fate = error ? refusal(error, error.leftS) : held ? HELD : "";
    setText(part(row, "fate"), fate);
    part(row, "fates").hidden = fate === "";
    part(row, "again").hidden = !error || error.leftS > 0;
    part(row, "drop").hidden = !error && !held;
    setText(part(row, "drop"), held ? "Hide" : "Discard");
  }
}
