// What the chat says in words, and mentions in what is typed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { mentionAt, mentionsIn, suggestions } from "../../server/pages/static/js/chat-mention.js";
import {
  modePhrases,
  refusal,
  sanctionText,
  typingText,
  wait,
} from "../../server/pages/static/js/chat-words.js";

test("waits", () => {
  const cases = [
    [0, "1 s"],
    [7.2, "8 s"],
    [60, "1 min"],
    [245, "4 min 5 s"],
    [7_800, "2 h 10 min"],
    [86_400, "1 day"],
    [260_000, "3 days"],
  ];
  for (const [seconds, text] of cases) assert.equal(wait(seconds), text);
});

test("refusals are sentences, with the wait where there is one", () => {
  assert.equal(refusal({ code: "slow_mode" }, 6.1), "Slow mode is on. Wait 7 s.");
  assert.equal(refusal({ code: "emote_only" }, 0), "Only emoji may be sent now.");
  assert.equal(refusal({ code: "new_one", message: "As the server says." }, 0), "As the server says.");
});

test("modes, sanctions and typing", () => {
  assert.deepEqual(modePhrases({ slow_s: 0, emote_only: false, approval: false }), []);
  assert.deepEqual(modePhrases({ slow_s: 10, emote_only: true, approval: true, ticket_holders: true }), [
    "Slow mode: one message each 10 s",
    "Only emoji",
    "Only ticket holders write",
    "Moderators read messages first",
  ]);
  const timeout = { kind: "timeout", reason: "Too loud" };
  assert.equal(
    sanctionText(timeout, 90),
    "You are timed out: you can write again in 1 min 30 s. Reason: Too loud",
  );
  assert.equal(typingText(["Ada"]), "Ada is typing…");
  assert.equal(typingText(["Ada", "Grace", "Linus"]), "Ada, Grace and Linus are typing…");
  assert.equal(typingText(["A", "B", "C", "D"]), "Several people are typing…");
});

describe("mentions", () => {
  const ada = { id: "usr_a", name: "Ada" };
  const lovelace = { id: "usr_l", name: "Ada Lovelace" };
  const grace = { id: "usr_g", name: "Grace Hopper" };

  test("are found before the caret, after a space or at the start", () => {
    assert.deepEqual(mentionAt("@gr", 3), { from: 0, query: "gr" });
    assert.deepEqual(mentionAt("Hi @Ada Lo and more", 10), { from: 3, query: "Ada Lo" });
    assert.equal(mentionAt("ada@example.com", 15), null);
    assert.equal(mentionAt("nobody", 6), null);
  });

  test("are completed from the beginning of any word of a name", () => {
    assert.deepEqual(suggestions("a", [ada, grace, lovelace]), [ada, lovelace]);
    assert.deepEqual(suggestions("HOP", [ada, grace]), [grace]);
    assert.deepEqual(suggestions("", [ada, grace]), [ada, grace]);
    assert.deepEqual(suggestions("race", [grace]), []);
  });

  test("become ids, the longer name first", () => {
    assert.deepEqual(mentionsIn("@Ada Lovelace and @Grace Hopper!", [ada, grace, lovelace]), [
      "usr_g",
      "usr_l",
    ]);
    assert.deepEqual(mentionsIn("@Ada, hello", [ada, lovelace]), ["usr_a"]);
    assert.deepEqual(mentionsIn("@Adam", [ada]), []);
    const many = Array.from({ length: 12 }, (_, i) => ({ id: `u${i}`, name: `Fan${i}x` }));
    assert.equal(mentionsIn(many.map(({ name }) => `@${name}`).join(" "), many).length, 10);
  });
});
