// What a user does in the chat: messages that are held or heard by nobody, edits, reactions, and
// what the client passes on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { comeBack, joinedAs, joinReply, message, push, settle, setUp } from "./fake-chat.mjs";

const ADA = { id: "usr_a", name: "Ada" };
const EARLY = "01J00000000000000000000001";
const LATE = "01J00000000000000000000002";
const posted = (offset, content, ulid) => ({
  ...push(offset),
  message: { ...message(offset, content), id: `msg_${ulid}` },
});

async function member() {
  const world = setUp({ token: "T" });
  return { ...world, socket: await joinedAs(world, ADA) };
}

const contents = ({ client }) => client.room.timeline.items.map(({ content }) => content);

describe("a message that waits for a moderator", () => {
  async function held() {
    const world = await member();
    world.client.send("may I?\n");
    world.socket.frame({ re: world.socket.last("send").id, ok: { pending: `pnd_${EARLY}` } });
    await settle();
    return world;
  }

  test("stays until it is posted", async () => {
    const world = await held();
    const [entry] = world.client.pending;
    assert.equal(entry.held, `pnd_${EARLY}`);
    world.socket.frame(posted(3, "may I?", LATE));
    assert.deepEqual(world.client.pending, []);
    assert.deepEqual(contents(world), ["m1", "m2", "may I?"]);
  });

  test("is not the one that said the same before", async () => {
    const world = setUp({ token: "T" });
    const socket = await joinedAs(world, ADA);
    world.client.send("may I?");
    socket.frame({ re: socket.last("send").id, ok: { pending: `pnd_${LATE}` } });
    await settle();
    socket.frame(posted(3, "may I?", EARLY));
    assert.equal(world.client.pending.length, 1);
  });

  test("is not sent again after a drop, and found where it was approved meanwhile", async () => {
    const world = await held();
    const { socket } = await comeBackAs(world);
    assert.equal(socket.last("send"), undefined);
    const reply = joinReply(socket, [], { recovered: true, offset: 3 });
    reply.ok.events = [posted(3, "may I?", LATE)];
    socket.frame(reply);
    await settle();
    assert.deepEqual(world.client.pending, []);
  });

  test("says that it was rejected, when that is told", async () => {
    const world = await held();
    const resolved = { push: "resolved", room: "room", pending: { id: `pnd_${EARLY}` } };
    world.socket.frame({ ...resolved, outcome: "rejected" });
    assert.equal(world.client.pending[0].error.code, "rejected");
    assert.equal(world.client.pending[0].held, undefined);
  });
});

async function comeBackAs(world) {
  const back = await comeBack(world);
  back.socket.frame({ re: back.socket.last("auth").id, ok: { user: ADA } });
  await settle();
  return back;
}

describe("a message that nobody else hears", () => {
  async function shadowed() {
    const world = await member();
    world.client.send("hello?");
    const ghost = { ...message(0, "hello?"), id: "msg_ghost", offset: null };
    world.socket.frame(
      { push: "message", room: "room", offset: null, message: ghost },
      { re: world.socket.last("send").id, ok: { offset: null, message: "msg_ghost" } },
    );
    await settle();
    return world;
  }

  test("looks posted, and takes no offset", async () => {
    const world = await shadowed();
    assert.deepEqual(contents(world), ["m1", "m2", "hello?"]);
    assert.deepEqual(world.client.pending, []);
    world.socket.frame(push(3));
    assert.equal(world.client.room.offset, 3);
    assert.deepEqual(contents(world), ["m1", "m2", "hello?", "m3"]);
  });

  test("can be edited, reacted to and deleted, of which the server hears nothing", async () => {
    const world = await shadowed();
    const before = world.socket.sent.length;
    await world.client.edit("msg_ghost", "hello!");
    assert.deepEqual(contents(world), ["m1", "m2", "hello!"]);
    await world.client.react("msg_ghost", "👍", true);
    assert.ok(world.client.room.ownReactions("msg_ghost").has("👍"));
    await world.client.delete("msg_ghost");
    assert.ok(world.client.room.timeline.find("msg_ghost").deleted);
    assert.equal(world.socket.sent.length, before);
  });
});

