/** One endpoint: its curl line, and a request to try. */

import { copyButton } from "./copying.js";
import { element, newId } from "./dom.js";
import { text } from "./language.js";
import { requestEditor } from "./request.js";
import { responseView } from "./response.js";
import { runOnShortcut, shortcut } from "./shortcut.js";

/** @param {object} route @param {string} url of the endpoints @param {() => void} onCall a request has gone out */
export function endpointView(route, url, onCall) {
  const name = `${route.method} ${route.path}`;
  const editor = requestEditor(route.request);
  const response = responseView();
  const heading = element(
    "h1",
    { tabindex: "-1", id: newId("heading"), class: "route" },
    element("span", { class: "method" }, route.method),
    " ",
    route.path,
  );
  const send = element("button", { type: "submit", class: "primary" }, text("try"));
  const stop = element("button", { type: "button", hidden: true, onclick: () => waiting?.abort() }, text("stop"));
  /** @type {AbortController | null} */
  let waiting = null;
  /** The last request, as the log names who called. */
  let caller = "";
  /** Seconds, by this machine's clock. */
  let sentAt = Infinity;

  const form = element(
    "form",
    { novalidate: true, onsubmit: submit },
    editor.element,
    element("div", { class: "actions" }, send, stop, shortcut()),
  );
  runOnShortcut(form, () => form.requestSubmit());

  async function submit(event) {
    event.preventDefault();
    if (waiting) return;
    const request = editor.read();
    if (!request) return;
    waiting = new AbortController();
    busy(true);
    response.begin();
    const hook = new URL(url).pathname;
    const path = hook + (request.path.startsWith("/") ? "" : "/") + request.path;
    caller = `${route.method} ${new URL(path, url).pathname.slice(hook.length)}`;
    sentAt = Date.now() / 1000;
    onCall();
    const started = performance.now();
    try {
      const options = { ...request.options, signal: waiting.signal, cache: "no-store", credentials: "omit" };
      await response.take(await fetch(path, options), () => (performance.now() - started) / 1000);
    } catch (error) {
      response.fail(text(error.name === "AbortError" ? "stopped" : "broke_off"));
    } finally {
      waiting = null;
      busy(false);
    }
  }

  function busy(is) {
    send.setAttribute("aria-disabled", String(is));
    if (document.activeElement === stop) send.focus();
    stop.hidden = !is;
  }

  const view = element(
    "section",
    { class: "view", "aria-labelledby": heading.id },
    element("div", { class: "title" }, heading),
    element(
      "div",
      { class: "curl" },
      element("pre", { class: "code", tabindex: "0", "aria-label": "curl" }, route.curl),
      copyButton(text("copy"), () => route.curl),
    ),
    form,
    response.element,
  );
  /** Since the last try. */
  const made = ({ caller: who, at }) => who === caller && at >= sentAt - 0.001;
  return { element: view, heading, title: () => name, made, noted: (one) => made(one) && response.note(one.note) };
}
