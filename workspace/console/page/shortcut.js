/** Ctrl+Enter, or Cmd+Enter, sends a form from any of its fields. */

import { element } from "./dom.js";

const ON_A_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** @param {HTMLFormElement} form @param {() => void} send */
export function runOnShortcut(form, send) {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  });
}

/** The keys, for the eye. */
export function shortcut() {
  return element("kbd", { "aria-hidden": "true" }, ON_A_MAC ? "⌘ ↵" : "Ctrl ↵");
}
