// One WebSocket of the chat protocol that comes back by itself: replies, liveness, close codes.

const SUBPROTOCOL = "bandstand.json";
const REPLY_TIMEOUT_MS = 10_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;
const RESTART_SPREAD_MS = 4_000;
const FLOOD_PAUSE_MS = 30_000;

/** Close codes after which coming back by itself would be wrong. */
const FINAL_CLOSES = { 4003: "forbidden", 4009: "replaced" };
/** Refusals of a join that another try would meet again. */
const FINAL_REFUSALS = new Set(["forbidden", "licence_required", "banned", "not_found"]);
const CLOSE_AUTH = 4001;
const CLOSE_FLOODING = 4029;
const CLOSE_RESTART = 1012;

export class ChatError extends Error {
  #until;

  constructor({ code, message, retry_after: retryAfter }) {
    super(message ?? code);
    this.name = "ChatError";
    this.code = code;
    this.retryAfterS = retryAfter;
    this.#until = Date.now() + (retryAfter ?? 0) * 1000;
  }

  /** Seconds until waiting has helped; 0 where it does not, or has. */
  get leftS() {
    return Math.max(0, (this.#until - Date.now()) / 1000);
  }
}

/** When the server says to come back, in the reason that it closes with; null where it does not. */
function toldMs(reason) {
  const told = /retry in (\d+) s/.exec(reason ?? "");
  return told === null ? null : Number(told[1]) * 1_000;
}

export class ChatLink {
  state = "closed";

  #makeSocket;
  #timers;
  #random;
  #greet;
  #take;
  #dropped;
  #told;
  #refreshToken;

  #socket = null;
  #replies = new Map();
  #nextId = 1;
  #attempts = 0;
  #retryTimer = null;

  /**
   * `greet(isCurrent)` says who one is and joins; `take(pushes)` gets the pushes of a frame;
   * `dropped()` is called when there is no connection any more; `told(state, reason)` when the
   * state is another one: connecting, open, reconnecting, closed.
   */
  constructor({ makeSocket, timers, random, greet, take, dropped, told, refreshToken }) {
    this.#makeSocket = makeSocket;
    this.#timers = timers;
    this.#random = random;
    this.#greet = greet;
    this.#take = take;
    this.#dropped = dropped;
    this.#told = told;
    this.#refreshToken = refreshToken;
  }

  get connected() {
    return this.#socket !== null;
  }

  connect() {
    if (this.#socket !== null) return;
    this.#timers.clear(this.#retryTimer);
    this.#setState(this.#attempts === 0 ? "connecting" : "reconnecting");
    const socket = this.#makeSocket(SUBPROTOCOL);
    this.#socket = socket;
    socket.onopen = () => this.#begin(socket);
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
  }

  reconnect() {
    this.#attempts = 0;
    this.#drop();
    this.connect();
  }

  /** The room let us in. */
  opened() {
    this.#attempts = 0;
    this.#setState("open");
  }

  /** End it for good. */
  close(reason) {
    this.#drop();
    this.#setState("closed", reason);
  }

  /** Send a command; its result, or ChatError, or another error when the connection is lost. */
  ask(command) {
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

  async #begin(socket) {
    try {
      await this.#greet(() => this.#socket === socket);
    } catch (error) {
      if (this.#socket !== socket) return; // it closed meanwhile, and #lost has seen to it
      if (error instanceof ChatError && FINAL_REFUSALS.has(error.code)) this.close(error.code);
      else {
        this.#drop();
        this.#retryIn(this.#backoffMs());
      }
    }
  }

  #receive(items) {
    for (const item of items) if (item.re !== undefined) this.#answer(item);
    this.#take(items.filter(({ re }) => re === undefined));
  }

  #answer({ re, ok, error }) {
    const reply = this.#replies.get(re);
    if (reply === undefined) return;
    this.#replies.delete(re);
    this.#timers.clear(reply.timer);
    if (error) reply.reject(new ChatError(error));
    else reply.resolve(ok);
  }

  async #lost(socket, code, reason) {
    if (this.#socket !== socket) return;
    this.#drop();
    const told = toldMs(reason);
    if (code in FINAL_CLOSES) {
      this.#setState("closed", FINAL_CLOSES[code]);
    } else if (code === CLOSE_AUTH) {
      this.#retryIn(this.#backoffMs());
      await this.#refreshToken();
    } else if (code === CLOSE_FLOODING) {
      this.#retryIn(told ?? FLOOD_PAUSE_MS, "flooding");
    } else if (code === CLOSE_RESTART) {
      // Each client is told another second; within it they spread by themselves.
      const spreadMs = told === null ? RESTART_SPREAD_MS : 1_000;
      this.#retryIn((told ?? BACKOFF_FIRST_MS) + this.#random() * spreadMs);
    } else {
      this.#retryIn(this.#backoffMs());
    }
  }

  #drop() {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    this.#dropped();
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
    this.#told(state, reason);
  }
}
