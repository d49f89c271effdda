/** Fields for what is typed or picked: texts, numbers, options, JSON. Each function gives a `Control` of field.js. */

import { Wrong } from "./field.js";
import { element } from "./dom.js";
import { local, text } from "./language.js";

/** Parameters of such names get room for more than a line. */
const LONG_TEXT = /prompt|text|content|document|instruction|message|body|schema/i;

export function textControl(parameter) {
  const value = parameter.default ?? "";
  const long = LONG_TEXT.test(parameter.name) || String(value).includes("\n");
  const input = element("textarea", {
    rows: long ? 3 : 1,
    class: long ? "long" : null,
    value: typeof value === "string" ? value : JSON.stringify(value),
    placeholder: local(parameter.placeholder),
    autocomplete: "off",
  });
  return { input, read: () => input.value || undefined };
}

export function secretControl(parameter) {
  const input = element("input", {
    type: "password",
    value: parameter.default ?? "",
    placeholder: local(parameter.placeholder),
    autocomplete: "off",
  });
  return { input, read: () => input.value || undefined };
}

export function dateControl(parameter) {
  const input = element("input", { type: "date", value: parameter.default ?? "" });
  return { input, short: true, read: () => input.value || undefined };
}

/** A text: an input of the type number drops the comma of "1,5" in some languages, and gives 15. */
export function numberControl({ min, max, default: preset, placeholder }) {
  const input = element("input", {
    type: "text",
    inputmode: "decimal",
    value: preset ?? "",
    placeholder: local(placeholder),
    autocomplete: "off",
  });
  function read() {
    const typed = input.value.trim();
    if (!typed) return undefined;
    const number = numberIn(typed);
    if (number === null) throw new Wrong(text("not_a_number"));
    if (min !== null && number < min) throw new Wrong(text("too_small", { limit: min }));
    if (max !== null && number > max) throw new Wrong(text("too_large", { limit: max }));
    return number;
  }
  return { input, short: true, read };
}

/** With a point or a comma; null also for "1,234", which would be two numbers. @param {string} typed */
function numberIn(typed) {
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(typed)) return null;
  const number = typed.replace(",", ".");
  return /^[-+.\de]+$/i.test(number) && Number.isFinite(Number(number)) ? Number(number) : null;
}

export function booleanControl(parameter) {
  const input = element("input", { type: "checkbox", checked: [true, "true", 1, "1"].includes(parameter.default) });
  return { input, inline: true, short: true, read: () => input.checked };
}

export function selectControl(parameter) {
  if (!parameter.options.length) return textControl(parameter); // a dynamic-select: the plugin knows the options
  return parameter.multiple ? severalControl(parameter) : oneControl(parameter);
}

function oneControl(parameter) {
  const chosen = parameter.default ?? "";
  const input = element(
    "select",
    {},
    chosen === "" && element("option", { value: "" }, text(parameter.required ? "choose" : "not_set")),
    parameter.options.map((option) =>
      element(
        "option",
        { value: option.value, selected: option.value === String(chosen) },
        local(option.label, option.value),
      ),
    ),
  );
  return { input, short: true, read: () => input.value || undefined };
}

function severalControl(parameter) {
  const chosen = [parameter.default ?? []].flat().map(String);
  const boxes = parameter.options.map((option) =>
    element("input", { type: "checkbox", value: option.value, checked: chosen.includes(option.value) }),
  );
  const input = element(
    "div",
    { class: "choices" },
    boxes.map((box, place) => {
      const { label, value } = parameter.options[place];
      return element("label", { class: "choice" }, box, element("span", {}, local(label, value)));
    }),
  );
  function read() {
    const values = boxes.filter((box) => box.checked).map((box) => box.value);
    return values.length ? values : undefined;
  }
  return { input, group: true, read };
}

/** Takes what JSON.parse takes and `fits`. */
function jsonControl(parameter, { fits, problem, example }) {
  const { default: preset } = parameter;
  const input = element("textarea", {
    class: "code",
    rows: 3,
    spellcheck: "false",
    autocomplete: "off",
    value:
      preset === null || preset === undefined || preset === ""
        ? ""
        : typeof preset === "string"
          ? preset
          : JSON.stringify(preset, null, 2),
    placeholder: local(parameter.placeholder, example),
  });
  function read() {
    if (!input.value.trim()) return undefined;
    const value = parsed(input.value);
    if (!fits(value)) throw new Wrong(text(problem));
    return value;
  }
  return { input, read };
}

export function objectControl(parameter) {
  const fits = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  return jsonControl(parameter, { fits, problem: "not_an_object", example: '{"key": "value"}' });
}

export function arrayControl(parameter) {
  return jsonControl(parameter, { fits: Array.isArray, problem: "not_an_array", example: '["one", "two"]' });
}

/** JSON where it is some, else the text as it is. */
export function anyControl(parameter) {
  const { input } = textControl(parameter);
  function read() {
    if (!input.value.trim()) return undefined;
    try {
      return JSON.parse(input.value);
    } catch {
      return input.value;
    }
  }
  return { input, read };
}

/** Throws Wrong with what JSON.parse says. */
export function parsed(json) {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Wrong(text("not_json", { problem: error.message }));
  }
}
