/** A field of a form: its label, its help, and what is wrong with it, all bound to the input they are about. */

import { append, element, newId, replace, unseen } from "./dom.js";
import { local, text } from "./language.js";

/**
 * @typedef {Object} Parameter as plugin.json has it: a tool's parameter, a credential or a setting
 * @property {string} name @property {string} type @property {boolean} required @property {any} default
 * @property {{value: string, label: Record<string, string>}[]} options
 * @property {number | null} min @property {number | null} max @property {string} scope @property {boolean} multiple
 * @property {Record<string, string>} label @property {Record<string, string>} description
 * @property {Record<string, string>} placeholder
 */

/**
 * @typedef {Object} Control
 * @property {HTMLElement} input what the label names and where the focus goes
 * @property {HTMLElement} [around] what the input stands in, where it does not stand alone
 * @property {Node[]} [rest] what follows
 * @property {boolean} [group] the input is a group of inputs
 * @property {boolean} [inline] the label stands behind the input
 * @property {boolean} [short] two fit beside each other
 * @property {() => unknown} read the value, undefined where there is none; throws Wrong
 */

/** A value that cannot be sent. */
export class Wrong extends Error {
  /** @param {() => string} said */
  constructor(said) {
    super(said());
    this.said = said;
  }
}

/** @param {Parameter} parameter @param {Control} control */
export function field(parameter, control) {
  const { input, around = input, rest = [], group, inline, short } = control;
  const id = newId("field");
  const help = element("p", { class: "help", id: `${id}-help` }, local(parameter.description));
  const problem = element("p", { class: "problem", id: `${id}-problem` });
  const name = [
    element("span", {}, local(parameter.label, parameter.name)),
    parameter.required && element("span", { class: "required", title: text("required"), "aria-hidden": "true" }, "*"),
    parameter.required && group && unseen(" (", text("required"), ")"),
  ];
  const label = group
    ? element("span", { class: "label", id: `${id}-label` }, name)
    : element("label", { for: id, class: "label" }, name);
  const kind = element("code", { class: "kind" }, parameter.name);

  input.id = id;
  input.setAttribute("aria-describedby", `${help.id} ${problem.id}`);
  if (group) {
    input.setAttribute("role", "group");
    input.setAttribute("aria-labelledby", label.id);
  } else if (parameter.required) {
    input.setAttribute("required", "");
  }

  const head = inline ? element("span", { class: "choice" }, input, label) : label;
  const top = element("div", { class: "field-top" }, head, kind);
  const whole = element("div", { class: short ? "field short" : "field" }, top, help, !inline && around, rest, problem);
  whole.addEventListener("input", clear);
  whole.addEventListener("change", clear);

  function clear() {
    problem.replaceChildren();
    input.removeAttribute("aria-invalid");
  }

  return {
    name: parameter.name,
    element: whole,

    /** Throws Wrong, having shown it. */
    read() {
      try {
        const value = control.read();
        if (parameter.required && value === undefined) throw new Wrong(text("missing"));
        clear();
        return value;
      } catch (wrong) {
        if (!(wrong instanceof Wrong)) throw wrong;
        replace(problem, wrong.said);
        input.setAttribute("aria-invalid", "true");
        throw wrong;
      }
    },

    focus() {
      (group ? input.querySelector("input, button") : input)?.focus();
    },
  };
}

/** What several fields hold, by name; null where one is wrong: it is shown and has the focus. */
export function readAll(fields) {
  const values = {};
  let first = null;
  for (const one of fields) {
    try {
      const value = one.read();
      if (value !== undefined) values[one.name] = value;
    } catch (wrong) {
      if (!(wrong instanceof Wrong)) throw wrong;
      first ??= one;
    }
  }
  first?.focus();
  return first ? null : values;
}

/** A part of a form that is closed at first. @param {() => string} title */
export function folded(title, ...children) {
  const details = element("details", { class: "folded" }, element("summary", {}, title));
  append(details, ...children);
  return details;
}
