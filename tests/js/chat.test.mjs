// The chat client against a fake server side: resume, resend, and what each close means.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { comeBack, joined, joinReply, push, settle, setUp } from "./fake-chat.mjs";

describe("joining", () => {
  test("a guest joins without auth, in the JSON subprotocol", async () => {
    const world = setUp();
    const socket = await joined(world, [1, 2, 3], { members: 7 });
    assert.equal(socket.subprotocol, "bandstand.json");
    assert.deepEqual(
      socket.sent.map((command) => command.do),
      ["join"],
    );
    assert.equal(socket.last("join").after, undefined);
    assert.deepEqual(world.seen.messages, [1, 2, 3]);
    assert.equal(world.seen.members, 7);
    assert.deepEqual(world.seen.states, ["connecting", "open"]);
    assert.deepEqual(world.timers.delays, []);
  });

  test("a signed-in user is authenticated before the join", async () => {
    const world = setUp({ token: "T" });
    world.client.connect();
    const [socket] = world.sockets;
    socket.onopen();
    await settle();
    assert.deepEqual(socket.sent, [{ id: 1, do: "auth", token: "T" }]);
    socket.frame({ re: 1, ok: {} });
    await settle();
    assert.deepEqual(socket.sent.at(-1), { id: 2, do: "join", room: "room" });
  });

  test("a refused token is refreshed once; without a fresh one the user is a guest", async () => {
    const world = setUp({ token: "old", refreshed: null });
    world.client.connect();
    const [socket] = world.sockets;
    socket.onopen();
    await settle();
    socket.frame({ re: 1, error: { code: "token_expired", message: "" } });
    await settle();
    assert.equal(world.calls.refresh, 1);
    assert.equal(socket.sent.at(-1).do, "join");
  });

  test("pushes in the frame of the join's reply are not lost", async () => {
    const world = setUp();
    world.client.connect();
    const [socket] = world.sockets;
    socket.onopen();
    await settle();
    socket.frame(joinReply(socket, [1, 2]), push(3));
    await settle();
    assert.deepEqual(world.seen.messages, [1, 2, 3]);
  });

  test("a final refusal ends it, and nothing is tried again", async () => {
    const world = setUp();
    world.client.connect();
    const [socket] = world.sockets;
    socket.onopen();
    await settle();
    socket.frame({ re: socket.last("join").id, error: { code: "licence_required" } });
    await settle();
    assert.equal(world.seen.states.at(-1), "closed:licence_required");
    assert.deepEqual(world.timers.delays, []);
    assert.ok(socket.closed);
  });
});

describe("being put out", () => {
  const removed = { push: "removed", room: "room", reason: "licence_revoked" };

  test("a removal closes it for good, and the socket's end changes nothing", async () => {
    const world = setUp();
    const socket = await joined(world);
    socket.frame(push(3), removed);
    assert.deepEqual(world.seen.messages, [1, 2, 3]);
    assert.equal(world.seen.states.at(-1), "closed:licence_revoked");
    assert.ok(socket.closed);
    assert.equal(socket.onclose, null);
    assert.deepEqual(world.timers.delays, []);
  });

  test("the close alone, 4003, is not come back from either", async () => {
    const world = setUp();
    const socket = await joined(world);
    socket.onclose({ code: 4003 });
    assert.equal(world.seen.states.at(-1), "closed:forbidden");
    assert.deepEqual(world.timers.delays, []);
    assert.equal(world.sockets.length, 1);
  });

  test("a removal that comes with the join's reply wins", async () => {
    const world = setUp();
    world.client.connect();
    const [socket] = world.sockets;
    socket.onopen();
    await settle();
    socket.frame(joinReply(socket, [1]), removed);
    await settle();
    assert.equal(world.seen.states.at(-1), "closed:licence_revoked");
  });

  test("another room's removal is not ours", async () => {
    const world = setUp();
    const socket = await joined(world);
    socket.frame({ ...removed, room: "other" });
    assert.equal(world.seen.states.at(-1), "open");
  });

  test("with a new ticket it comes back, and shows what was missed", async () => {
    const world = setUp();
    const first = await joined(world);
    first.frame(removed);
    world.client.reconnect();
    const socket = world.sockets.at(-1);
    socket.onopen();
    await settle();
    assert.equal(socket.last("join").after, 2);
    socket.frame(joinReply(socket, [3], { recovered: true }));
    await settle();
    assert.deepEqual(world.seen.messages, [1, 2, 3]);
    assert.equal(world.seen.states.at(-1), "open");
  });
});

