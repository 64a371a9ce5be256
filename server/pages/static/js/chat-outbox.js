// Messages on their way: sent again under the same client_id until they are acknowledged, refused,
// or seen. No DOM.

import { ChatError } from "./chat-link.js";

export const MAX_PENDING_MESSAGES = 20;
/** What a server takes out of a text, and line breaks: two texts are compared without them. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]/gu;
const NOT_APPROVED = {
  rejected: { code: "rejected", message: "A moderator did not let this pass." },
  expired: { code: "expired", message: "No moderator read this in time." },
};

const ulid = (id) => id.slice(id.indexOf("_") + 1);
const bare = (text) => text.replace(UNSEEN, "");

export class ChatOutbox {
  /**
   * Oldest first: {clientId, content, replyTo?, mentions?, and one of error and held}. `held` is
   * the id under which a message waits for a moderator.
   */
  entries = [];

  #ask;
  #changed;
  #newId;

  /** `ask` sends a command and gives its result; `changed` is called when `entries` are others. */
  constructor({ ask, changed, newId }) {
    this.#ask = ask;
    this.#changed = changed;
    this.#newId = newId;
  }

  /** Add a message, null when too many are here; `send` it, or leave that to `flush`. */
  add(content, { replyTo, mentions } = {}) {
    if (this.entries.length >= MAX_PENDING_MESSAGES) return null;
    const entry = { clientId: this.#newId(), content, replyTo, mentions };
    this.entries = [...this.entries, entry];
    this.#changed();
    return entry;
  }

  /** Forget a message. */
  discard(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    this.#changed();
  }

  /** Send a message; true when it was taken. */
  async send(entry) {
    delete entry.error;
    this.#changed();
    const { content, clientId, replyTo, mentions } = entry;
    let done;
    try {
      done = await this.#ask({
        do: "send",
        content,
        client_id: clientId,
        reply_to: replyTo,
        mentions: mentions?.length ? mentions : undefined,
      });
    } catch (error) {
      if (!(error instanceof ChatError)) return false; // the connection went: it is sent again
      entry.error = error;
      this.#changed();
      return false;
    }
    if (done.pending === undefined) this.discard(entry);
    else if (this.entries.includes(entry)) {
      entry.held = done.pending;
      this.#changed();
    }
    return true;
  }

  /** Send what was not acknowledged, in order. */
  flush() {
    for (const entry of this.entries) if (!entry.error && !entry.held) this.send(entry);
  }

  /**
   * The reader's own words came back posted: if they waited for a moderator, they do no more.
   * An approved message has an id of its own, which is younger (a ULID) than what it waited under.
   */
  posted({ id, content }) {
    const entry = this.entries.find(
      ({ held, content: said }) =>
        held !== undefined && ulid(held) < ulid(id) && bare(said) === bare(content),
    );
    if (entry !== undefined) this.discard(entry);
  }

  /** A moderator has looked at a message. */
  resolved({ pending, outcome }) {
    const entry = this.entries.find(({ held }) => held === pending.id);
    if (entry === undefined) return;
    if (outcome === "approved") this.discard(entry);
    else {
      delete entry.held;
      entry.error = new ChatError(NOT_APPROVED[outcome] ?? NOT_APPROVED.rejected);
      this.#changed();
    }
  }
}
