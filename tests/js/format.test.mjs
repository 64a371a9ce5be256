// Numbers, times, links and commands as the pages write them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ffmpegCommands, shellQuoted } from "../../server/pages/static/js/encoder.js";
import {
  count,
  hash,
  localMinute,
  moment,
  nameHue,
  plural,
  since,
  splitLinks,
} from "../../server/pages/static/js/format.js";

test("counts are short, and nouns agree", () => {
  assert.deepEqual([0, 7, 999, 1234, 52_000].map(count), ["0", "7", "999", "1.2K", "52K"]);
  assert.equal(plural(1, "viewer"), "1 viewer");
  assert.equal(plural(0, "viewer"), "0 viewers");
});

test("the time since is told in the unit that fits", () => {
  const start = "2026-01-01T12:00:00Z";
  const after = (seconds) => since(start, Date.parse(start) + seconds * 1000);
  assert.deepEqual(
    [-5, 59, 60, 3599, 3600, 3900, 86_399, 86_400, 200_000].map(after),
    [
      "less than a minute",
      "less than a minute",
      "1 min",
      "59 min",
      "1 h",
      "1 h 5 min",
      "23 h 59 min",
      "1 day",
      "2 days",
    ],
  );
});

test("a time goes into a form as the local clock has it, and comes back the same", () => {
  for (const time of ["2026-01-05T09:07:00.000Z", "2026-07-31T23:59:00.000Z"]) {
    const text = localMinute(time);
    assert.match(text, /^2026-\d\d-\d\dT\d\d:\d\d$/);
    assert.equal(new Date(text).toISOString(), time);
  }
});

test("the year is told where it is another one", () => {
  const now = Date.parse("2026-06-01T12:00:00Z");
  assert.doesNotMatch(moment("2026-09-12T12:00:00Z", now), /2026/);
  assert.match(moment("2027-09-12T12:00:00Z", now), /2027/);
});

test("a name keeps its hue, and different names differ", () => {
  assert.equal(hash(""), 0x811c9dc5);
  assert.equal(hash("a"), 0xe40c292c); // FNV-1a's published test vector
  assert.equal(nameHue("usr_1"), nameHue("usr_1"));
  assert.ok(new Set(Array.from({ length: 40 }, (_, i) => nameHue(`usr_${i}`))).size > 6);
});

test("addresses become links, and nothing else does", () => {
  const cases = [
    ["plain <b>text</b>", [{ text: "plain <b>text</b>" }]],
    ["", []],
    [
      "see https://example.org/a?b=1. Yes",
      [
        { text: "see " },
        { text: "https://example.org/a?b=1", href: "https://example.org/a?b=1" },
        { text: ". Yes" },
      ],
    ],
    ["javascript:alert(1)", [{ text: "javascript:alert(1)" }]],
    ["http://", [{ text: "http://" }]],
    [
      "(http://a.example)",
      [{ text: "(" }, { text: "http://a.example", href: "http://a.example" }, { text: ")" }],
    ],
  ];
  for (const [text, pieces] of cases) assert.deepEqual(splitLinks(text), pieces, text);
});

test("what splitLinks returns is always the whole text", () => {
  const texts = ["a http://x.example, b https://y.example/é. c", "http://[bad http://ok.example!!"];
  for (const text of texts) {
    assert.equal(
      splitLinks(text)
        .map((piece) => piece.text)
        .join(""),
      text,
    );
  }
});

test("a target is one word of the shell in every command", () => {
  assert.equal(shellQuoted("a'b"), "'a'\\''b'");
  const commands = ffmpegCommands("rtmp://127.0.0.1:1935/live/key$1");
  assert.deepEqual(Object.keys(commands), ["test", "file", "audio"]);
  for (const command of Object.values(commands)) {
    assert.ok(command.startsWith("ffmpeg "));
    assert.ok(command.endsWith("-f flv 'rtmp://127.0.0.1:1935/live/key$1'"));
  }
  assert.ok(!commands.audio.includes("libx264"));
});
