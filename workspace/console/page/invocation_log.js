/** The log of reverse invocations: what the plugin asked of Dify, and what came back. */

import { invocations } from "./api.js";
import { append, element, newId, replace } from "./dom.js";
import { inSeconds, languageTag, text } from "./language.js";
import { json } from "./values.js";

const KEPT = 500;
const TRY_AGAIN_AFTER = 2000;
/** Characters of a reply that needs no folding. */
const SHORT = 90;

/** @param {HTMLElement} place @param {() => (invocation: object) => boolean} ofThisCall tells those of the view that is open @param {(note: {caller: string, note: string, at: number}) => void} onNote */
export function invocationLog(place, ofThisCall, onNote) {
  const heading = element("h2", { id: newId("log") }, text("reverse_invocations"));
  const onlyThis = element("input", { type: "checkbox", onchange: refresh });
  const clear = element("button", { type: "button", class: "quiet", onclick: clearAll }, text("clear"));
  const status = element("p", { class: "note", role: "status" });
  const none = element("p", { class: "note none" });
  const list = element("ol", { class: "invocations", reversed: true });
  /** @type {Map<string, ReturnType<typeof entry>>} in the order of their coming */
  const entries = new Map();
  const cleared = new Set();

  place.setAttribute("aria-labelledby", heading.id);
  const filter = element("label", { class: "choice" }, onlyThis, element("span", {}, text("this_call_only")));
  const tools = element("div", { class: "log-tools" }, filter, clear);
  place.append(element("div", { class: "log-head" }, heading, tools), status, none, list);

  function take(invocation) {
    const id = `${invocation.id} ${invocation.at}`; // a server that was started again counts from the beginning
    if (cleared.has(id)) return;
    let one = entries.get(id);
    if (!one) {
      one = entry();
      entries.set(id, one);
      list.prepend(one.element);
      if (entries.size > KEPT) forget(entries.keys().next().value);
    }
    one.update(invocation);
    show(one);
    tellNone();
  }

  function forget(id) {
    entries.get(id).element.remove();
    entries.delete(id);
  }

  function clearAll() {
    for (const id of [...entries.keys()]) {
      cleared.add(id);
      forget(id);
    }
    tellNone();
  }

  function show(one) {
    one.element.hidden = onlyThis.checked && !ofThisCall()(one.invocation());
  }

  function refresh() {
    for (const one of entries.values()) show(one);
    tellNone();
  }

  function tellNone() {
    const some = [...entries.values()].some((one) => !one.element.hidden);
    replace(none, some ? null : text(entries.size ? "none_of_this_call" : "no_invocations"));
  }

  /** While the page is seen: a browser opens only a few connections to a server, and pages in other tabs need theirs. */
  async function listen() {
    for (;;) {
      await seen();
      const hidden = new AbortController();
      const stop = () => document.hidden && hidden.abort();
      document.addEventListener("visibilitychange", stop);
      try {
        for await (const one of invocations(hidden.signal)) {
          replace(status);
          if (one.id) take(one);
          else if (one.note) onNote(one);
        }
      } catch {
        // whether the server went or the connection, it is tried again
      }
      document.removeEventListener("visibilitychange", stop);
      if (hidden.signal.aborted) continue;
      replace(status, text("log_lost"));
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_AFTER));
    }
  }

  tellNone();
  listen();
  return { refresh };
}

function seen() {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}

/** One of them: a line, and opened the whole request and the replies. What is open in it stays so as it changes. */
function entry() {
  let invocation;
  const dot = element("span", { class: "dot", "aria-hidden": "true" });
  const type = element("strong", {});
  const caller = element("span", { class: "caller" });
  const state = element("span", {});
  const time = element("span", { class: "time" });
  const problem = element("p", { class: "problem" });
  const request = element("div", {});
  const replies = element("ol", { class: "replies" });
  const summary = element(
    "summary",
    {},
    element("span", { class: "what" }, dot, type, caller),
    element("span", { class: "state" }, state, time),
  );
  const repliesTitle = element("h3", { hidden: true }, text("replies_title"));
  const parts = [problem, element("h3", {}, text("request")), request, repliesTitle, replies];
  const details = element("details", { ontoggle: fill }, summary, element("div", { class: "inside" }, parts));
  const item = element("li", {}, details);
  /** @type {string[]} the replies that are shown, as JSON */
  let shown = [];

  function update(changed) {
    const first = !invocation;
    invocation = changed;
    const { error, seconds } = invocation;
    item.dataset.state = error !== null ? "failed" : seconds === null ? "running" : "done";
    dot.className = `dot ${{ failed: "bad", running: "busy", done: "good" }[item.dataset.state]}`;
    replace(
      state,
      text(`state_${item.dataset.state}`),
      " · ",
      text("replies", { n: invocation.reply_count }),
      " · ",
      took,
    );
    if (first) {
      type.textContent = invocation.type;
      caller.textContent = invocation.caller;
      replace(time, at);
    }
    fill();
  }

  function took() {
    return invocation.seconds === null ? "…" : inSeconds(invocation.seconds);
  }

  function at() {
    return new Date(invocation.at * 1000).toLocaleTimeString(languageTag());
  }

  function fill() {
    if (!details.open) return;
    problem.textContent = invocation.error ?? "";
    if (!request.firstChild) append(request, json(invocation.request));
    const middle = Math.ceil(invocation.replies.length / 2);
    const left = invocation.reply_count - invocation.replies.length;
    const rows = invocation.replies.map((one) => JSON.stringify(one));
    if (left > 0) rows.splice(middle, 0, `${left}`);
    rows.forEach((row, place) => {
      if (shown[place] === row) return;
      const isGap = left > 0 && place === middle;
      const made = isGap
        ? element("li", { class: "note" }, text("replies_left_out", { n: left }))
        : element("li", {}, oneLine(row));
      if (replies.children[place]) replies.children[place].replaceWith(made);
      else replies.append(made);
    });
    shown = rows;
    repliesTitle.hidden = !rows.length;
  }

  return { element: item, update, invocation: () => invocation };
}

/** JSON on a line or two, and opened as it reads best. */
function oneLine(row) {
  if (row.length < SHORT) return element("code", {}, row);
  const gist = JSON.stringify(JSON.parse(row, (_, value) => (isEmpty(value) ? undefined : value)));
  return element(
    "details",
    { class: "reply" },
    element("summary", {}, element("code", {}, gist)),
    json(JSON.parse(row)),
  );
}

function isEmpty(value) {
  return value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
}
