// The chat protocol's client: one room over one WebSocket that comes back by itself. No DOM.
//
// It authenticates, joins with the last offset it has seen, and sends every message that was not
// acknowledged again under its first client_id, so that nothing is lost and nothing comes twice.

import { ChatError, ChatLink } from "./chat-link.js";
import { ChatOutbox } from "./chat-outbox.js";
import { ChatRoom } from "./chat-room.js";

export { ChatError };

const TYPING_EVERY_MS = 2_000;
/** In a larger room nobody is told who is typing. */
const MAX_TYPING_MEMBERS = 200;
/** Pushes that the page shows by itself; all others are emitted for whoever wants them. */
const USED = new Set([
  "message", "edited", "deleted", "purged", "pinned", "unpinned", "reactions", "typing", "members",
  "removed",
]);

/**
 * Emits "state" {state: "connecting" | "open" | "reconnecting" | "closed", reason?}, "change" when
 * `room` is another one (once a frame), "pending" {pending}, "sent" when a message of one's own was
 * taken, and "push" {push} for each push that the page does not show by itself (sanction, role,
 * mode, report, pending, resolved, and those that it does not know).
 */
export class ChatClient extends EventTarget {
  /** What is known of the room: see ChatRoom. */
  room;

  #roomId;
  #getToken;
  #refreshToken;
  #now;
  #link;
  #outbox;
  #joined = false;
  #early = [];
  #typedAt = -Infinity;

