// What a page knows of a room: replies of `join` and pushes in, the room's state out. No DOM.

import { OwnReactions } from "./chat-own-reactions.js";
import { Timeline } from "./chat-timeline.js";

const NO_MODES = { slow_s: 0, ticket_holders: false, emote_only: false, approval: false };
/** Who is writing is told every 2 s, with one sample or another missing. */
const TYPING_HOLDS_MS = 4_500;

export class ChatRoom {
  timeline = new Timeline();
  /** The reader's: "owner", "moderator" or null. */
  role = null;
  modes = NO_MODES;
  pinned = [];
  members = 0;
  epoch = null;
  offset = 0;

  #now;
  #sanction = null;
  #typing = new Map();
  #me = null;
  #ownReactions;

  constructor({ id, now = () => Date.now(), storage = () => localStorage } = {}) {
    this.#now = now;
    this.#ownReactions = new OwnReactions(storage, id);
  }

  /** Who is reading: {id, name}, or null for a guest. */
  get me() {
    return this.#me;
  }

  set me(user) {
    if (user?.id !== this.#me?.id) {
      this.#ownReactions.load(user?.id ?? null);
      this.timeline.redraw();
    }
    this.#me = user;
  }

  /** The names of those others who are writing at this moment. */
  get typing() {
    const since = this.#now() - TYPING_HOLDS_MS;
    return [...this.#typing.values()].filter(({ at }) => at > since).map(({ name }) => name);
  }

  /** What is laid on the reader at this moment: {kind, until?, reason?} or null. */
  get sanction() {
    const until = this.#sanction?.until;
    return until && Date.parse(until) <= this.#now() ? null : this.#sanction;
  }

  get moderates() {
    return this.role === "owner" || this.role === "moderator";
  }

  /**
   * Take the reply of `join`: what was missed, or everything anew. Returns the messages that
   * are new here.
   */
  enter(reply) {
    const reset = this.epoch === null || reply.epoch !== this.epoch || !reply.recovered;
    const missed = reply.events.filter(({ offset }) => offset > this.offset);
    this.epoch = reply.epoch;
    if (reset) this.timeline.reset(reply.messages);
    else for (const event of missed) this.take(event);
    this.offset = reply.offset;
    this.#sum(reply.reactions ?? {});
    this.pinned = reply.pinned ?? [];
    this.modes = { ...NO_MODES, ...reply.modes };
    this.#setRole(reply.role);
    this.#sanction = reply.sanction ?? null;
    this.members = reply.members;
    this.#typing.clear();
    if (reset) return reply.messages;
    return missed.filter(({ push }) => push === "message").map(({ message }) => message);
  }

  /** Take a push. False when it was seen before, or changes nothing that is kept here. */
  take(push) {
    const { offset = null } = push;
    if (offset !== null) {
      if (offset <= this.offset) return false;
      this.offset = offset;
    }
    const change = this.#changes[push.push];
    change?.(push);
    return change !== undefined;
  }

  /** The emoji that the reader put under a message, as far as this browser knows. */
  ownReactions(messageId) {
    return this.#ownReactions.under(messageId);
  }

  /** The reader put an emoji under a message, or took it away. */
  noteReaction(messageId, emoji, on) {
    this.#ownReactions.note(messageId, emoji, on);
    this.timeline.amend(messageId, {});
  }

  #changes = {
    message: ({ offset, message }) => {
      this.timeline.append({ ...message, offset, ghost: offset === null });
      this.#typing.delete(message.user.id);
    },
    edited: ({ message: { id, content, edited_at: editedAt, deleted } }) => {
      if (deleted) this.#delete(id);
      else this.#edit(id, { content, edited_at: editedAt });
    },
    deleted: ({ message }) => this.#delete(message.id),
    purged: ({ user, before }) => {
      this.timeline.purge(user.id, before);
      this.pinned = this.pinned.filter((each) => each.user.id !== user.id || each.offset >= before);
    },
    pinned: ({ message }) => {
      const others = this.pinned.filter(({ id }) => id !== message.id);
      this.pinned = message.deleted ? others : [...others, message];
    },
    unpinned: ({ message }) => this.#unpin(message.id),
    mode: ({ modes }) => {
      this.modes = { ...NO_MODES, ...modes };
    },
    reactions: ({ sums }) => this.#sum(sums),
    typing: ({ users }) => {
      for (const [id, { at }] of this.#typing) {
        if (this.#now() - at >= TYPING_HOLDS_MS) this.#typing.delete(id);
      }
      for (const { id, name } of users) {
        if (id !== this.me?.id) this.#typing.set(id, { name, at: this.#now() });
      }
    },
    members: ({ count }) => {
      this.members = count;
    },
    sanction: ({ kind, user, until, reason }) => {
      if (user.id !== this.me?.id) return;
      this.#sanction = kind === "timeout" || kind === "ban" ? { kind, until, reason } : null;
    },
    role: ({ role, user }) => {
      if (user === undefined || user.id === this.me?.id) this.#setRole(role);
    },
  };

  #setRole(role) {
    this.role = role === "owner" || role === "moderator" ? role : null;
  }

  #edit(id, change) {
    this.timeline.amend(id, change);
    this.pinned = this.pinned.map((each) => (each.id === id ? { ...each, ...change } : each));
  }

  #delete(id) {
    this.timeline.delete(id);
    this.#unpin(id);
  }

  #unpin(id) {
    this.pinned = this.pinned.filter((each) => each.id !== id);
  }

  #sum(sums) {
    for (const [id, reactions] of Object.entries(sums)) {
      if (!this.timeline.find(id)?.deleted) this.timeline.amend(id, { reactions });
    }
  }
}
