// When to come back, as the server says in the reason of its close; and watching a stream.

import assert from "node:assert/strict";
import { test } from "node:test";

import { joined, settle, setUp } from "./fake-chat.mjs";

for (const [code, reason, delay] of [
  [1012, "restart: retry in 42 s", 42_500],
  [1012, "", 2_500],
  [4029, "flooding: retry in 10 s", 10_000],
  [4029, undefined, 30_000],
  [1006, "", 375],
]) {
  test(`${code} with "${reason}" is followed by a try after ${delay} ms`, async () => {
    const world = setUp();
    const socket = await joined(world);
    socket.onclose({ code, reason });
    assert.equal(world.timers.fire(), delay);
    assert.equal(world.sockets.length, 2);
  });
}

test("a stream is watched on the room's connection, and its pushes are told", async () => {
  const world = setUp();
  const socket = await joined(world);
  const watched = world.client.watch("str_1");
  const { id, ...command } = socket.sent.at(-1);
  assert.deepEqual(command, { do: "watch", stream: "str_1" });
  socket.frame({ re: id, ok: { stream: "str_1", status: "live" } });
  assert.equal((await watched).status, "live");
  socket.frame({ push: "stream", stream: "str_1", event: "ended", status: "ended" });
  await settle();
  assert.deepEqual(world.seen.pushes, ["stream"]);
});
