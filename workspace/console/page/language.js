/** The language of the page: the page's own texts, and those of the plugin that come in several languages. */

import { TEXTS } from "./texts.js";

/** By Dify's names. */
export const LANGUAGES = { en_US: "English", zh_Hans: "简体中文", ja_JP: "日本語", pt_BR: "Português (Brasil)" };

const NAMES = Object.keys(LANGUAGES);
const BY_PREFIX = { en: "en_US", zh: "zh_Hans", ja: "ja_JP", pt: "pt_BR" };
const KEPT_AS = "console-language";

let chosen = kept() ?? preferred();

export function language() {
  return chosen;
}

/** As HTML and the formatters of the browser name it: "zh-Hans". */
export function languageTag() {
  return chosen.replace("_", "-");
}

/** @param {string} name one of LANGUAGES */
export function choose(name) {
  chosen = name;
  try {
    localStorage.setItem(KEPT_AS, name);
  } catch {
    // kept for as long as the page is open
  }
}

/**
 * One of the page's own texts. "{n}" and the like are filled in; "{n} reply|{n} replies" is for one and for more.
 * @param {keyof typeof TEXTS} key @param {Record<string, string | number>} values
 */
export function tell(key, values = {}) {
  const forms = TEXTS[key][NAMES.indexOf(chosen)].split("|");
  const form = values.n === 1 ? forms[0] : forms.at(-1);
  return form.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** The same as a function for `element`, which follows the language. @returns {() => string} */
export function text(key, values = {}) {
  return () => tell(key, values);
}

/** A text of the plugin's YAML, as a function for `element`. @param {Record<string, string>} texts by language */
export function local(texts, otherwise = "") {
  return () => localNow(texts, otherwise);
}

export function localNow(texts, otherwise = "") {
  return texts?.[chosen] || texts?.en_US || Object.values(texts ?? {}).find(Boolean) || otherwise;
}

/** @param {number} seconds "42 ms", "1.25 s" */
export function inSeconds(seconds) {
  const [amount, unit] = seconds < 1 ? [Math.round(seconds * 1000), "ms"] : [Number(seconds.toPrecision(3)), "s"];
  return `${amount === 0 ? "<1" : shown(amount)} ${unit}`;
}

/** @param {number} bytes "12.3 kB" */
export function inBytes(bytes) {
  const [amount, unit] = bytes < 1000 ? [bytes, "B"] : bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${new Intl.NumberFormat(languageTag(), { maximumFractionDigits: 1 }).format(amount)} ${unit}`;
}

function shown(value) {
  return typeof value === "number" ? new Intl.NumberFormat(languageTag()).format(value) : String(value);
}

function kept() {
  try {
    const name = localStorage.getItem(KEPT_AS);
    return name && NAMES.includes(name) ? name : null;
  } catch {
    return null;
  }
}

function preferred() {
  const known = navigator.languages.map((tag) => BY_PREFIX[tag.slice(0, 2).toLowerCase()]);
  return known.find(Boolean) ?? "en_US";
}
