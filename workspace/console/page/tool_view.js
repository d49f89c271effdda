/** One tool: what it is, its form, and what a call of it gives. */

import { call, Failed } from "./api.js";
import { commandLine } from "./command.js";
import { copyButton } from "./copying.js";
import { append, element, newId } from "./dom.js";
import { folded, readAll } from "./field.js";
import { fieldsOf } from "./form.js";
import { local, localNow, text } from "./language.js";
import { resultView } from "./result.js";
import { runOnShortcut, shortcut } from "./shortcut.js";

/**
 * @param {object} tool @param {object} plugin @param {import("./credentials.js").Credentials} credentials
 * @param {() => void} onCall a call has begun
 */
export function toolView(tool, plugin, credentials, onCall) {
  const fields = fieldsOf(tool.parameters, plugin);
  const result = resultView(tool.output_schema);
  const heading = element("h1", { tabindex: "-1", id: newId("heading") }, local(tool.label, tool.name));
  const run = element("button", { type: "submit", class: "primary" }, text("run"));
  const stop = element(
    "button",
    { type: "button", hidden: true, title: text("stop_waiting_help"), onclick: () => waiting?.abort() },
    text("stop_waiting"),
  );
  /** @type {AbortController | null} */
  let waiting = null;
  /** @type {string | null} */
  let callId = null;

  const form = element(
    "form",
    { novalidate: true, onsubmit: submit },
    fields.length ? fields.map((one) => one.element) : element("p", { class: "note" }, text("no_parameters")),
    element("div", { class: "actions" }, run, stop, shortcut(), copyButton(text("copy_as_command"), command)),
  );
  runOnShortcut(form, () => form.requestSubmit());

  async function submit(event) {
    event.preventDefault();
    if (waiting) return;
    const values = readAll(fields);
    const secrets = readAll(credentials.fields);
    if (values === null || secrets === null) return;
    waiting = new AbortController();
    busy(true);
    result.begin();
    try {
      for await (const one of call(tool, { parameters: sent(values), credentials: secrets }, waiting.signal)) {
        if (one.event === "started") {
          callId = one.call;
          onCall();
        }
        result.take(one);
      }
      result.close();
    } catch (error) {
      if (error.name === "AbortError") result.stopped();
      else result.close(error instanceof Failed ? error.message : text("broke_off"));
    } finally {
      waiting = null;
      busy(false);
    }
  }

  function busy(is) {
    run.setAttribute("aria-disabled", String(is)); // it keeps the focus
    if (document.activeElement === stop) run.focus();
    stop.hidden = !is;
  }

  function command() {
    const values = readAll(fields);
    const secrets = readAll(credentials.fields);
    return values && secrets && commandLine(plugin, tool, values, secrets);
  }

  const view = element(
    "section",
    { class: "view", "aria-labelledby": heading.id },
    element("div", { class: "title" }, heading, element("code", {}, tool.name)),
    element("p", { class: "lead" }, local(tool.description)),
    agentReads(tool),
    form,
    result.element,
  );
  return {
    element: view,
    heading,
    title: () => localNow(tool.label, tool.name),
    shown: () => credentials.element && form.prepend(credentials.element),
    /** Of its last call. */
    made: (invocation) => callId !== null && invocation.call === callId,
  };
}

/** The files' names are for the page alone. */
function sent(values) {
  const file = (value) => (value && typeof value === "object" && "file" in value ? { file: value.file } : value);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Array.isArray(value) ? value.map(file) : file(value)]),
  );
}

/** The descriptions that an agent's model gets, with the parameters it fills in. */
function agentReads(tool) {
  const filled = tool.parameters.filter((parameter) => parameter.form === "llm");
  const list = element("dl", { class: "agent" });
  for (const parameter of filled) {
    append(
      list,
      element("dt", {}, element("code", {}, parameter.name)),
      element("dd", {}, parameter.llm_description || text("nothing_said")),
    );
  }
  const settings = tool.parameters.filter((parameter) => parameter.form !== "llm").map((parameter) => parameter.name);
  const rest =
    settings.length > 0 && element("p", { class: "note" }, text("set_beforehand", { names: settings.join(", ") }));
  return folded(text("agent_reads"), element("p", {}, tool.llm_description), filled.length > 0 && list, rest);
}
