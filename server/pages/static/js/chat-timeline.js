// The messages of a room that a page keeps, bounded whatever comes. No DOM.
//
// `items` are those shown, in order and without a gap. While the reader follows the end, old ones
// go as new ones come. A reader who scrolled up keeps what they read: once the list is full, the
// newest ones wait in the tail alone ("detached"), and following again brings them back.

export const MAX_SHOWN_MESSAGES = 450;
export const MAX_FOLLOWED_MESSAGES = 250;

/** The message of a push or a reply, with what the page needs: `version` grows as it changes. */
function kept(message) {
  return { reactions: {}, mentions: [], ...message, atMs: Date.parse(message.at), version: 1 };
}

function blank(message) {
  Object.assign(message, { content: "", mentions: [], reactions: {}, deleted: true });
}

export class Timeline {
  items = [];
  /** Whether there may be messages before the first of `items`. */
  more = false;
  /** How many came since the page was opened, and how often everything was shown anew. */
  arrived = 0;
  resets = 0;

  #tail = [];
  #attached = true;
  #following = true;

  get following() {
    return this.#following;
  }

  /** Whether the reader is at the end; from now on, what is shown ends with the newest message. */
  set following(yes) {
    this.#following = yes;
    if (!yes) return;
    if (!this.#attached) this.#show(this.#tail);
    else this.#cutTop(MAX_FOLLOWED_MESSAGES);
  }

  /** Whether newer messages than the last of `items` wait in the tail. */
  get detached() {
    return !this.#attached;
  }

  /** The offset of the first message shown, null when there is none. */
  get oldestOffset() {
    return this.items.find(({ offset }) => offset !== null)?.offset ?? null;
  }

  /** Show these messages and nothing else, but what its author alone sees ("ghosts"). */
  reset(messages) {
    const ghosts = this.#tail.filter(({ ghost }) => ghost);
    this.#tail = messages.map(kept);
    for (const ghost of ghosts) {
      const before = this.#tail.findLastIndex(({ atMs }) => atMs <= ghost.atMs);
      if (before >= 0 || this.#tail.length === 0) this.#tail.splice(before + 1, 0, ghost);
    }
    this.resets += 1;
    this.#show(this.#tail);
  }

  append(message) {
    const added = kept(message);
    this.arrived += 1;
    this.#tail.push(added);
    if (this.#tail.length > MAX_FOLLOWED_MESSAGES) this.#tail.shift();
    if (!this.#attached) return;
    if (!this.#following && this.items.length >= MAX_SHOWN_MESSAGES) {
      this.#attached = false;
      return;
    }
    this.items.push(added);
    if (this.#following) this.#cutTop(MAX_FOLLOWED_MESSAGES);
  }

  /** Put older messages before those shown. */
  prepend(messages, more) {
    const oldest = this.oldestOffset ?? Infinity;
    const older = messages.filter(({ offset }) => offset < oldest).map(kept);
    this.items = [...older, ...this.items];
    this.more = more && older.length > 0;
    if (this.items.length <= MAX_SHOWN_MESSAGES) return;
    this.items.length = MAX_SHOWN_MESSAGES;
    this.#attached = false;
  }

  /** The message with this id, if the page keeps it. */
  find(id) {
    const hasId = (message) => message.id === id;
    return this.#tail.findLast(hasId) ?? this.items.findLast(hasId);
  }

  /** Change a message, and all that quote it. */
  amend(id, change) {
    const message = this.find(id);
    if (message !== undefined) Object.assign(message, change);
    for (const each of this.#all()) {
      if (each === message || each.reply_to === id) each.version += 1;
    }
  }

  /** The message says nothing any more. */
  delete(id) {
    const message = this.find(id);
    if (message !== undefined) blank(message);
    this.amend(id, {});
  }

  /** All that a user said before an offset says nothing any more. */
  purge(userId, before) {
    for (const message of this.#all()) {
      const said = message.user.id === userId && message.offset !== null;
      if (said && message.offset < before) blank(message);
      message.version += 1; // it may quote one of them
    }
  }

  /** What the page draws of this message may be another thing now (names, who is reading). */
  redraw() {
    for (const message of this.#all()) message.version += 1;
  }

  /** Who spoke lately, the last one first: [{id, name}]. */
  speakers() {
    const found = new Map();
    for (const { user } of this.#tail.toReversed()) if (!found.has(user.id)) found.set(user.id, user);
    return [...found.values()];
  }

  /** The name of somebody who spoke, if the page knows it. */
  nameOf(userId) {
    return this.#all().find(({ user }) => user.id === userId)?.user.name;
  }

  #all() {
    return [...new Set([...this.items, ...this.#tail])];
  }

  #show(messages) {
    this.items = [...messages];
    this.#attached = true;
    this.more = (this.oldestOffset ?? 1) > 1;
    this.#cutTop(MAX_FOLLOWED_MESSAGES);
  }

  #cutTop(most) {
    const surplus = this.items.length - most;
    if (surplus <= 0) return;
    this.items.splice(0, surplus);
    this.more = true;
  }
}
