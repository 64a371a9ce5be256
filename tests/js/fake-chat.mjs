// A chat client against a fake server side, for its tests.

import assert from "node:assert/strict";

import { ChatClient } from "../../server/pages/static/js/chat.js";

class FakeSocket {
  sent = [];
  closed = false;

  constructor(subprotocol) {
    this.subprotocol = subprotocol;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  /** A frame from the server. */
  frame(...items) {
    this.onmessage({ data: JSON.stringify(items) });
  }

  /** The last command of this kind. */
  last(kind) {
    return this.sent.findLast((command) => command.do === kind);
  }
}

class FakeTimers {
  #timers = new Map();
  #next = 1;

  set = (work, ms) => {
    this.#timers.set(this.#next, { work, ms });
    return this.#next++;
  };

  clear = (id) => this.#timers.delete(id);

  get delays() {
    return [...this.#timers.values()].map(({ ms }) => ms);
  }

  /** Run the only timer there is; returns its delay. */
  fire() {
    assert.equal(this.#timers.size, 1, `timers: ${this.delays}`);
    const [[id, { work, ms }]] = this.#timers;
    this.#timers.delete(id);
    work();
    return ms;
  }
}

/** As localStorage is. */
export class FakeStorage {
  #items = new Map();

  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  setItem(key, value) {
    this.#items.set(key, value);
  }
}

/** Let every promise that can settle do so. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export const message = (offset, content = `m${offset}`) => ({
  id: `msg_${offset}`,
  offset,
  user: { id: "usr_a", name: "Ada" },
  content,
  at: "2026-01-01T12:00:00Z",
});

export function push(offset) {
  const { offset: _, ...inner } = message(offset);
  return { push: "message", room: "room", offset, message: inner };
}

export function setUp({ token = null, refreshed = null, now = () => 0 } = {}) {
  const sockets = [];
  const timers = new FakeTimers();
  const seen = { messages: [], resets: 0, states: [], members: null, pushes: [] };
  const storage = new FakeStorage();
  let ids = 0;
  const calls = { refresh: 0 };
  const client = new ChatClient({
    room: "room",
    getToken: async () => token,
    refreshToken: async () => {
      calls.refresh += 1;
      return refreshed;
    },
    makeSocket: (subprotocol) => {
      sockets.push(new FakeSocket(subprotocol));
      return sockets.at(-1);
    },
    timers,
    random: () => 0.5,
    now,
    newId: () => `client-${++ids}`,
  });
  client.addEventListener("change", () => {
    seen.resets = client.room.timeline.resets;
    seen.messages = client.room.timeline.items.map(({ offset }) => offset);
    seen.members = client.room.members;
  });
  client.addEventListener("push", ({ detail }) => seen.pushes.push(detail.push.push));
  client.addEventListener("state", ({ detail }) => {
    seen.states.push(detail.reason ? `${detail.state}:${detail.reason}` : detail.state);
  });
  return { client, sockets, timers, seen, calls };
}

export function joinReply(socket, offsets, { epoch = "e1", recovered = false, offset, members = 1 } = {}) {
  return {
    re: socket.last("join").id,
    ok: {
      room: "room",
      epoch,
      offset: offset ?? offsets.at(-1) ?? 0,
      recovered,
      messages: recovered ? [] : offsets.map((each) => message(each)),
      events: recovered ? offsets.map((each) => push(each)) : [],
      members,
    },
  };
}

export async function joined(world, offsets = [1, 2], options = {}) {
  world.client.connect();
  const socket = world.sockets.at(-1);
  socket.onopen();
  await settle();
  socket.frame(joinReply(socket, offsets, options));
  await settle();
  return socket;
}

/** Join as this user. */
export async function joinedAs(world, user, offsets = [1, 2], options = {}) {
  world.client.connect();
  const socket = world.sockets.at(-1);
  socket.onopen();
  await settle();
  socket.frame({ re: socket.last("auth").id, ok: { user } });
  await settle();
  socket.frame(joinReply(socket, offsets, options));
  await settle();
  return socket;
}

/** Lose the connection, wait out the delay, and open the next one up to its join. */
export async function comeBack(world, code = 1006) {
  world.sockets.at(-1).onclose({ code });
  const delay = world.timers.fire();
  const socket = world.sockets.at(-1);
  socket.onopen();
  await settle();
  return { socket, delay };
}
