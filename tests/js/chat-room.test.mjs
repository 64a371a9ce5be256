// What each push changes in a room, live and as an event of a recovery, and in which order.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ChatRoom } from "../../server/pages/static/js/chat-room.js";
import { FakeStorage } from "./fake-chat.mjs";

const ADA = { id: "usr_a", name: "Ada" };
const GRACE = { id: "usr_g", name: "Grace", role: "moderator" };
const AT = "2026-01-01T12:00:00Z";

const message = (offset, fields = {}) => ({
  id: `msg_${offset}`,
  offset,
  user: ADA,
  content: `m${offset}`,
  at: AT,
  ...fields,
});
const said = (offset, fields) => ({ push: "message", offset, message: message(offset, fields) });

const reply = (fields = {}) => ({
  epoch: "e1",
  offset: 2,
  recovered: false,
  messages: [message(1), message(2)],
  events: [],
  reactions: {},
  members: 3,
  pinned: [],
  modes: { slow_s: 0, ticket_holders: false, emote_only: false, approval: false },
  role: null,
  ...fields,
});

function entered(fields, now = () => 0) {
  const room = new ChatRoom({ id: "room", now, storage: () => new FakeStorage() });
  room.me = ADA;
  room.enter(reply(fields));
  return room;
}

const contents = (room) => room.timeline.items.map(({ content }) => content);

/** Each durable push, with what is to be seen after it. */
const DURABLE = {
  message: [said(3), (room) => assert.deepEqual(contents(room), ["m1", "m2", "m3"])],
  edited: [
    { push: "edited", offset: 3, message: { id: "msg_1", content: "new", edited_at: AT }, by: ADA },
    (room) => {
      assert.deepEqual(contents(room), ["new", "m2"]);
      assert.equal(room.timeline.find("msg_1").edited_at, AT);
    },
  ],
  deleted: [
    { push: "deleted", offset: 3, message: { id: "msg_1" }, by: GRACE },
    (room) => {
      assert.deepEqual(contents(room), ["", "m2"]);
      assert.ok(room.timeline.find("msg_1").deleted);
    },
  ],
  purged: [
    { push: "purged", offset: 3, user: { id: "usr_a" }, before: 2, by: GRACE },
    (room) => assert.deepEqual(contents(room), ["", "m2"]),
  ],
  pinned: [
    { push: "pinned", offset: 3, message: message(1), by: GRACE },
    (room) => assert.deepEqual(room.pinned.map(({ id }) => id), ["msg_1"]),
  ],
  unpinned: [
    { push: "unpinned", offset: 3, message: { id: "msg_2" }, by: GRACE },
    (room) => assert.deepEqual(room.pinned, []),
    { pinned: [message(2)] },
  ],
  mode: [
    { push: "mode", offset: 3, modes: { slow_s: 5 }, by: GRACE },
    (room) => assert.equal(room.modes.slow_s, 5),
  ],
};

describe("each durable push", () => {
  for (const [kind, [push, check, before]] of Object.entries(DURABLE)) {
    test(`${kind}: live it changes the room once, and advances the offset`, () => {
      const room = entered(before);
      assert.equal(room.take(push), true);
      check(room);
      assert.equal(room.offset, 3);
      assert.equal(room.take(push), false, "the same again");
      check(room);
    });

    test(`${kind}: missed, it does the same on recovery`, () => {
      const room = entered(before);
      const now = { pinned: room.pinned, modes: room.modes };
      if (kind === "pinned") now.pinned = [push.message];
      if (kind === "unpinned") now.pinned = [];
      if (kind === "mode") now.modes = push.modes;
      room.enter(reply({ recovered: true, messages: [], events: [push], offset: 3, ...now }));
      check(room);
      assert.equal(room.offset, 3);
      assert.equal(room.timeline.resets, 1);
    });
  }

  test("one that this page does not know advances the offset all the same", () => {
    const room = entered();
    assert.equal(room.take({ push: "from_the_future", offset: 3 }), false);
    assert.equal(room.offset, 3);
  });
});

describe("recovery", () => {
  test("events come in their order, without what was seen already", () => {
    const room = entered();
    const edit = { push: "edited", offset: 4, message: { id: "msg_3", content: "twice", edited_at: AT } };
    const events = [said(2), said(3), edit, said(5)];
    const fresh = room.enter(reply({ recovered: true, messages: [], events, offset: 5 }));
    assert.deepEqual(contents(room), ["m1", "m2", "twice", "m5"]);
    assert.deepEqual(fresh.map(({ id }) => id), ["msg_3", "msg_5"]);
  });

  test("a message that was deleted meanwhile comes without words", () => {
    const room = entered();
    const events = [said(3, { content: "", deleted: true }), { push: "deleted", offset: 4, message: { id: "msg_3" } }];
    room.enter(reply({ recovered: true, messages: [], events, offset: 4 }));
    assert.ok(room.timeline.find("msg_3").deleted);
  });

  test("an edit that was told anew of a message deleted since takes its words", () => {
    const room = entered();
    room.take({ push: "edited", offset: 3, message: { id: "msg_1", content: "", deleted: true } });
    assert.ok(room.timeline.find("msg_1").deleted);
  });

  test("sums, pins, modes, role and sanction are those of the reply", () => {
    const room = entered();
    const now = {
      recovered: true,
      messages: [],
      reactions: { msg_2: { "👍": 4 } },
      pinned: [message(1)],
      modes: { emote_only: true },
      role: "moderator",
      sanction: { kind: "timeout", until: "2099-01-01T00:00:00Z" },
    };
    room.enter(reply(now));
    assert.deepEqual(room.timeline.find("msg_2").reactions, { "👍": 4 });
    assert.equal(room.pinned.length, 1);
    assert.equal(room.modes.emote_only, true);
    assert.equal(room.moderates, true);
    assert.equal(room.sanction.kind, "timeout");
    room.enter(reply({ recovered: true, messages: [] }));
    assert.deepEqual([room.pinned, room.role, room.sanction], [[], null, null]);
  });

  test("without it everything is replaced", () => {
    const room = entered({ pinned: [message(1)] });
    room.enter(reply({ epoch: "e2", offset: 1, messages: [message(1, { content: "other" })] }));
    assert.deepEqual(contents(room), ["other"]);
    assert.equal(room.offset, 1);
    assert.equal(room.timeline.resets, 2);
    assert.deepEqual(room.pinned, []);
  });
});

