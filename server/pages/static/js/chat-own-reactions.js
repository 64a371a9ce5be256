// Which emoji the reader put under which messages: sums do not say whose they are, so the browser
// remembers it. No DOM.

const MAX_MESSAGES = 500;

export class OwnReactions {
  #storage;
  #room;
  #key = null;
  #byMessage = new Map();

  /** `storage` gives what is like localStorage; it may refuse, and then a reload forgets. */
  constructor(storage, room) {
    this.#storage = storage;
    this.#room = room;
  }

  /** Take up those of this user, null for a guest. */
  load(userId) {
    this.#key = userId && `bandstand.reactions.${this.#room}.${userId}`;
    this.#byMessage = new Map();
    if (this.#key === null) return;
    try {
      const kept = JSON.parse(this.#storage().getItem(this.#key)) ?? [];
      for (const [id, emoji] of kept) this.#byMessage.set(id, new Set(emoji));
    } catch {
      // nothing that can be read: as if there were none
    }
  }

  /** The emoji under one message: a Set. */
  under(messageId) {
    return this.#byMessage.get(messageId) ?? new Set();
  }

  /** An emoji was put under a message, or (not `on`) taken away. */
  note(messageId, emoji, on) {
    const mine = new Set(this.under(messageId));
    if (on) mine.add(emoji);
    else mine.delete(emoji);
    this.#byMessage.delete(messageId);
    if (mine.size > 0) this.#byMessage.set(messageId, mine);
    while (this.#byMessage.size > MAX_MESSAGES) {
      this.#byMessage.delete(this.#byMessage.keys().next().value);
    }
    if (this.#key === null) return;
    try {
      const kept = [...this.#byMessage].map(([id, emojis]) => [id, [...emojis]]);
      this.#storage().setItem(this.#key, JSON.stringify(kept));
    } catch {
      // denied or full: it is forgotten with the page
    }
  }
}