describe("resuming", () => {
  test("the next join says after and epoch, and only what was missed is added", async () => {
    const world = setUp();
    const first = await joined(world);
    first.frame(push(3));
    const { socket } = await comeBack(world);
    assert.deepEqual(socket.last("join"), {
      id: socket.last("join").id,
      do: "join",
      room: "room",
      after: 3,
      epoch: "e1",
    });
    socket.frame(joinReply(socket, [3, 4, 5], { recovered: true }));
    await settle();
    assert.deepEqual(world.seen.messages, [1, 2, 3, 4, 5]);
    assert.equal(world.seen.resets, 1);
  });

  for (const [why, options] of [
    ["it was not recovered", { recovered: false }],
    ["the epoch is another", { recovered: false, epoch: "e2" }],
  ]) {
    test(`everything is shown anew when ${why}`, async () => {
      const world = setUp();
      await joined(world, [1, 2]);
      const { socket } = await comeBack(world);
      socket.frame(joinReply(socket, [8, 9], options));
      await settle();
      assert.deepEqual(world.seen.messages, [8, 9]);
      assert.equal(world.seen.resets, 2);
    });
  }

  test("a message that comes twice is shown once", async () => {
    const world = setUp();
    const socket = await joined(world);
    socket.frame(push(3), push(3), push(2), push(4));
    assert.deepEqual(world.seen.messages, [1, 2, 3, 4]);
  });

  test("another room's push is not ours", async () => {
    const world = setUp();
    const socket = await joined(world);
    socket.frame({ ...push(3), room: "other" }, { push: "members", room: "other", count: 9 });
    assert.deepEqual(world.seen.messages, [1, 2]);
    assert.equal(world.seen.members, 1);
  });
});