describe("commands", () => {
  for (const [name, act, command] of [
    ["edit", (client) => client.edit("msg_1", "x"), { message: "msg_1", content: "x" }],
    ["delete", (client) => client.delete("msg_1", "rude"), { message: "msg_1", reason: "rude" }],
    ["pin", (client) => client.pin("msg_1", true), { message: "msg_1" }],
    ["unpin", (client) => client.pin("msg_1", false), { message: "msg_1" }],
    ["react", (client) => client.react("msg_1", "👍", true), { message: "msg_1", emoji: "👍" }],
    ["unreact", (client) => client.react("msg_1", "👍", false), { message: "msg_1", emoji: "👍" }],
    ["report", (client) => client.report("msg_1", "rude"), { message: "msg_1", reason: "rude" }],
    [
      "moderate",
      (client) => client.moderate("timeout", { user: "usr_g", seconds: 60 }),
      { action: "timeout", user: "usr_g", seconds: 60 },
    ],
  ]) {
    test(name, async () => {
      const { client, socket } = await member();
      const done = act(client);
      const { id, ...sent } = socket.last(name);
      assert.deepEqual(sent, { do: name, room: "room", ...command });
      socket.frame({ re: id, ok: { room: "room" } });
      await done;
    });
  }

  test("a reply and its mentions go along with a message", async () => {
    const { client, socket } = await member();
    client.send("@Grace hm", { replyTo: "msg_1", mentions: ["usr_g"] });
    const { reply_to: replyTo, mentions } = socket.last("send");
    assert.deepEqual([replyTo, mentions], ["msg_1", ["usr_g"]]);
  });

  test("a reaction that is refused is taken back", async () => {
    const { client, socket } = await member();
    const done = client.react("msg_1", "👍", true);
    assert.ok(client.room.ownReactions("msg_1").has("👍"));
    socket.frame({ re: socket.last("react").id, error: { code: "rate_limited", message: "" } });
    await assert.rejects(done, { code: "rate_limited" });
    assert.equal(client.room.ownReactions("msg_1").size, 0);
  });

  test("typing is told once in a while, and at once after a message", async () => {
    let now = 0;
    const world = setUp({ token: "T", now: () => now });
    const socket = await joinedAs(world, ADA);
    const told = () => socket.sent.filter((command) => command.do === "typing").length;
    world.client.typing();
    world.client.typing();
    now = 1_999;
    world.client.typing();
    assert.equal(told(), 1);
    now = 2_000;
    world.client.typing();
    assert.equal(told(), 2);
    world.client.send("there");
    world.client.typing();
    assert.equal(told(), 3);
  });
});

test("in a large room typing is not told at all", async () => {
  const world = setUp({ token: "T" });
  const socket = await joinedAs(world, ADA, [1], { members: 201 });
  world.client.typing();
  assert.equal(socket.last("typing"), undefined);
});

describe("what others want to hear", () => {
  test("is emitted; what the page shows by itself is not", async () => {
    const { socket, seen } = await member();
    const room = "room";
    socket.frame(
      push(3),
      { push: "typing", room, users: [] },
      { push: "reactions", room, sums: {} },
      { push: "report", room, message: message(1), by: ADA, reason: "rude" },
      { push: "sanction", room, kind: "timeout", user: { id: "usr_g", name: "Grace" } },
      { push: "pending", room, pending: { id: "pnd_1" } },
      { push: "resolved", room, pending: { id: "pnd_1" }, outcome: "approved" },
      { push: "role", room, role: "moderator" },
      { push: "mode", room, offset: 4, modes: {}, by: ADA },
      { push: "dm", room: "dmr_1", offset: 1 },
    );
    const wanted = ["report", "sanction", "pending", "resolved", "role", "mode", "dm"];
    assert.deepEqual(seen.pushes, wanted);
  });

  test("a mode that was missed is emitted, too", async () => {
    const world = await member();
    const { socket } = await comeBackAs(world);
    const reply = joinReply(socket, [], { recovered: true, offset: 3 });
    reply.ok.events = [{ push: "mode", room: "room", offset: 3, modes: {}, by: ADA }];
    socket.frame(reply);
    await settle();
    assert.deepEqual(world.seen.pushes, ["mode"]);
  });
});
