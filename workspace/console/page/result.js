/** What a call of a tool gives: its text as it comes, its files, its variables, or its error. */

import { element, replace } from "./dom.js";
import { inBytes, inSeconds, tell, text } from "./language.js";
import { download, medium } from "./media.js";
import { adder, reveal } from "./scrolling.js";
import { json, plain } from "./values.js";
import { variables } from "./variables.js";

/** @param {object} schema the tool's output_schema */
export function resultView(schema) {
  const declared = schema?.properties ?? {};
  const status = element("p", { class: "status", role: "status" });
  const alert = element("div", { role: "alert" });
  const streamed = element("div", { class: "streamed", "aria-live": "polite" });
  const add = adder(streamed);
  const files = element("div", { class: "media" });
  const outputs = element("div", {});
  const logs = element("ul", { class: "lines" });
  const lines = element("pre", { class: "code" });
  const logsPart = element(
    "details",
    { class: "folded", hidden: true },
    element("summary", {}, text("log_messages")),
    logs,
  );
  const linesPart = element(
    "details",
    { class: "folded", hidden: true },
    element("summary", {}, text("printed")),
    lines,
  );
  const whole = element(
    "section",
    { class: "result", hidden: true, "aria-label": text("result") },
    status,
    alert,
    streamed,
    files,
    outputs,
    logsPart,
    linesPart,
  );
  let failed = false;
  let clock = 0;

  const taken = {
    text: (event) => add(event.text),
    log(event) {
      logsPart.hidden = false;
      const { label, status: state, data, error } = event;
      const shown = data && Object.keys(data).length > 0 && json(data);
      const head = [element("strong", {}, label || "log"), " ", element("span", { class: "note" }, state)];
      logs.append(element("li", {}, head, error && element("p", { class: "problem" }, String(error)), shown));
    },
    line(event) {
      linesPart.hidden = false;
      lines.append(`${event.text}\n`);
    },
    outputs({ outputs: given }) {
      replace(files, given.files.map(fileFigure));
      replace(outputs, variables(given, declared));
    },
    error({ kind, message, in_workflow: inWorkflow, place }) {
      failed = true;
      replace(
        alert,
        element("p", { class: "error-head" }, element("strong", {}, text("failed")), kind && element("code", {}, kind)),
        element("p", { class: "error-message" }, message),
        place && element("p", { class: "note" }, text("failed_at"), " ", element("code", {}, place)),
        inWorkflow !== message && inWorkflow && [element("p", { class: "note" }, text("in_workflow")), plain(inWorkflow, "code")],
      );
    },
    end({ seconds }) {
      const told = () => tell(failed ? "failed_after" : "done_in", { seconds: inSeconds(seconds) });
      settle(failed ? "failed" : "done", dot(failed ? "bad" : "good"), told);
    },
  };

  function settle(state, ...shown) {
    clearInterval(clock);
    whole.setAttribute("data-state", state);
    replace(status, ...shown);
    streamed.tabIndex = streamed.scrollHeight > streamed.clientHeight ? 0 : -1;
    reveal(whole);
  }

  return {
    element: whole,

    begin() {
      failed = false;
      for (const part of [alert, streamed, files, outputs, logs, lines]) part.replaceChildren();
      logsPart.hidden = linesPart.hidden = true;
      whole.hidden = false;
      whole.setAttribute("data-state", "running");
      const counter = element("span", { "aria-hidden": "true" }); // for the eye: told each second it would be noise
      replace(status, dot("busy"), text("running"), " ", counter);
      let seconds = 0;
      clearInterval(clock);
      clock = setInterval(() => (counter.textContent = `${(seconds += 1)} s`), 1000);
      reveal(whole);
    },

    /** @param {{event: string}} event of the API's `call`; kinds that are new are passed over */
    take(event) {
      taken[event.event]?.(event);
    },

    /** No more comes; what has not come to its `end` has failed, for the reason that is given. */
    close(reason = text("broke_off")) {
      if (whole.getAttribute("data-state") !== "running") return;
      taken.error({ kind: "", message: reason, in_workflow: "", place: "" });
      settle("failed");
    },

    stopped() {
      settle("stopped", text("stopped_waiting"));
    },
  };
}

function dot(kind) {
  return element("span", { class: `dot ${kind}`, "aria-hidden": "true" });
}

function fileFigure(file) {
  const about = element("span", { class: "note" }, () => `${file.mime_type}, ${inBytes(file.size)}`);
  return element(
    "figure",
    {},
    medium(file),
    element("figcaption", {}, element("span", { class: "file-name" }, file.filename), about, download(file)),
  );
}
