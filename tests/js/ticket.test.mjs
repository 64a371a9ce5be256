// Tickets as buyers and sellers see them, and what the curtain says.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cancellationText,
  curtainWords,
  refundLine,
  seatsLine,
  sellerState,
  stateLine,
  stockLine,
  ticketState,
} from "../../server/pages/static/js/ticket.js";

const ticket = (changes = {}) => ({
  status: "on_sale",
  capacity: 40,
  remaining: 30,
  sold: 10,
  refund_until: null,
  owned: false,
  ...changes,
});

test("a ticket has one state, the one that matters most", () => {
  assert.equal(ticketState(ticket()), "on_sale");
  assert.equal(ticketState(ticket({ remaining: 0 })), "sold_out");
  assert.equal(ticketState(ticket({ remaining: null, capacity: null })), "on_sale");
  assert.equal(ticketState(ticket({ status: "withdrawn" })), "not_on_sale");
  assert.equal(ticketState(ticket({ owned: true, status: "withdrawn" })), "owned");
  assert.equal(ticketState(ticket({ owned: true, status: "cancelled" })), "cancelled");
  assert.equal(stateLine(ticket()), "");
  assert.equal(stateLine(ticket({ remaining: 0 })), "Sold out");
});

test("few seats are called few", () => {
  const lines = [30, 10, 1, 0, null].map((remaining) => stockLine(ticket({ remaining })));
  assert.deepEqual(lines, ["30 left", "Only 10 left", "The last one", "", ""]);
});

test("the seller reads the state and the seats", () => {
  assert.equal(sellerState(ticket()).label, "On sale");
  assert.equal(sellerState(ticket({ remaining: 0 })).label, "Sold out");
  assert.equal(sellerState(ticket({ status: "cancelled", remaining: 0 })).label, "Cancelled");
  assert.equal(seatsLine(ticket()), "10 of 40 seats taken");
  assert.equal(seatsLine(ticket({ capacity: null, remaining: null, sold: 12 })), "12 sold");
});

test("a deadline for refunds is told where the ticket has one of its own", () => {
  const until = (time) => refundLine(ticket({ refund_until: time }), Date.parse("2026-09-01T12:00:00Z"));
  assert.equal(until(null), "");
  assert.match(until("2026-09-12T12:00:00Z"), /^Refundable until .*12/);
  assert.equal(until("2026-09-01T12:00:00Z"), "Not refundable");
});

test("the curtain says why it is closed, and what can be done", () => {
  const title = (products, { onAir = false, lost = false, refunded = false } = {}) =>
    curtainWords({ products, onAir, lost, refunded }).title;
  assert.equal(title([]), "This show is for ticket holders");
  assert.equal(title([ticket({ status: "withdrawn" })]), "This show is for ticket holders");
  assert.equal(title([ticket()]), "A ticket opens this show");
  assert.equal(title([ticket()], { onAir: true }), "On stage now, with a ticket");
  assert.equal(title([ticket({ remaining: 0 })]), "Sold out");
  assert.equal(title([ticket({ remaining: 0 }), ticket()]), "A ticket opens this show");
  assert.equal(title([ticket({ status: "cancelled" })]), "The show was cancelled");
  assert.equal(title([ticket()], { lost: true, refunded: true }), "Your ticket was refunded");
  assert.equal(title([ticket()], { lost: true }), "Your ticket is no longer valid");
  const cancelled = [ticket({ status: "cancelled" })];
  assert.equal(title(cancelled, { lost: true, refunded: true }), "The show was cancelled");
  const text = (refunded) => curtainWords({ products: cancelled, lost: true, refunded }).text;
  assert.match(text(true), /^Your ticket was refunded/);
  assert.doesNotMatch(text(false), /^Your ticket/);
  assert.match(curtainWords({ products: [ticket()], onAir: true, lost: true }).text, /new ticket/);
  const soldOut = [ticket({ remaining: 0 })];
  assert.doesNotMatch(curtainWords({ products: soldOut, onAir: true, lost: true }).text, /new ticket/);
});

test("a cancellation tells what it has come to", () => {
  const text = (state, opened, before, failed) =>
    cancellationText({ state, refunds_opened: opened, already_refunded: before, failed });
  assert.equal(cancellationText({ state: "running" }), "Going through the orders…");
  assert.equal(
    text("done", 12, 1, 2),
    "All orders were gone through. 12 refunds asked for. 1 order had been refunded before. 2 refunds failed.",
  );
  assert.equal(text("done", 0, 0, 0), "All orders were gone through. Nobody had bought a ticket.");
});
