// Amounts of money: integers of a currency's smallest unit, as people read and type them.

/** How many decimals a currency has: JPY 0, EUR 2, KWD 3 (ISO 4217, as the browser knows it). */
export function minorDigits(currency) {
  const options = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return options.maximumFractionDigits;
}

/** 1250, "EUR" -> "12,50 €" or "€12.50", as the reader's own country writes it. */
export function money(amount, currency, locale = undefined) {
  return format(amount, currency, locale);
}

/** The same with its sign, also where it is a plus: "+12,50 €". */
export function signedMoney(amount, currency, locale = undefined) {
  return format(amount, currency, locale, { signDisplay: "exceptZero" });
}

function format(amount, currency, locale, options = {}) {
  const number = new Intl.NumberFormat(locale, { style: "currency", currency, ...options });
  return number.format(amount / 10 ** minorDigits(currency));
}

/** What an input of a price holds at first: 1250, "EUR" -> "12.50", with the locale's own point. */
export function plainMoney(amount, currency, locale = undefined) {
  const digits = minorDigits(currency);
  return new Intl.NumberFormat(locale, {
    useGrouping: false,
    numberingSystem: "latn",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount / 10 ** digits);
}

function decimalPoint(locale) {
  const parts = new Intl.NumberFormat(locale, { numberingSystem: "latn" }).formatToParts(1.5);
  return parts.find(({ type }) => type === "decimal").value;
}

/**
 * A typed price in the smallest unit, null for what is none: "12", "12,5", "1.234,50", "€ 3.20".
 *
 * A comma or a point before as many digits as the currency can have is the decimal one; before
 * three digits it groups. Where it could be either (three decimals), the locale decides.
 */
export function parseMoney(text, currency, locale = undefined) {
  const bare = text.replace(/[\s\p{Sc}'’]/gu, "").replace(currency, "");
  if (!/^\d[\d.,]*$/.test(bare)) return null;
  const digits = minorDigits(currency);
  const at = Math.max(bare.lastIndexOf("."), bare.lastIndexOf(","));
  const after = bare.length - at - 1;
  const isDecimal = at >= 0 && after <= digits && (after !== 3 || bare[at] === decimalPoint(locale));
  const whole = isDecimal ? bare.slice(0, at) : bare;
  const fraction = isDecimal ? bare.slice(at + 1) : "";
  const point = isDecimal ? bare[at] : "";
  if (!/^(\d+|\d{1,3}(\.\d{3})+|\d{1,3}(,\d{3})+)$/.test(whole)) return null;
  if (point && whole.includes(point)) return null;
  const amount = Number(whole.replace(/[.,]/g, "") + fraction.padEnd(digits, "0"));
  return Number.isSafeInteger(amount) ? amount : null;
}

const COMMON_CURRENCIES = ["EUR", "USD", "GBP", "CHF", "JPY"];

/** All currencies to choose from, the common ones first: [{code, name}]. */
export function currencies() {
  const names = new Intl.DisplayNames(undefined, { type: "currency" });
  const all = new Set([...COMMON_CURRENCIES, ...Intl.supportedValuesOf("currency")]);
  return [...all].map((code) => ({ code, name: names.of(code) }));
}
