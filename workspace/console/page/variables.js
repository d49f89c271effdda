/** The variables that a workflow's next nodes can use. */

import { element } from "./dom.js";
import { text } from "./language.js";
import { typeOf, valueElement } from "./values.js";

/** Characters of a text that need not stand there twice. */
const LONG = 30;

/**
 * @param {{text: string, files: object[], json: any[], variables: Record<string, any>}} given
 * @param {Record<string, {description?: string}>} declared what the tool's output_schema says
 */
export function variables(given, declared) {
  const names = [...new Set([...Object.keys(declared), ...Object.keys(given.variables)])];
  const rows = names.map((name) => (name in given.variables ? own(name) : row(name, "", note("not_put_out"))));

  function own(name) {
    const value = given.variables[name];
    const isText = typeof value === "string" && value.length > LONG && value.trim() === given.text.trim();
    const caution = !(name in declared) && element("p", { class: "caution" }, text("not_declared"));
    return row(name, typeOf(value), isText ? note("text_above") : valueElement(value), caution);
  }

  function row(name, type, shown, caution) {
    const about = declared[name]?.description;
    return element(
      "div",
      { "data-variable": name },
      element(
        "dt",
        {},
        element("code", {}, name),
        type && element("span", { class: "type" }, type),
        about && note(() => about),
      ),
      element("dd", {}, shown, caution),
    );
  }

  // what every tool has
  if (given.text) rows.push(row("text", "string", note("text_above")));
  if (given.files.length)
    rows.push(
      row(
        "files",
        "array[file]",
        note(() => given.files.map((file) => file.filename).join(", ")),
      ),
    );
  if (given.json.length) rows.push(row("json", typeOf(given.json), valueElement(given.json)));
  return rows.length > 0 && [element("h2", {}, text("variables")), element("dl", { class: "variables" }, rows)];
}

/** @param {string | (() => string)} words a key of the page's texts, or what to say */
function note(words) {
  return element("span", { class: "note" }, typeof words === "function" ? words : text(words));
}
