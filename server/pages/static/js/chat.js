// The chat protocol's client: one room over one WebSocket that comes back by itself. No DOM.
//
// It authenticates, joins with the last offset it has seen, and sends every message that was not
// acknowledged again under its first client_id, so that nothing is lost and nothing comes twice.

const SUBPROTOCOL = "bandstand.json";
const REPLY_TIMEOUT_MS = 10_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;
const RESTART_SPREAD_MS = 4_000;
const FLOOD_PAUSE_MS = 30_000;
const MAX_PENDING_MESSAGES = 20;

/** Close codes after which coming back by itself would be wrong. */
const FINAL_CLOSES = { 4003: "forbidden", 4009: "replaced" };
/** Refusals of a join that another try would meet again. */
const FINAL_REFUSALS = new Set(["forbidden", "licence_required", "banned", "not_found"]);
const CLOSE_AUTH = 4001;
const CLOSE_FLOODING = 4029;
const CLOSE_RESTART = 1012;

export class ChatError extends Error {
  constructor({ code, message, retry_after: retryAfter }) {
    super(message ?? code);
    this.name = "ChatError";
    this.code = code;
    this.retryAfterS = retryAfter;
  }
}

/**
 * Emits "state" {state: "connecting" | "open" | "reconnecting" | "closed", reason?},
 * "messages" {messages, reset}, "members" {count}, "pending" {pending}.
 */
export class ChatClient extends EventTarget {
  state = "closed";
  /** Messages on their way, oldest first: {clientId, content, error?}. */
  pending = [];

  #room;
  #getToken;
  #refreshToken;
  #makeSocket;
  #timers;
  #random;
  #newId;

