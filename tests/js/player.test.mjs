// The player's recovery: what it does when something fails, and when it gives up.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Player } from "../../server/pages/static/js/player.js";
import FakeHls from "./fake-hls.mjs";

const MODULE_URL = new URL("./fake-hls.mjs", import.meta.url).href;

class FakeVideo extends EventTarget {
  currentTime = 0;
  paused = false;
  muted = false;
  videoWidth = 640;
  seekable = { length: 0 };
  src = "";
  /** Names of errors that the next calls of play() end in. */
  refusals = [];

  canPlayType() {
    return "maybe";
  }

  hasAttribute() {
    return this.src !== "";
  }

  removeAttribute() {
    this.src = "";
  }

  load() {}

  async play() {
    const name = this.refusals.shift();
    if (name) throw Object.assign(new Error(name), { name });
    this.dispatchEvent(new Event("playing"));
  }
}

globalThis.location = { href: "http://stage.test/s/1" };
globalThis.document = { hidden: false };

beforeEach(() => {
  FakeHls.instances.length = 0;
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
});

async function settle() {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

function setUp({ forceNative = false, source } = {}) {
  const video = new FakeVideo();
  let asked = 0;
  const ask = source ?? (async () => `/live/${++asked}.m3u8`);
  const player = new Player(video, ask, { moduleUrl: MODULE_URL, forceNative });
  const states = [];
  player.addEventListener("state", ({ detail }) => states.push(detail.state));
  return { video, player, states };
}

async function playing(options) {
  const world = setUp(options);
  world.player.start();
  await settle();
  FakeHls.instances.at(-1)?.raise("parsed");
  await settle();
  assert.equal(world.player.state, "playing");
  return world;
}

const fatal = (type) => ({ fatal: true, type });

test("it plays with hls.js, whose worker is a file next to it", async () => {
  const { player, states } = await playing();
  const [hls] = FakeHls.instances;
  assert.equal(player.engine, "hls");
  assert.equal(hls.url, "/live/1.m3u8");
  assert.equal(hls.config.workerPath, new URL("./hls.worker.js", import.meta.url).href);
  assert.deepEqual(states, ["loading", "playing"]);
});

test("it plays natively when told to, and lets go of the source at the stop", async () => {
  const { player, video } = await playing({ forceNative: true });
  assert.equal(player.engine, "native");
  assert.equal(video.src, "/live/1.m3u8");
  player.stop();
  assert.equal(video.src, "");
  assert.equal(player.state, "idle");
});

test("a fatal network error ends in a new session, after longer and longer waits", async () => {
  const { player } = await playing();
  const waits = [];
  for (let i = 2; i < 8; i++) {
    FakeHls.instances.at(-1).raise("error", fatal("networkError"));
    assert.equal(player.state, "retrying");
    assert.ok(FakeHls.instances.at(-1).destroyed);
    let waited = 0;
    while (FakeHls.instances.length < i && waited < 20_000) {
      mock.timers.tick(250);
      waited += 250;
      await settle();
    }
    waits.push(waited);
    assert.equal(FakeHls.instances.at(-1).url, `/live/${i}.m3u8`);
  }
  assert.ok(waits[0] <= 1_500, `${waits}`);
  assert.ok(Math.max(...waits) <= 10_250, `${waits}`);
  assert.ok(waits.at(-1) > waits[0], `${waits}`);
});

test("an error that is not fatal is left to hls.js", async () => {
  const { player } = await playing();
  FakeHls.instances[0].raise("error", { fatal: false, type: "networkError" });
  assert.equal(player.state, "playing");
});

const forbidden = { fatal: false, type: "networkError", response: { code: 403 } };

test("a session that is not let in any more asks for another one, fatal or not", async () => {
  const { player } = await playing();
  FakeHls.instances[0].raise("error", forbidden);
  assert.equal(player.state, "retrying");
  assert.ok(FakeHls.instances[0].destroyed);
  mock.timers.tick(1_500);
  await settle();
  assert.equal(FakeHls.instances[1].url, "/live/2.m3u8");
});

test("without a ticket any more that ends in a refusal, which says why", async () => {
  const refusal = Object.assign(new Error("A ticket is needed."), {
    status: 403,
    code: "licence_required",
  });
  let licensed = true;
  const source = async () => {
    if (!licensed) throw refusal;
    return "/live/1.m3u8";
  };
  const { player } = await playing({ source });
  const errors = [];
  player.addEventListener("state", ({ detail }) => errors.push(detail.error?.code));
  licensed = false;
  FakeHls.instances[0].raise("error", forbidden);
  mock.timers.tick(1_500);
  await settle();
  assert.equal(player.state, "refused");
  assert.equal(errors.at(-1), "licence_required");
});

test("a ticket that plays on too many devices does not chase them off by turns", async () => {
  const { player } = await playing();
  FakeHls.instances[0].raise("error", forbidden);
  mock.timers.tick(1_500);
  await settle();
  FakeHls.instances[1].raise("error", forbidden);
  assert.equal(player.state, "displaced");
  mock.timers.tick(60_000);
  await settle();
  assert.equal(FakeHls.instances.length, 2, "nothing is tried by itself");
  player.play();
  await settle();
  assert.equal(FakeHls.instances[2].url, "/live/3.m3u8");
  assert.equal(player.state, "loading");
});

test("a media error is recovered in place once; the next one soon after loads anew", async () => {
  const { player } = await playing();
  const [hls] = FakeHls.instances;
  hls.raise("error", fatal("mediaError"));
  assert.equal(hls.recovered, 1);
  assert.equal(player.state, "playing");
  hls.raise("error", fatal("mediaError"));
  assert.equal(hls.recovered, 1);
  assert.equal(player.state, "retrying");
});

test("a standstill is recovered from, but not a pause and not while being patient", async () => {
  const { player, video } = await playing();
  for (let i = 0; i < 30; i++) {
    video.currentTime += 1;
    mock.timers.tick(1_000);
  }
  assert.equal(player.state, "playing");
  video.paused = true;
  mock.timers.tick(30_000);
  assert.equal(player.state, "playing");
  video.paused = false;
  player.patient = true;
  mock.timers.tick(30_000);
  assert.equal(player.state, "playing");
  player.patient = false;
  mock.timers.tick(11_000);
  assert.equal(player.state, "playing");
  mock.timers.tick(2_000);
  assert.equal(player.state, "retrying");
});

test("where sound needs a click it starts without; where all does, it waits for one", async () => {
  const { player, video } = setUp();
  let muted = 0;
  player.addEventListener("muted", () => {
    muted += 1;
  });
  video.refusals = ["NotAllowedError"];
  player.start();
  await settle();
  FakeHls.instances[0].raise("parsed");
  await settle();
  assert.deepEqual([player.state, video.muted, muted], ["playing", true, 1]);
  video.refusals = ["NotAllowedError"];
  await player.play();
  assert.equal(player.state, "blocked");
  await player.play();
  assert.equal(player.state, "playing");
});

test("a refusal is final, and no answer is not", async () => {
  const refusal = Object.assign(new Error("Tickets only."), { status: 403 });
  const refused = setUp({ source: () => Promise.reject(refusal) });
  refused.player.start();
  await settle();
  assert.deepEqual(refused.states, ["loading", "refused"]);
  const silence = Object.assign(new Error("unreachable"), { status: 0 });
  const silent = setUp({ source: () => Promise.reject(silence) });
  silent.player.start();
  await settle();
  assert.deepEqual(silent.states, ["loading", "retrying"]);
});

test("a stop during the load wins", async () => {
  let answer;
  const { player } = setUp({ source: () => new Promise((resolve) => (answer = resolve)) });
  player.start();
  await settle();
  player.stop();
  answer("/live/late.m3u8");
  await settle();
  assert.equal(player.state, "idle");
  assert.equal(FakeHls.instances.length, 0);
});

test("the end is the end, until it is started again", async () => {
  const { player, video } = await playing();
  video.dispatchEvent(new Event("ended"));
  assert.equal(player.state, "ended");
  assert.ok(FakeHls.instances[0].destroyed);
  player.start();
  await settle();
  assert.equal(FakeHls.instances.length, 2);
});