  /**
   * `getToken` resolves to an access token or null; `refreshToken` makes it a new one.
   * The others stand in for the browser's own in tests.
   */
  constructor({
    room,
    getToken,
    refreshToken,
    makeSocket,
    timers = { set: (f, ms) => setTimeout(f, ms), clear: (timer) => clearTimeout(timer) },
    random = Math.random,
    newId = () => crypto.randomUUID(),
    now = () => Date.now(),
    storage = () => localStorage,
  }) {
    super();
    this.#roomId = room;
    this.#getToken = getToken;
    this.#refreshToken = refreshToken;
    this.#now = now;
    this.room = new ChatRoom({ id: room, now, storage });
    this.#link = new ChatLink({
      makeSocket,
      timers,
      random,
      refreshToken,
      greet: (isCurrent) => this.#greet(isCurrent),
      take: (pushes) => this.#take(pushes),
      dropped: () => this.#dropped(),
      told: (state, reason) => this.#emit("state", { state, reason }),
    });
    this.#outbox = new ChatOutbox({
      ask: (command) => this.#ask(command),
      changed: () => this.#emit("pending", { pending: this.pending }),
      newId,
    });
  }

  get state() {
    return this.#link.state;
  }

  /** Messages on their way, oldest first: see ChatOutbox. */
  get pending() {
    return this.#outbox.entries;
  }

  /** Connect now: at the start, after a final close, and whenever a new try is likely to work. */
  connect() {
    this.#link.connect();
  }

  /** Drop this connection and make a new one, for a user who has signed in or out. */
  reconnect() {
    this.#link.reconnect();
  }

  /** Find out whether a connection that may have died unseen (sleep, roaming) still answers. */
  check() {
    if (!this.#link.connected) this.connect();
    // Any reply will do, a refusal too; only silence counts, and the link sees to that.
    else if (this.#joined) this.#ask({ do: "members" }).catch(() => null);
  }

  /** Send a message; false when too many are still on their way. See `pending`. */
  send(content, { replyTo, mentions } = {}) {
    const entry = this.#outbox.add(content, { replyTo, mentions });
    if (entry === null) return false;
    this.#typedAt = -Infinity;
    if (this.#joined) this.#send(entry);
    return true;
  }

  /** Try a message again that was refused (its `error` is set). */
  sendAgain(entry) {
    if (this.#joined) this.#send(entry);
    else {
      delete entry.error;
      this.#emit("pending", { pending: this.pending });
    }
  }

  /** Forget a message that was refused, or waits for a moderator. */
  discard(entry) {
    this.#outbox.discard(entry);
  }

  /** {messages, more}: messages before an offset, oldest first. */
  history(before, limit) {
    return this.#ask({ do: "history", before, limit });
  }

  async edit(message, content) {
    if (!this.#onGhost(message, "edited", { content })) {
      await this.#ask({ do: "edit", message, content });
    }
  }

  async delete(message, reason) {
    if (!this.#onGhost(message, "deleted")) await this.#ask({ do: "delete", message, reason });
  }

  /** Put an emoji under a message, or (not `on`) take one's own away. */
  async react(message, emoji, on) {
    this.room.noteReaction(message, emoji, on);
    this.#emit("change");
    if (this.room.timeline.find(message)?.ghost) return;
    try {
      await this.#ask({ do: on ? "react" : "unreact", message, emoji });
    } catch (error) {
      this.room.noteReaction(message, emoji, !on);
      this.#emit("change");
      throw error;
    }
  }

  pin(message, on) {
    return this.#ask({ do: on ? "pin" : "unpin", message });
  }

  async report(message, reason) {
    if (this.room.timeline.find(message)?.ghost) return;
    await this.#ask({ do: "report", message, reason });
  }

  /** Do what moderators may: see `moderate` in the documentation for client developers. */
  moderate(action, fields) {
    return this.#ask({ do: "moderate", action, ...fields });
  }

  /** How a stream stands; until this connection ends, "push" tells what happens to it. */
  watch(stream) {
    return this.#link.ask({ do: "watch", stream });
  }

  /** Somebody is writing here; told as often as others can make use of. */
  typing() {
    if (!this.#joined || this.room.members > MAX_TYPING_MEMBERS) return;
    if (this.#now() - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = this.#now();
    this.#ask({ do: "typing" }).catch(() => null); // a line that is not shown is no loss
  }

  #ask(command) {
    return this.#link.ask({ room: this.#roomId, ...command });
  }

  /** A message that its author alone sees is changed here alone. */
  #onGhost(id, push, change) {
    if (!this.room.timeline.find(id)?.ghost) return false;
    const edited = { edited_at: new Date(this.#now()).toISOString() };
    this.room.take({ push, message: { id, ...edited, ...change } });
    this.#emit("change");
    return true;
  }

  async #send(entry) {
    if (await this.#outbox.send(entry)) this.#emit("sent");
  }

  async #greet(isCurrent) {
    const token = await this.#getToken();
    if (!isCurrent()) return;
    const user = token === null ? null : await this.#authenticate(token);
    this.room.me = user;
    const { epoch, offset } = this.room;
    const seen = epoch === null ? {} : { after: offset, epoch };
    this.#enter(await this.#ask({ do: "join", ...seen }));
  }

  async #authenticate(token) {
    try {
      return (await this.#link.ask({ do: "auth", token })).user ?? null;
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      const fresh = await this.#refreshToken();
      if (fresh === null) return null;
      return (await this.#link.ask({ do: "auth", token: fresh })).user ?? null;
    }
  }

  #enter(reply) {
    for (const message of this.room.enter(reply)) this.#noteOwn(message);
    this.#joined = true;
    for (const event of reply.events) this.#tell(event);
    this.#emit("change");
    this.#take(this.#early.splice(0));
    if (!this.#joined) return; // what came along put us out again
    this.#link.opened();
    this.#outbox.flush();
  }

  #take(pushes) {
    let changed = false;
    let removed = null;
    for (const push of pushes) {
      const ours = push.room === this.#roomId;
      // What follows the join's reply in its own frame comes before #enter has run: keep it.
      if (ours && !this.#joined) this.#early.push(push);
      else if (ours && push.push === "removed") removed = push;
      else {
        if (ours && this.room.take(push)) changed = true;
        if (ours && push.push === "message") this.#noteOwn(push.message);
        if (ours && push.push === "resolved") this.#outbox.resolved(push);
        this.#tell(push);
      }
    }
    if (changed) this.#emit("change");
    if (removed !== null) this.#link.close(removed.reason); // the server is about to, too
  }

  #noteOwn(message) {
    if (message.user.id === this.room.me?.id) this.#outbox.posted(message);
  }

  #tell(push) {
    if (push.room !== this.#roomId || !USED.has(push.push)) this.#emit("push", { push });
  }

  #dropped() {
    this.#joined = false;
    this.#early = [];
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