describe("what has no offset", () => {
  test("sums replace sums, and put nothing under a deleted message", () => {
    const room = entered();
    room.take({ push: "reactions", sums: { msg_1: { "👍": 1 } } });
    room.take({ push: "reactions", sums: { msg_1: { "❤️": 2 } } });
    assert.deepEqual(room.timeline.find("msg_1").reactions, { "❤️": 2 });
    room.take({ push: "deleted", offset: 3, message: { id: "msg_1" } });
    room.take({ push: "reactions", sums: { msg_1: { "👍": 1 } } });
    assert.deepEqual(room.timeline.find("msg_1").reactions, {});
  });

  test("who is typing fades, is never oneself, and ends with their message", () => {
    let now = 0;
    const room = entered({}, () => now);
    room.take({ push: "typing", users: [ADA, GRACE] });
    assert.deepEqual(room.typing, ["Grace"]);
    now = 4_000;
    assert.deepEqual(room.typing, ["Grace"]);
    now = 5_000;
    assert.deepEqual(room.typing, []);
    room.take({ push: "typing", users: [GRACE] });
    room.take(said(3, { user: GRACE }));
    assert.deepEqual(room.typing, []);
  });

  test("a sanction is one's own alone, and ends by itself or when it is lifted", () => {
    let now = Date.parse(AT);
    const room = entered({}, () => now);
    const timeout = { push: "sanction", kind: "timeout", until: "2026-01-01T12:10:00Z" };
    room.take({ ...timeout, user: GRACE });
    assert.equal(room.sanction, null);
    room.take({ ...timeout, user: ADA, reason: "loud" });
    assert.equal(room.sanction.reason, "loud");
    now += 10 * 60_000;
    assert.equal(room.sanction, null);
    now -= 60_000;
    room.take({ push: "sanction", kind: "untimeout", user: ADA });
    assert.equal(room.sanction, null);
  });

  test("a role is one's own, also without a name in it", () => {
    const room = entered();
    room.take({ push: "role", role: "moderator", user: GRACE });
    assert.equal(room.moderates, false);
    room.take({ push: "role", role: "moderator" });
    assert.equal(room.role, "moderator");
    room.take({ push: "role", role: "member", user: ADA });
    assert.equal(room.role, null);
  });

  test("pins lose what is deleted and purged, and follow an edit", () => {
    const room = entered({ pinned: [message(1), message(2)] });
    room.take({ push: "edited", offset: 3, message: { id: "msg_1", content: "new" } });
    assert.equal(room.pinned[0].content, "new");
    room.take({ push: "deleted", offset: 4, message: { id: "msg_1" } });
    assert.deepEqual(room.pinned.map(({ id }) => id), ["msg_2"]);
    room.take({ push: "purged", offset: 5, user: ADA, before: 5 });
    assert.deepEqual(room.pinned, []);
  });
});

describe("quotes", () => {
  test("a reply is drawn anew with what it quotes", () => {
    const room = entered({ messages: [message(1), message(2, { reply_to: "msg_1" })] });
    const answer = room.timeline.find("msg_2");
    for (const push of [
      { push: "edited", offset: 3, message: { id: "msg_1", content: "new" } },
      { push: "deleted", offset: 4, message: { id: "msg_1" } },
      { push: "purged", offset: 5, user: GRACE, before: 5 },
    ]) {
      const { version } = answer;
      room.take(push);
      assert.ok(answer.version > version, push.push);
    }
  });
});

describe("reactions of one's own", () => {
  test("are remembered for the user and the room", () => {
    const kept = new FakeStorage();
    const storage = () => kept;
    const opened = (id, me) => {
      const room = new ChatRoom({ id, storage });
      room.me = me;
      return room;
    };
    opened("room", ADA).noteReaction("msg_1", "👍", true);
    assert.deepEqual([...opened("room", ADA).ownReactions("msg_1")], ["👍"]);
    assert.equal(opened("room", GRACE).ownReactions("msg_1").size, 0);
    assert.equal(opened("other", ADA).ownReactions("msg_1").size, 0);
    opened("room", ADA).noteReaction("msg_1", "👍", false);
    assert.equal(opened("room", ADA).ownReactions("msg_1").size, 0);
  });

  test("are few in the storage, and none where it refuses", () => {
    const kept = new FakeStorage();
    const storage = () => kept;
    const room = new ChatRoom({ id: "room", storage });
    room.me = ADA;
    for (let i = 0; i < 600; i++) room.noteReaction(`msg_${i}`, "👍", true);
    assert.equal(room.ownReactions("msg_99").size, 0);
    assert.equal(room.ownReactions("msg_599").size, 1);
    const denied = new ChatRoom({ id: "room", storage: assert.fail });
    denied.me = ADA;
    denied.noteReaction("msg_1", "👍", true);
    assert.equal(denied.ownReactions("msg_1").size, 1);
  });
});
