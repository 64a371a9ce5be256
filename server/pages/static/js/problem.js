// What went wrong with money, in words, by the error's code.

const WORDS = {
  already_owned: "You have this ticket already.",
  forbidden: "This is not yours to do.",
  mixed_order: "One order holds one seller's tickets in one currency.",
  no_payment: "Nothing was ever paid for this order.",
  not_on_sale: "This ticket is not on sale any more.",
  on_air: "A show is on. Who may watch can be changed before or after it.",
  order_not_found: "This order does not exist, or is not yours.",
  order_not_refundable: "This order cannot be refunded as it stands.",
  own_product: "This is your own show: you need no ticket for it.",
  product_not_found: "This ticket does not exist any more.",
  psp_refused: "The payment provider refused. Nothing was charged, and nothing was paid back.",
  psp_unavailable: "The payment provider does not answer at the moment. Please try again.",
  refund_already_requested: "A refund of this order is under way already.",
  refund_exceeds_captured: "That is more than is left of this payment.",
  refund_window_expired: "The time for a refund is over.",
  sold_out: "The last ticket has just been sold.",
};

/** A sentence for an error of the API; the server's own where we know none better. */
export function problemText({ code, message }) {
  return WORDS[code] ?? (message ? message[0].toUpperCase() + message.slice(1) : "That failed.");
}
