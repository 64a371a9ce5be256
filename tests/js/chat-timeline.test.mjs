// The bounded list of messages: at the end, scrolled up, and back again.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  MAX_FOLLOWED_MESSAGES,
  MAX_SHOWN_MESSAGES,
  Timeline,
} from "../../server/pages/static/js/chat-timeline.js";

const START_MS = Date.parse("2026-01-01T12:00:00Z");
const message = (offset, fields = {}) => ({
  id: `msg_${offset}`,
  offset,
  user: { id: "usr_a", name: "Ada" },
  content: `m${offset}`,
  at: new Date(START_MS + offset * 1000).toISOString(),
  ...fields,
});
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i));

function filled(from, to) {
  const timeline = new Timeline();
  timeline.reset([]);
  for (const each of range(from, to)) timeline.append(each);
  return timeline;
}

const ends = ({ items }) => [items[0].offset, items.at(-1).offset];

describe("following the end", () => {
  test("old messages go as new ones come", () => {
    const timeline = filled(1, 1_000);
    assert.equal(timeline.items.length, MAX_FOLLOWED_MESSAGES);
    assert.deepEqual(ends(timeline), [1_001 - MAX_FOLLOWED_MESSAGES, 1_000]);
    assert.equal(timeline.more, true);
    assert.equal(timeline.arrived, 1_000);
  });

  test("there is more before the first one, if it is not the room's first", () => {
    const timeline = new Timeline();
    timeline.reset([message(7)]);
    assert.equal(timeline.more, true);
    timeline.reset([message(1)]);
    assert.equal(timeline.more, false);
  });
});

describe("scrolled up", () => {
  test("what is read stays, and the list is full without a gap", () => {
    const timeline = filled(1, 200);
    timeline.following = false;
    for (const each of range(201, 2_000)) timeline.append(each);
    assert.deepEqual(ends(timeline), [1, MAX_SHOWN_MESSAGES]);
    assert.equal(timeline.items.length, MAX_SHOWN_MESSAGES);
    assert.equal(timeline.detached, true);
    assert.equal(timeline.arrived, 2_000);
  });

  test("following again shows the newest, without a gap", () => {
    const timeline = filled(1, 200);
    timeline.following = false;
    for (const each of range(201, 2_000)) timeline.append(each);
    timeline.following = true;
    timeline.append(message(2_001));
    assert.equal(timeline.detached, false);
    const offsets = timeline.items.map(({ offset }) => offset);
    assert.deepEqual(offsets, range(2_002 - offsets.length, 2_001).map(({ offset }) => offset));
  });

  test("older pages push the newest out of the list, not out of the tail", () => {
    const timeline = filled(501, 700);
    timeline.following = false;
    for (let before = 501; before > 1; before -= 50) {
      timeline.prepend(range(before - 50, before - 1), before > 51);
    }
    assert.deepEqual(ends(timeline), [1, MAX_SHOWN_MESSAGES]);
    assert.equal(timeline.more, false);
    timeline.following = true;
    assert.deepEqual(ends(timeline), [501, 700]);
  });

  test("what is deleted while it waits in the tail has no words when it is shown", () => {
    const timeline = filled(1, MAX_SHOWN_MESSAGES);
    timeline.following = false;
    for (const each of range(MAX_SHOWN_MESSAGES + 1, 1_000)) timeline.append(each);
    timeline.delete("msg_990");
    timeline.following = true;
    assert.equal(timeline.find("msg_990").content, "");
  });

  test("a page that overlaps is taken once", () => {
    const timeline = filled(10, 12);
    timeline.prepend(range(8, 11), true);
    assert.deepEqual(timeline.items.map(({ offset }) => offset), [8, 9, 10, 11, 12]);
  });
});

describe("what its author alone sees", () => {
  const ghost = message(0, { id: "msg_ghost", offset: null, ghost: true, at: message(2).at });

  test("stays in its place when everything else is shown anew", () => {
    const timeline = filled(1, 2);
    timeline.append(ghost);
    timeline.append(message(3));
    timeline.reset(range(1, 4));
    assert.deepEqual(
      timeline.items.map(({ id }) => id),
      ["msg_1", "msg_2", "msg_ghost", "msg_3", "msg_4"],
    );
  });

  test("is no place to read on from", () => {
    const timeline = new Timeline();
    timeline.reset([]);
    timeline.append(ghost);
    assert.equal(timeline.oldestOffset, null);
    timeline.append(message(5));
    assert.equal(timeline.oldestOffset, 5);
  });
});

test("speakers are named once, the last one first", () => {
  const timeline = filled(1, 3);
  timeline.append(message(4, { user: { id: "usr_g", name: "Grace" } }));
  timeline.append(message(5));
  assert.deepEqual(timeline.speakers().map(({ name }) => name), ["Ada", "Grace"]);
  assert.equal(timeline.nameOf("usr_g"), "Grace");
});
