// Who is let in: at once with the ticket, out without it, and asked no more than needed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Admission } from "../../server/pages/static/js/admission.js";

const TICKETED = { access: "ticket" };
const PUBLIC = { access: "public" };
const refusal = Object.assign(new Error("A ticket is needed."), { code: "licence_required" });

function setUp({ licensed = false, owned = licensed } = {}) {
  const world = { licensed, owned, refunded: async () => true, down: null, asked: 0, listed: 0 };
  world.admission = new Admission({
    askPlayback: async () => {
      world.asked += 1;
      if (world.down) throw world.down;
      if (!world.licensed) throw refusal;
      return `/live/${world.asked}`;
    },
    listProducts: async () => {
      world.listed += 1;
      return [{ id: "prd_1", owned: world.owned }];
    },
    askRefunded: () => world.refunded(),
  });
  return world;
}

test("a public stream is open without asking", async () => {
  const world = setUp();
  await world.admission.look(PUBLIC);
  assert.equal(world.admission.state, "open");
  assert.equal(world.asked, 0);
});

test("with a ticket it opens, and is not asked about again", async () => {
  const world = setUp({ licensed: true });
  await world.admission.look(TICKETED);
  await world.admission.look(TICKETED);
  assert.equal(world.admission.state, "open");
  assert.deepEqual([world.asked, world.listed], [1, 0]);
});

test("the playback that was given at the door is the one that is played, once", async () => {
  const world = setUp({ licensed: true });
  await world.admission.look(TICKETED);
  assert.equal(await world.admission.playback(), "/live/1");
  assert.equal(await world.admission.playback(), "/live/2");
});

test("without a ticket only the offers are asked for, until one is owned", async () => {
  const world = setUp();
  for (let i = 0; i < 5; i++) await world.admission.look(TICKETED);
  assert.equal(world.admission.state, "shut");
  assert.equal(world.admission.lost, false);
  assert.deepEqual([world.asked, world.listed], [1, 5]);
  Object.assign(world, { licensed: true, owned: true });
  await world.admission.look(TICKETED);
  assert.equal(world.admission.state, "open");
});

test("a ticket that is refunded in the middle of the show closes it", async () => {
  const world = setUp({ licensed: true });
  await world.admission.look(TICKETED);
  Object.assign(world, { licensed: false, owned: false });
  await world.admission.look(TICKETED);
  assert.equal(world.admission.state, "open", "nothing has cast a doubt yet");
  world.admission.doubt();
  await world.admission.look(TICKETED);
  assert.equal(world.admission.state, "shut");
  assert.equal(world.admission.lost, true);
  await world.admission.look(TICKETED);
  assert.equal(world.admission.lost, true, "still so at the next look");
  assert.equal(world.admission.refunded, true);
  Object.assign(world, { licensed: true, owned: true });
  await world.admission.look(TICKETED);
  const { state, lost, refunded } = world.admission;
  assert.deepEqual([state, lost, refunded], ["open", false, false]);
});

test("a ticket that is lost otherwise, or nobody can say how, is not called refunded", async () => {
  for (const answer of [async () => false, () => Promise.reject(new Error("unreachable"))]) {
    const world = setUp({ licensed: true });
    await world.admission.look(TICKETED);
    Object.assign(world, { licensed: false, owned: false, refunded: answer });
    world.admission.doubt();
    await world.admission.look(TICKETED);
    const { state, lost, refunded } = world.admission;
    assert.deepEqual([state, lost, refunded], ["shut", true, false]);
  }
});

test("who heard a public stream has lost no ticket when it begins to need one", async () => {
  const world = setUp();
  await world.admission.look(PUBLIC);
  await world.admission.look(TICKETED);
  assert.deepEqual([world.admission.state, world.admission.lost], ["shut", false]);
  assert.equal(world.admission.products.length, 1);
});

test("no answer is no refusal: what was open stays so, and is asked about again", async () => {
  const world = setUp({ licensed: true });
  await world.admission.look(TICKETED);
  world.admission.doubt();
  world.down = new Error("unreachable");
  await assert.rejects(world.admission.look(TICKETED), world.down);
  assert.equal(world.admission.state, "open");
  Object.assign(world, { down: null, licensed: false, owned: false });
  await world.admission.look(TICKETED);
  assert.equal(world.admission.state, "shut");
});

test("somebody else starts anew, and has lost nothing", async () => {
  const world = setUp({ licensed: true });
  await world.admission.look(TICKETED);
  world.admission.reset();
  assert.equal(world.admission.state, "unknown");
  Object.assign(world, { licensed: false, owned: false });
  await world.admission.look(TICKETED);
  assert.deepEqual([world.admission.state, world.admission.lost], ["shut", false]);
});

test("an answer for one who has left does not let in the next", async () => {
  const world = setUp({ licensed: true });
  const looking = world.admission.look(TICKETED);
  world.admission.reset();
  await looking;
  assert.equal(world.admission.state, "unknown");
});

test("a stream that opens to everybody lets everybody in", async () => {
  const world = setUp();
  await world.admission.look(TICKETED);
  await world.admission.look(PUBLIC);
  assert.equal(world.admission.state, "open");
});