describe("sending", () => {
  test("a message leaves `pending` when it is acknowledged", async () => {
    const world = setUp();
    const socket = await joined(world);
    assert.equal(world.client.send("hello"), true);
    const { id, ...command } = socket.last("send");
    assert.deepEqual(command, {
      do: "send",
      room: "room",
      content: "hello",
      client_id: "client-1",
    });
    assert.equal(world.client.pending.length, 1);
    socket.frame({ re: id, ok: { offset: 3, message: "msg_3" } }, push(3));
    await settle();
    assert.deepEqual(world.client.pending, []);
    assert.deepEqual(world.seen.messages, [1, 2, 3]);
  });

  test("what was not acknowledged is sent again under its client_id, in order", async () => {
    const world = setUp();
    const first = await joined(world);
    world.client.send("one");
    world.client.send("two");
    first.frame({ re: first.last("send").id - 1, ok: { offset: 3 } });
    await settle();
    first.onclose({ code: 1006 });
    world.client.send("three");
    world.timers.fire();
    const socket = world.sockets.at(-1);
    socket.onopen();
    await settle();
    assert.equal(socket.last("send"), undefined, "nothing is sent before the join");
    socket.frame(joinReply(socket, [3], { recovered: true }));
    await settle();
    const sends = socket.sent.filter((command) => command.do === "send");
    assert.deepEqual(
      sends.map(({ content, client_id: clientId }) => [content, clientId]),
      [
        ["two", "client-2"],
        ["three", "client-3"],
      ],
    );
  });

  test("a refused message stays, says why, and goes when it is sent again", async () => {
    const world = setUp();
    const socket = await joined(world);
    world.client.send("fast");
    const error = { code: "slow_mode", message: "Slowly.", retry_after: 2.5 };
    socket.frame({ re: socket.last("send").id, error });
    await settle();
    const [entry] = world.client.pending;
    assert.equal(entry.error.code, "slow_mode");
    assert.equal(entry.error.retryAfterS, 2.5);
    const { socket: next } = await comeBack(world);
    next.frame(joinReply(next, [], { recovered: true, offset: 2 }));
    await settle();
    assert.equal(next.last("send"), undefined, "a refused message is not sent by itself");
    world.client.sendAgain(entry);
    assert.equal(next.last("send").client_id, "client-1");
    next.frame({ re: next.last("send").id, ok: { offset: 3 } });
    await settle();
    assert.deepEqual(world.client.pending, []);
  });

  test("what is on its way is bounded", async () => {
    const world = setUp();
    const results = Array.from({ length: 25 }, (_, i) => world.client.send(`${i}`));
    assert.equal(results.filter(Boolean).length, 20);
    assert.equal(world.client.pending.length, 20);
  });

  test("a socket that does not answer is given up", async () => {
    const world = setUp();
    const socket = await joined(world);
    world.client.send("hello?");
    assert.equal(world.timers.fire(), 10_000);
    assert.ok(socket.closed);
    assert.equal(world.seen.states.at(-1), "reconnecting");
    world.timers.fire();
    assert.equal(world.sockets.length, 2);
  });

  test("check() finds out that a silent connection is dead", async () => {
    const world = setUp();
    const socket = await joined(world);
    world.client.check();
    assert.equal(socket.last("members").room, "room");
    world.timers.fire();
    assert.ok(socket.closed);
  });
});

describe("closes", () => {
  for (const [code, reason] of [
    [4003, "forbidden"],
    [4009, "replaced"],
  ]) {
    test(`${code} ends it as ${reason}; connect() takes it up again`, async () => {
      const world = setUp();
      const socket = await joined(world);
      socket.onclose({ code });
      assert.equal(world.seen.states.at(-1), `closed:${reason}`);
      assert.deepEqual(world.timers.delays, []);
      world.client.connect();
      assert.equal(world.sockets.length, 2);
    });
  }

  test("4001 asks for a fresh token and comes back", async () => {
    const world = setUp();
    await joined(world);
    await comeBack(world, 4001);
    assert.equal(world.calls.refresh, 1);
    assert.equal(world.sockets.length, 2);
  });

  test("4008 resumes, 4029 pauses first, 1012 spreads", async () => {
    for (const [code, low, high] of [
      [4008, 250, 500],
      [4029, 30_000, 30_000],
      [1012, 500, 4_500],
    ]) {
      const world = setUp();
      await joined(world);
      const { socket, delay } = await comeBack(world, code);
      assert.ok(delay >= low && delay <= high, `${code}: ${delay} ms`);
      assert.equal(socket.last("join").after, 2);
    }
  });

  test("the delays grow to a ceiling, and start anew after a join", async () => {
    const world = setUp();
    await joined(world);
    const delays = [];
    for (let i = 0; i < 8; i++) {
      world.sockets.at(-1).onclose({ code: 1006 });
      delays.push(world.timers.fire());
    }
    assert.deepEqual(delays, [375, 750, 1500, 3000, 6000, 11250, 11250, 11250]);
    const socket = world.sockets.at(-1);
    socket.onopen();
    await settle();
    socket.frame(joinReply(socket, [], { recovered: true, offset: 2 }));
    await settle();
    socket.onclose({ code: 1006 });
    assert.equal(world.timers.fire(), 375);
  });

  test("a connection lost before the join's reply is tried again", async () => {
    const world = setUp();
    world.client.connect();
    world.sockets[0].onopen();
    await settle();
    world.sockets[0].onclose({ code: 1006 });
    await settle();
    world.timers.fire();
    assert.equal(world.sockets.length, 2);
  });
});
