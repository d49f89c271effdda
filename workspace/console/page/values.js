/** A JSON value as it reads best: tables for lists of objects and for vectors, text as text, all else as JSON. */

import { element } from "./dom.js";
import { text } from "./language.js";

/** Characters that are shown before a value is folded. */
const LONG = 600;
const ROWS = 200;
/** An object with more names is no row of a table. */
const COLUMNS = 20;
const NUMBERS = 8;

/** The type as a workflow's editor names it: "array[object]". */
export function typeOf(value) {
  if (value === null) return "null";
  if (!Array.isArray(value)) return typeof value;
  const kinds = new Set(value.map(typeOf).map((kind) => (kind.startsWith("array") ? "array" : kind)));
  const kind = kinds.size === 1 ? [...kinds][0] : "any";
  return ["string", "number", "boolean", "object"].includes(kind) ? `array[${kind}]` : "array";
}

/** @returns {HTMLElement} */
export function valueElement(value) {
  if (typeof value === "string") return plain(value);
  if (isVector(value)) return vectorTable([value]);
  if (Array.isArray(value) && value.length) {
    if (value.every(isVector)) return vectorTable(value);
    const names = value.every(isRow) ? [...new Set(value.flatMap(Object.keys))] : [];
    if (names.length && names.length <= COLUMNS) return objectTable(value, names);
  }
  return json(value);
}

/** JSON with line breaks, folded where it is long. */
export function json(value) {
  return plain(JSON.stringify(value, null, 2) ?? "null", "code");
}

/** Text as it stands, folded where it is long. */
export function plain(value, kind = "text") {
  if (value === "") return element("span", { class: "note" }, text("empty"));
  const whole = element("pre", { class: kind, tabindex: value.length > LONG ? "0" : null }, value);
  if (value.length <= LONG) return whole;
  const start = value.slice(0, 120).replace(/\s+/g, " ");
  const summary = element(
    "summary",
    {},
    element("span", { class: "start" }, `${start}…`),
    " ",
    element("span", { class: "note" }, text("characters", { n: value.length })),
  );
  return element("details", { class: "long" }, summary, whole);
}

function isVector(value) {
  return Array.isArray(value) && value.length > NUMBERS && value.every((item) => typeof item === "number");
}

function isRow(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function vectorTable(vectors) {
  const head = element(
    "tr",
    {},
    ["#", text("dimensions"), text("first_numbers")].map((word) => element("th", { scope: "col" }, word)),
  );
  const rows = vectors.slice(0, ROWS).map((vector, place) => {
    const start = vector.slice(0, NUMBERS).map((number) => number.toFixed(4));
    return element(
      "tr",
      {},
      element("td", {}, place),
      element("td", {}, vector.length),
      element("td", { class: "code" }, `${start.join("  ")}  …`),
    );
  });
  return table(head, rows, vectors.length);
}

function objectTable(objects, names) {
  const head = element(
    "tr",
    {},
    names.map((name) => element("th", { scope: "col" }, name)),
  );
  const rows = objects.slice(0, ROWS).map((row) =>
    element(
      "tr",
      {},
      names.map((name) => cell(row[name])),
    ),
  );
  return table(head, rows, objects.length);
}

function cell(value) {
  if (value === undefined) return element("td");
  if (typeof value === "number") return element("td", { class: "number" }, short(value));
  return element("td", {}, typeof value === "object" ? json(value) : plain(String(value)));
}

function short(number) {
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(6)));
}

/** It scrolls by itself where it is wider than the page. */
function table(head, rows, count) {
  const more = count > rows.length && element("p", { class: "note" }, text("more_rows", { n: count - rows.length }));
  const whole = element("table", {}, element("thead", {}, head), element("tbody", {}, rows));
  return element(
    "div",
    {},
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("table") }, whole),
    more,
  );
}
