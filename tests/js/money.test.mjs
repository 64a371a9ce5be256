// Amounts as they are shown and typed, in currencies of no, two and three decimals.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  currencies,
  minorDigits,
  money,
  parseMoney,
  plainMoney,
  signedMoney,
} from "../../server/pages/static/js/money.js";

/** Intl puts no-break spaces; what matters here is the rest. */
const plainSpaces = (text) => text.replace(/[\u00a0\u202f]/g, " ");

test("each currency has its own number of decimals", () => {
  assert.deepEqual(["JPY", "EUR", "USD", "KWD"].map(minorDigits), [0, 2, 2, 3]);
});

test("an amount is written as the reader's country writes it", () => {
  const cases = [
    [1250, "EUR", "de", "12,50 €"],
    [1250, "EUR", "en", "€12.50"],
    [123456789, "EUR", "de", "1.234.567,89 €"],
    [1250, "JPY", "en", "¥1,250"],
    [1250, "KWD", "en", "KWD 1.250"],
    [5, "KWD", "en", "KWD 0.005"],
    [0, "EUR", "en", "€0.00"],
  ];
  for (const [amount, currency, locale, text] of cases) {
    assert.equal(plainSpaces(money(amount, currency, locale)), text);
  }
});

test("a signed amount says plus and minus, and nothing for zero", () => {
  const texts = [1250, -5, 0].map((amount) => signedMoney(amount, "EUR", "en"));
  assert.deepEqual(texts, ["+€12.50", "-€0.05", "€0.00"]);
});

test("a typed price becomes the smallest unit", () => {
  const cases = [
    ["12", "EUR", "en", 1200],
    ["12.5", "EUR", "en", 1250],
    ["12,50", "EUR", "en", 1250],
    [" 12,50 € ", "EUR", "de", 1250],
    ["EUR 3.20", "EUR", "en", 320],
    ["0.05", "EUR", "en", 5],
    ["12.", "EUR", "en", 1200],
    ["1.234,50", "EUR", "de", 123450],
    ["1,234.50", "EUR", "de", 123450],
    ["1 234,50", "EUR", "fr", 123450],
    ["1'234.50", "CHF", "de-CH", 123450],
    ["1.234", "EUR", "en", 123400],
    ["1.234.567", "EUR", "de", 123456700],
    ["500", "JPY", "en", 500],
    ["¥1,500", "JPY", "en", 1500],
    ["1.250", "KWD", "en", 1250],
    ["1,250", "KWD", "en", 1250000],
    ["1,250", "KWD", "de", 1250],
    ["1.25", "KWD", "en", 1250],
  ];
  for (const [text, currency, locale, amount] of cases) {
    assert.equal(parseMoney(text, currency, locale), amount, `${text} ${currency} ${locale}`);
  }
});

test("what is no price is none", () => {
  const cases = [
    ["", "EUR"],
    ["abc", "EUR"],
    ["-5", "EUR"],
    ["1e3", "EUR"],
    [".", "EUR"],
    ["5.5.5", "EUR"],
    ["1,23,4.5", "EUR"],
    ["12.5", "JPY"],
    ["1.2345", "KWD"],
    ["12.5 USD", "EUR"],
    ["99999999999999999999", "EUR"],
  ];
  for (const [text, currency] of cases) {
    assert.equal(parseMoney(text, currency, "en"), null, `${text} ${currency}`);
  }
});

test("what a form is filled with is read back as the same amount, whatever the locale", () => {
  for (const locale of ["en", "de", "fr", "de-CH", "ar", "hi", "ja"]) {
    for (const currency of ["EUR", "JPY", "KWD"]) {
      for (const amount of [1, 5, 99, 1000, 1234, 1234567, 100000000]) {
        const text = plainMoney(amount, currency, locale);
        assert.equal(parseMoney(text, currency, locale), amount, `${text} ${currency} ${locale}`);
      }
    }
  }
});

test("every currency can be chosen once, the common ones first", () => {
  const codes = currencies().map(({ code }) => code);
  assert.deepEqual(codes.slice(0, 2), ["EUR", "USD"]);
  assert.equal(new Set(codes).size, codes.length);
  assert.ok(codes.includes("KWD"));
});
