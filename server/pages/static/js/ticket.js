// A ticket as somebody sees it who may buy it. Pure functions, no DOM.

import { count, moment, plural } from "./format.js";

const FEW = 10;

/** "owned" | "cancelled" | "not_on_sale" | "sold_out" | "on_sale". */
export function ticketState(product) {
  if (product.status === "cancelled") return "cancelled";
  if (product.owned) return "owned";
  if (product.status !== "on_sale") return "not_on_sale";
  return product.remaining === 0 ? "sold_out" : "on_sale";
}

/** How many are left, in words; "" where there is no end of them. */
export function stockLine(product) {
  if (product.remaining === null || product.remaining === 0) return "";
  if (product.remaining === 1) return "The last one";
  const left = `${count(product.remaining)} left`;
  return product.remaining <= FEW ? `Only ${left}` : left;
}

/** Until when the money can be asked back, where the ticket says so; "" where it does not. */
export function refundLine({ refund_until: until }, now = Date.now()) {
  if (until === null) return "";
  return Date.parse(until) > now ? `Refundable until ${moment(until, now)}` : "Not refundable";
}

const STATE_LINES = {
  owned: "You have it",
  cancelled: "Cancelled",
  not_on_sale: "Not on sale",
  sold_out: "Sold out",
};

/** One or two words instead of a button, "" where the ticket can be bought. */
export function stateLine(product) {
  return STATE_LINES[ticketState(product)] ?? "";
}

/** How many seats are taken, for the seller; a seat is held while its order waits to be paid. */
export function seatsLine({ capacity, sold }) {
  return capacity === null ? `${count(sold)} sold` : `${count(sold)} of ${count(capacity)} seats taken`;
}

const SELLER_STATES = {
  on_sale: { tone: "good", label: "On sale" },
  withdrawn: { tone: "calm", label: "Off sale" },
  cancelled: { tone: "bad", label: "Cancelled" },
};

/** The state of a product as its seller sees it: {tone, label}. */
export function sellerState(product) {
  if (product.status === "on_sale" && product.remaining === 0) {
    return { tone: "good", label: "Sold out" };
  }
  return SELLER_STATES[product.status] ?? { tone: "calm", label: product.status };
}

/**
 * What the curtain says to one without a ticket: {title, text}. `lost` is for one who had been
 * let in with a ticket, and `refunded` tells whether that one was given back.
 */
export function curtainWords({ products, onAir, lost, refunded }) {
  const states = products.map(ticketState);
  const all = (state) => states.length > 0 && states.every((each) => each === state);
  if (all("cancelled")) {
    return {
      title: "The show was cancelled",
      text: refunded
        ? "Your ticket was refunded with everybody else's."
        : "All who had a ticket get their money back.",
    };
  }
  if (lost) {
    const again = states.includes("on_sale") ? "A new ticket lets you in again." : "";
    const title = refunded ? "Your ticket was refunded" : "Your ticket is no longer valid";
    return { title, text: `The show goes on without you. ${again}`.trim() };
  }
  if (states.includes("owned")) {
    return { title: "Your ticket does not open this show", text: "A refund of it may be under way." };
  }
  if (states.includes("on_sale")) {
    const title = onAir ? "On stage now, with a ticket" : "A ticket opens this show";
    const when = onAir ? "at once" : "by itself when it begins";
    return { title, text: `Once you have yours, it starts here ${when}.` };
  }
  if (all("sold_out")) return { title: "Sold out", text: "Should a seat come free, it appears here." };
  return {
    title: "This show is for ticket holders",
    text: "No ticket is on sale at the moment. When there is one, it appears here.",
  };
}

/** How far the cancellation of a show is, for its seller. */
export function cancellationText(cancellation) {
  const { state, refunds_opened: opened, already_refunded: before, failed } = cancellation;
  const lines = [state === "done" ? "All orders were gone through." : "Going through the orders…"];
  if (opened > 0) lines.push(`${plural(opened, "refund")} asked for.`);
  if (before > 0) lines.push(`${plural(before, "order")} had been refunded before.`);
  if (failed > 0) lines.push(`${plural(failed, "refund")} failed.`);
  if (opened + before + failed === 0 && state === "done") lines.push("Nobody had bought a ticket.");
  return lines.join(" ");
}
