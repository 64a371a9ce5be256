// What the studio says of a show's health.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  announcement,
  audioText,
  bitrate,
  codecName,
  codecNote,
  figures,
  frameRate,
  roundBitrate,
  skewText,
  stateKey,
  stateWords,
  stopwatch,
  unbroken,
  videoText,
} from "../../server/pages/static/js/health-text.js";

const KEYFRAMES = {
  code: "keyframe_interval",
  level: "warning",
  text: "Keyframe interval is 8.3 s; set it to 2 s: listeners wait that long to join.",
};
const HEALTH = {
  state: "good",
  verdicts: [],
  on_air: true,
  uptime_s: 65.4,
  encoder: "obs-studio",
  reconnects: 1,
  viewers: 3,
  video: { codec: "avc1.64001f", width: 1280, height: 720, fps: 25, keyframe_interval_s: 2, kbps: 2500 },
  audio: { codec: "mp4a.40.2", sample_rate: 44100, channels: 2, kbps: 128 },
  kbps: 2628,
  av_skew_ms: -12.4,
  jumps: 0,
  dropped_frames: 0,
  long_gops: 0,
};
/** A text with the spaces that never break as plain ones. */
const plain = (text) => text?.replaceAll("\u00a0", " ");
const valueOf = (health, id) => plain(figures(health).find((figure) => figure.id === id)?.value);

test("a state is a word and a sentence, unless verdicts say it", () => {
  assert.deepEqual(stateWords(HEALTH), { word: "Good", line: "Everything arrives as it should." });
  const warned = { ...HEALTH, state: "warning", verdicts: [KEYFRAMES] };
  assert.deepEqual(stateWords(warned), { word: "Warning", line: "" });
  assert.notEqual(stateWords({ ...HEALTH, state: "bad" }).line, "");
  assert.match(stateWords({ ...HEALTH, state: "offline" }).line, /Start your encoder/);
});

test("a state with its verdicts is read out, and figures alone are none of it", () => {
  const warned = { ...HEALTH, state: "warning", verdicts: [KEYFRAMES] };
  assert.equal(announcement(warned), `How the show arrives: Warning. ${KEYFRAMES.text}`);
  const later = { ...warned, verdicts: [{ ...KEYFRAMES, text: "Keyframe interval is 8.4 s…" }] };
  assert.equal(stateKey(later), stateKey(warned));
  assert.notEqual(stateKey(HEALTH), stateKey(warned));
  const two = [KEYFRAMES, { code: "low_fps", level: "warning", text: "" }];
  const turned = { ...warned, verdicts: two.toReversed() };
  assert.equal(stateKey({ ...warned, verdicts: two }), stateKey(turned));
});

for (const [kbps, text] of [
  [0, "0 kbit/s"],
  [127.6, "128 kbit/s"],
  [2634, "2.6 Mbit/s"],
  [99_600, "100 Mbit/s"],
  [null, "–"],
]) {
  test(`${kbps} is ${text}`, () => assert.equal(plain(bitrate(kbps)), text));
}

test("a figure in a sentence stays with its unit", () => {
  const text = "Start it within 28 s, or lower 4.3 Mbit/s; 2 sentences.";
  const expected = "Start it within 28\u00a0s, or lower 4.3\u00a0Mbit/s; 2 sentences.";
  assert.equal(unbroken(text), expected);
});

test("a scale ends at a round figure", () => {
  assert.deepEqual([500, 4000, 1500].map(roundBitrate).map(plain), ["500 kbit/s", "4 Mbit/s", "1.5 Mbit/s"]);
});

for (const [seconds, text] of [
  [0, "0:00"],
  [65.9, "1:05"],
  [3725, "1:02:05"],
  [360_000, "100:00:00"],
]) {
  test(`${seconds} s is ${text}`, () => assert.equal(stopwatch(seconds), text));
}

test("picture and sound are told in the encoders' words, and what is not known is left out", () => {
  assert.equal(plain(videoText(HEALTH.video)), "H.264, 1280 × 720, 2.5 Mbit/s");
  assert.equal(plain(audioText(HEALTH.audio)), "AAC, 44.1 kHz, stereo, 128 kbit/s");
  assert.equal(plain(videoText({ codec: "hvc1.1.6.L93.B0", width: null, height: null, kbps: null })), "HEVC");
  const opus = { codec: "Opus", sample_rate: 48000, channels: 6, kbps: null };
  assert.equal(plain(audioText(opus)), "Opus, 48 kHz, 5.1");
  assert.equal(plain(audioText({ codec: "mp4a.40.34", sample_rate: null, channels: null, kbps: null })), "MP3");
  assert.equal(plain(videoText(null)), "none");
  assert.equal(plain(frameRate(29.97)), "30 fps");
  assert.equal(plain(skewText(-12.4)), "12 ms");
  assert.equal(plain(skewText(null)), "–");
});

test("codecs have the names that people know", () => {
  const names = ["av01.0.08M.08", "vp09.00.31.08", "mp4a.6B", "mp4a.40.5", "fLaC", "ac-3", "ec-3"];
  const known = ["AV1", "VP9", "MP3", "AAC", "FLAC", "AC-3", "E-AC-3"];
  assert.deepEqual(names.map(codecName), known);
  assert.equal(codecName("new1.5"), "new1.5");
});

test("video codecs that some listeners cannot play are spoken of", () => {
  assert.equal(codecNote(HEALTH), "");
  assert.equal(codecNote({ video: null }), "");
  const video = { codec: "hvc1.1.6.L93.B0" };
  assert.match(codecNote({ ...HEALTH, video }), /^HEVC does not play on every .* H\.264 does\.$/);
});

test("the figures are those of the show", () => {
  assert.equal(valueOf(HEALTH, "uptime"), "1:05");
  assert.equal(valueOf(HEALTH, "keyframes"), "every 2 s");
  assert.equal(valueOf(HEALTH, "skew"), "12 ms");
  assert.equal(valueOf(HEALTH, "viewers"), "3");
  assert.equal(valueOf(HEALTH, "reconnects"), "1");
  assert.equal(valueOf(HEALTH, "encoder"), "obs-studio");
  assert.equal(valueOf({ ...HEALTH, encoder: null }, "encoder"), "does not say");
});

test("faults are counted where there are any, and what cannot be is not spoken of", () => {
  assert.equal(valueOf(HEALTH, "dropped"), undefined);
  assert.equal(valueOf({ ...HEALTH, dropped_frames: 7 }, "dropped"), "7");
  assert.equal(valueOf({ ...HEALTH, jumps: 2 }, "jumps"), "2");
  const sound = { ...HEALTH, video: null, av_skew_ms: null };
  assert.deepEqual(
    figures(sound).map(({ id }) => id),
    ["uptime", "viewers", "reconnects", "video", "audio", "encoder"],
  );
  assert.equal(valueOf({ ...HEALTH, audio: null }, "skew"), undefined);
});
