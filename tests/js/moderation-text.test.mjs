// What moderators read: each act of the log as a sentence, lengths, sanctions, what was typed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import {
  actLine,
  BAN_LENGTHS_S,
  countText,
  kindText,
  length,
  named,
  quote,
  sanctionNote,
  SLOW_STEPS_S,
  TIMEOUT_LENGTHS_S,
  typedWords,
} from "../../server/pages/static/js/moderation-text.js";

const by = { id: "usr_1", name: "Ada" };
const line = (action, detail = {}, target_name = "Bob") => actLine({ by, action, target_name, detail });

describe("a length of time", () => {
  const lengths = [
    [null, "for good"],
    [0, "0 seconds"],
    [1, "1 second"],
    [45, "45 seconds"],
    [60, "1 minute"],
    [90, "1 minute 30 seconds"],
    [600, "10 minutes"],
    [5_400, "1 hour 30 minutes"],
    [86_400, "1 day"],
    [7 * 86_400, "7 days"],
    [86_400 + 3_600 + 60, "1 day 1 hour"],
  ];
  for (const [seconds, text] of lengths) {
    test(`${seconds} is ${text}`, () => assert.equal(length(seconds), text));
  }

  test("those that are offered have words of their own", () => {
    for (const offered of [TIMEOUT_LENGTHS_S, BAN_LENGTHS_S, SLOW_STEPS_S]) {
      assert.equal(new Set(offered.map(length)).size, offered.length);
    }
  });
});

describe("an act of the log", () => {
  const acts = [
    [line("delete", { reason: "rude" }), "Ada deleted Bob's message: rude"],
    [line("delete", {}, null), "Ada deleted a message"],
    [line("purge"), "Ada deleted all messages of Bob"],
    [line("timeout", { seconds: 600, reason: "spam" }), "Ada timed out Bob for 10 minutes: spam"],
    [line("untimeout"), "Ada ended the timeout of Bob"],
    [line("ban", { seconds: 600, reason: "spam" }), "Ada banned Bob for 10 minutes: spam"],
    [line("ban", { address: false }), "Ada banned Bob for good"],
    [line("ban", { address: true }), "Ada banned Bob, with the address, for good"],
    [line("unban"), "Ada lifted the ban of Bob"],
    [line("unban", {}, null), "Ada lifted the ban of somebody"],
    [line("shadowban", { reason: "bot" }), "Ada shadow-banned Bob: bot"],
    [line("unshadowban"), "Ada lifted the shadow ban of Bob"],
    [line("slow", { seconds: 30 }, null), "Ada set slow mode to 30 seconds"],
    [line("slow", { seconds: 0 }, null), "Ada turned slow mode off"],
    [line("mode", { approval: true }, null), "Ada turned approval of messages on"],
    [
      line("mode", { approval: true, emote_only: true, ticket_holders: false }, null),
      "Ada turned approval of messages and emoji only on and turned ticket holders only off",
    ],
    [line("words", { add: ["spam"] }, null), "Ada blocked the word “spam”"],
    [
      line("words", { add: ["a", "b"], remove: ["c"] }, null),
      "Ada blocked the words “a” and “b” and allowed “c” again",
    ],
    [
      line("words", { add: ["a", "b", "c", "d", "e", "f", "g"] }, null),
      "Ada blocked the words “a”, “b”, “c”, “d”, “e” and 2 more",
    ],
    [line("role", { role: "moderator" }), "Ada made Bob a moderator"],
    [line("role", { role: "member" }), "Ada made Bob a plain member again"],
    [line("approve", { content: "hello" }), "Ada approved Bob's message “hello”"],
    [line("reject", { content: "buy" }), "Ada rejected Bob's message “buy”"],
    [
      line("dismiss", { content: "hello", reason: "rude", user: "usr_2" }),
      "Ada dismissed a report of Bob's message “hello”",
    ],
    [line("dance"), "Ada did “dance”"],
  ];
  for (const [said, expected] of acts) test(expected, () => assert.equal(said, expected));

  test("a reason of a report is no reason of the moderator's", () => {
    assert.doesNotMatch(line("dismiss", { content: "x", reason: "rude" }), /rude/);
  });

  test("somebody who has no name is somebody", () => {
    const entry = { by: { id: "usr_1", name: "" }, action: "purge", target_name: null, detail: {} };
    assert.equal(actLine(entry), "Somebody deleted all messages of somebody");
  });
});

test("a long text is cut between characters, not within one", () => {
  assert.equal(quote("🎹".repeat(200)), `“${"🎹".repeat(140)}…”`);
  assert.equal(quote("a".repeat(140)), `“${"a".repeat(140)}”`);
});

test("a sanction says until when and by whom", () => {
  const now = new Date(2026, 4, 3, 12, 0).getTime();
  const at = (hours) => new Date(now + hours * 3_600_000).toISOString();
  assert.equal(sanctionNote({ until: null, by }, now), "for good · by Ada");
  assert.doesNotMatch(sanctionNote({ until: at(2), by }, now), /May/);
  assert.match(sanctionNote({ until: at(2), by }, now), /^until .*2:00.* · by Ada$/);
  assert.match(sanctionNote({ until: at(48), by: { name: "" } }, now), /^until .*5.* · by somebody$/);
});

test("a ban of an address is called so", () => {
  assert.equal(kindText({ kind: "ban", address: true }), "Banned, with the address");
  assert.equal(kindText({ kind: "ban", address: false }), "Banned");
  assert.equal(kindText({ kind: "timeout", address: false }), "Timed out");
  assert.equal(kindText({ kind: "shadowban", address: false }), "Shadow-banned");
});

test("a badge counts what is known, and says that there is more", () => {
  assert.equal(countText(null, false), "");
  assert.equal(countText([], false), "");
  assert.equal(countText([1, 2, 3], false), "3");
  assert.equal(countText([1, 2, 3], true), "3+");
});

test("people are found by any part of their name", () => {
  const people = ["Ada", "Grace", "Adam"].map((name) => ({ name }));
  const found = (text) => named(people, text).map(({ name }) => name);
  assert.deepEqual(found(""), ["Ada", "Grace", "Adam"]);
  assert.deepEqual(found(" ada "), ["Ada", "Adam"]);
  assert.deepEqual(found("x"), []);
});

test("words are typed with spaces or commas between them", () => {
  assert.deepEqual(typedWords(" spam, scam*  ;\nspam "), ["spam", "scam*"]);
  assert.deepEqual(typedWords(" , "), []);
});
