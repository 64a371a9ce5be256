// Watching a stream on a connection that comes and goes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { StreamWatch } from "../../server/pages/static/js/stream-watch.js";
import { settle } from "./fake-chat.mjs";

class FakeClient extends EventTarget {
  asked = [];
  answer = async (stream) => ({ stream, status: "live" });

  watch(stream) {
    this.asked.push(stream);
    return this.answer(stream);
  }

  async state(state) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state } }));
    await settle();
  }

  push(push) {
    this.dispatchEvent(new CustomEvent("push", { detail: { push } }));
  }
}

function setUp() {
  const client = new FakeClient();
  const watch = new StreamWatch(client, "str_1");
  const seen = { told: [], news: [] };
  watch.addEventListener("told", ({ detail }) => seen.told.push(detail.stream.status));
  watch.addEventListener("news", ({ detail }) => seen.news.push(detail.push.event));
  return { client, watch, seen };
}

test("each connection is asked to tell, and tells for as long as it lasts", async () => {
  const { client, watch, seen } = setUp();
  await client.state("connecting");
  assert.equal(watch.told, false);
  await client.state("open");
  assert.equal(watch.told, true);
  await client.state("reconnecting");
  assert.equal(watch.told, false);
  await client.state("open");
  assert.deepEqual(client.asked, ["str_1", "str_1"]);
  assert.deepEqual(seen.told, ["live", "live"]);
});

test("a refusal is no error: nothing is told", async () => {
  const { client, watch, seen } = setUp();
  client.answer = async () => {
    throw new Error("too_many_streams");
  };
  await client.state("open");
  assert.equal(watch.told, false);
  assert.deepEqual(seen.told, []);
});

test("news is what is said of this stream", async () => {
  const { client, seen } = setUp();
  client.push({ push: "stream", stream: "str_1", event: "health" });
  client.push({ push: "stream", stream: "str_2", event: "ended" });
  client.push({ push: "mode", room: "str_1" });
  assert.deepEqual(seen.news, ["health"]);
});
