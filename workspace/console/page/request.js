/** A request to an endpoint that can be edited: its path, its headers, its body. */

import { append, element, newId } from "./dom.js";
import { Wrong } from "./field.js";
import { text } from "./language.js";
import { recordButton } from "./recording.js";
import { parsed } from "./text_fields.js";

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @param {{method: string, path: string, headers: object, json?: any, form?: string[]}} example */
export function requestEditor(example) {
  const path = element("input", {
    type: "text",
    value: example.path,
    spellcheck: "false",
    class: "code",
    autocomplete: "off",
  });
  const headers = element("textarea", {
    class: "code",
    rows: 2,
    spellcheck: "false",
    value: headerLines(example.headers),
    placeholder: "Authorization: Bearer …",
  });
  const body = example.form
    ? formBody(example.form)
    : "json" in example || hasBody(example.method)
      ? jsonBody(example)
      : null;
  const problem = element("p", { class: "problem", role: "alert", id: newId("problem") });
  const whole = element(
    "div",
    { class: "request" },
    labelled(
      text("path"),
      element("span", { class: "path" }, element("code", { class: "method" }, example.method), path),
    ),
    labelled(text("headers"), headers),
    body?.element,
    problem,
  );
  whole.addEventListener("input", () => problem.replaceChildren());

  return {
    element: whole,

    /** @returns {{path: string, options: RequestInit} | null} null where something is wrong, which is then shown */
    read() {
      problem.replaceChildren();
      try {
        const part = path.value.match(/<[^<>]*>/)?.[0];
        if (part) throw new Wrong(text("unfilled", { part }));
        const sent = body?.read() ?? {};
        const all = parsedHeaders(headers.value);
        if (sent.type && !Object.keys(all).some((name) => name.toLowerCase() === "content-type"))
          all["Content-Type"] = sent.type;
        return { path: path.value.trim(), options: { method: example.method, headers: all, body: sent.body } };
      } catch (wrong) {
        if (!(wrong instanceof Wrong)) throw wrong;
        append(problem, wrong.said);
        return null;
      }
    },
  };
}

function labelled(name, control) {
  return element("label", { class: "field" }, element("span", { class: "label" }, name), control);
}

function hasBody(method) {
  return !["GET", "HEAD", "OPTIONS", "DELETE"].includes(method);
}

function jsonBody(example) {
  const value = "json" in example ? JSON.stringify(example.json, null, 2) : "";
  const input = element("textarea", { class: "code", rows: 6, spellcheck: "false", value });
  function read() {
    if (!input.value.trim()) return {};
    parsed(input.value);
    return { body: input.value, type: "application/json" };
  }
  return { element: labelled(text("json_body"), input), read };
}

/** Parts as curl's -F has them: "user=ada", "file=@voice.mp3;type=audio/mpeg". */
function formBody(parts) {
  const rows = parts.map((part) => {
    const [, name, at, value] = part.match(/^([^=]*)=(@?)([\s\S]*)$/) ?? [null, part, "", ""];
    const id = newId("part");
    const [control, ...beside] = at
      ? fileInput(value)
      : [element("input", { type: "text", value, autocomplete: "off" })];
    control.id = id;
    const label = element("label", { for: id }, element("code", {}, name));
    return { name, at, control, element: element("div", { class: "part" }, label, control, beside) };
  });

  function read() {
    const body = new FormData();
    for (const { name, at, control } of rows) {
      if (at && !control.files.length) throw new Wrong(text("choose_file", { name }));
      if (at) body.append(name, control.files[0]);
      else body.append(name, control.value);
    }
    return { body };
  }
  const title = element("legend", { class: "label" }, text("form_parts"));
  return {
    element: element(
      "fieldset",
      { class: "parts" },
      title,
      rows.map((row) => row.element),
    ),
    read,
  };
}

/** With the name of the file in the example, and a recorder. @param {string} example "/tmp/voice.mp3;type=audio/mpeg" */
function fileInput(example) {
  const input = element("input", { type: "file" });
  const recorder = recordButton((sound, name) => {
    const chosen = new DataTransfer();
    chosen.items.add(new File([sound], name, { type: sound.type }));
    input.files = chosen.files;
  });
  const name = example.split(";")[0].split("/").at(-1);
  return [input, recorder, element("span", { class: "note" }, text("such_as", { name }))];
}

function headerLines(headers) {
  return Object.entries(headers ?? {})
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}

function parsedHeaders(lines) {
  const headers = {};
  for (const line of lines.split("\n")) {
    if (!line.trim()) continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || !HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      throw new Wrong(text("not_a_header", { line: line.trim() }));
    }
    headers[name] = value;
  }
  return headers;
}