  #socket = null;
  #joined = false;
  #early = [];
  #replies = new Map();
  #nextId = 1;
  #attempts = 0;
  #retryTimer = null;
  #epoch = null;
  #offset = 0;

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
  }) {
    super();
    this.#room = room;
    this.#getToken = getToken;
    this.#refreshToken = refreshToken;
    this.#makeSocket = makeSocket;
    this.#timers = timers;
    this.#random = random;
    this.#newId = newId;
  }

  /** Connect now: at the start, after a final close, and whenever a new try is likely to work. */
  connect() {
    if (this.#socket !== null) return;
    this.#timers.clear(this.#retryTimer);
    this.#setState(this.#attempts === 0 ? "connecting" : "reconnecting");
    const socket = this.#makeSocket(SUBPROTOCOL);
    this.#socket = socket;
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code);
  }

  /** Drop this connection and make a new one, for a user who has signed in or out. */
  reconnect() {
    this.#attempts = 0;
    this.#drop();
    this.connect();
  }

  /** Find out whether a connection that may have died unseen (sleep, roaming) still answers. */
  check() {
    if (this.#socket === null) this.connect();
    // Any reply will do, a refusal too; only silence counts, and #ask sees to that.
    else if (this.#joined) this.#ask({ do: "members", room: this.#room }).catch(() => null);
  }

  /** Send a message; false when too many are still on their way. See `pending`. */
  send(content) {
    if (this.pending.length >= MAX_PENDING_MESSAGES) return false;
    const entry = { clientId: this.#newId(), content };
    this.pending.push(entry);
    this.#emit("pending", { pending: this.pending });
    if (this.#joined) this.#sendEntry(entry);
    return true;
  }

  /** Try a message again that was refused (its `error` is set). */
  sendAgain(entry) {
    delete entry.error;
    this.#emit("pending", { pending: this.pending });
    if (this.#joined) this.#sendEntry(entry);
  }

  /** Forget a message that was refused. */
  discard(entry) {
    this.pending = this.pending.filter((other) => other !== entry);
    this.#emit("pending", { pending: this.pending });
  }

  /** {messages, more}: messages before an offset, oldest first. */
  history(before, limit) {
    return this.#ask({ do: "history", room: this.#room, before, limit });
  }

  async #greet(socket) {
    try {
      const token = await this.#getToken();
      if (this.#socket !== socket) return;
      if (token !== null) await this.#authenticate(token);
      const seen = this.#epoch === null ? {} : { after: this.#offset, epoch: this.#epoch };
      this.#enter(await this.#ask({ do: "join", room: this.#room, ...seen }));
    } catch (error) {
      if (this.#socket !== socket) return; // it closed meanwhile, and #lost has seen to it
      this.#drop();
      if (error instanceof ChatError && FINAL_REFUSALS.has(error.code)) {
        this.#setState("closed", error.code);
      } else {
        this.#retryIn(this.#backoffMs());
      }
    }
  }

  async #authenticate(token) {
    try {
      await this.#ask({ do: "auth", token });
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      const fresh = await this.#refreshToken();
      if (fresh !== null) await this.#ask({ do: "auth", token: fresh });
    }
  }

  #enter({ epoch, offset, recovered, messages, events, members }) {
    const reset = this.#epoch === null || epoch !== this.#epoch || !recovered;
    const missed = events
      .filter(({ push }) => push === "message")
      .map(({ message, offset: at }) => ({ ...message, offset: at }));
    const news = reset ? messages : missed.filter((message) => message.offset > this.#offset);
    this.#epoch = epoch;
    this.#offset = offset;
    this.#joined = true;
    this.#attempts = 0;
    this.#emit("messages", { messages: news, reset });
    this.#emit("members", { count: members });
    this.#take(this.#early.splice(0));
    if (!this.#joined) return; // what came along put us out again
    this.#setState("open");
    for (const entry of this.pending) if (!entry.error) this.#sendEntry(entry);
  }

  async #sendEntry(entry) {
    const { content, clientId } = entry;
    try {
      await this.#ask({ do: "send", room: this.#room, content, client_id: clientId });
    } catch (error) {
      if (!(error instanceof ChatError)) return; // the connection went: it is sent again
      entry.error = error;
      this.#emit("pending", { pending: this.pending });
      return;
    }
    this.discard(entry);
  }

  #ask(command) {
    const id = this.#nextId++;
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      if (socket === null) {
        reject(new Error("not connected"));
        return;
      }
      // A socket that no longer answers is dead, whatever TCP thinks of it.
      const timer = this.#timers.set(() => this.#lost(socket, 0), REPLY_TIMEOUT_MS);
      this.#replies.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ id, ...command }));
    });
  }

  #take(items) {
    const messages = [];
    let removed = null;
    for (const item of items) {
      if (item.re !== undefined) this.#answer(item);
      else if (item.room !== this.#room) continue;
      // What follows the join's reply in its own frame comes before #enter has run: keep it.
      else if (!this.#joined) this.#early.push(item);
      else if (item.push === "message" && item.offset > this.#offset) {
        this.#offset = item.offset;
        messages.push({ ...item.message, offset: item.offset });
      } else if (item.push === "members") this.#emit("members", { count: item.count });
      else if (item.push === "removed") removed = item;
    }
    if (messages.length > 0) this.#emit("messages", { messages, reset: false });
    if (removed === null) return;
    this.#drop(); // the server is about to close it, too
    this.#setState("closed", removed.reason);
  }

  #answer({ re, ok, error }) {
    const reply = this.#replies.get(re);
    if (reply === undefined) return;
    this.#replies.delete(re);
    this.#timers.clear(reply.timer);
    if (error) reply.reject(new ChatError(error));
    else reply.resolve(ok);
  }

  async #lost(socket, code) {
    if (this.#socket !== socket) return;
    this.#drop();
    if (code in FINAL_CLOSES) {
      this.#setState("closed", FINAL_CLOSES[code]);
    } else if (code === CLOSE_AUTH) {
      this.#retryIn(this.#backoffMs());
      await this.#refreshToken();
    } else if (code === CLOSE_FLOODING) {
      this.#retryIn(FLOOD_PAUSE_MS, "flooding");
    } else if (code === CLOSE_RESTART) {
      this.#retryIn(BACKOFF_FIRST_MS + this.#random() * RESTART_SPREAD_MS);
    } else {
      this.#retryIn(this.#backoffMs());
    }
  }

  #drop() {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    this.#joined = false;
    this.#early = [];
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    for (const { reject, timer } of this.#replies.values()) {
      this.#timers.clear(timer);
      reject(new Error("the connection was lost"));
    }
    this.#replies.clear();
  }

  #backoffMs() {
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** this.#attempts);
    return ceiling / 2 + (this.#random() * ceiling) / 2;
  }

  #retryIn(ms, reason) {
    this.#attempts += 1;
    this.#setState("reconnecting", reason);
    this.#retryTimer = this.#timers.set(() => this.connect(), ms);
  }

  #setState(state, reason) {
    this.state = state;
    this.#emit("state", { state, reason });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
