/** The plugin at a glance, and who answers it: the models and apps of the local workspace. */

import { element, newId } from "./dom.js";
import { local, tell, text } from "./language.js";

/** @param {object} plugin */
export function overview(plugin) {
  const heading = element("h1", { tabindex: "-1", id: newId("heading") }, text("overview"));
  const models = Object.entries(plugin.models).flatMap(([type, some]) => some.map((model) => ({ type, ...model })));
  const view = element(
    "section",
    { class: "view", "aria-labelledby": heading.id },
    element("div", { class: "title" }, heading),
    element("p", { class: "lead" }, local(plugin.description)),
    !plugin.tools.length && !plugin.endpoints?.routes.length && element("p", { class: "note" }, text("nothing_to_try")),
    element("h2", {}, text("models")),
    element("p", { class: "help" }, text("models_help")),
    table(
      ["model_type", "model", "answers"],
      models.map((model) => [code(model.type), code(`${model.provider}/${model.model}`), model.description]),
    ),
    plugin.apps.length > 0 && [
      element("h2", {}, text("apps")),
      table(
        ["app", "mode", "inputs"],
        plugin.apps.map((app) => [
          [app.name, " ", code(app.app_id), element("p", { class: "note" }, app.description)],
          code(app.mode),
          inputs(app),
        ]),
      ),
    ],
    plugin.endpoints && settings(plugin.endpoints),
    element("h2", {}, text("about")),
    facts(plugin),
  );
  return { element: view, heading, title: () => tell("overview"), made: () => false };
}

function settings({ url, settings: some }) {
  const rows = some.map((setting) => [[local(setting.label, setting.name), " ", code(setting.name)], value(setting)]);
  return [
    element("h2", {}, text("endpoints")),
    element("p", {}, code(url)),
    some.length > 0 && table(["setting", "value"], rows),
  ];
}

function value({ type, value: set }) {
  if (type === "secret-input") return text(set === "set" ? "is_set" : "is_not_set");
  if (set === null || set === undefined || set === "") return text("is_not_set");
  if (typeof set === "object")
    return code(set.model ? `${set.provider}/${set.model}` : (set.app_id ?? JSON.stringify(set)));
  return code(String(set));
}

function facts(plugin) {
  const allowed = Object.entries(plugin.permission).flatMap(([name, one]) => permissionsOf(name, one));
  const rows = [
    ["plugin", `${plugin.author}/${plugin.name} ${plugin.version}`],
    ["folder", plugin.folder],
    ["python", plugin.python],
    ["permissions", allowed.join(", ")],
  ];
  return element(
    "dl",
    { class: "facts" },
    rows.map(([name, fact]) => element("div", {}, element("dt", {}, text(name)), element("dd", {}, code(fact || "–")))),
  );
}

/** "model: llm, tts" of `{model: {enabled: true, llm: true, tts: true, rerank: false}}`. */
function permissionsOf(name, permission) {
  if (!permission?.enabled) return [];
  const parts = Object.entries(permission)
    .filter(([part, on]) => part !== "enabled" && on === true)
    .map(([part]) => part);
  return [parts.length ? `${name} (${parts.join(", ")})` : name];
}

function inputs(app) {
  const fields = (app.inputs ?? []).map((entry) => Object.values(entry)[0]);
  if (!fields.length) return "–";
  return fields.map((field, place) => [place > 0 && ", ", code(field.variable), field.required && "*"]).flat();
}

function code(word) {
  return element("code", {}, word);
}

function table(names, rows) {
  const head = element(
    "tr",
    {},
    names.map((name) => element("th", { scope: "col" }, text(name))),
  );
  const body = rows.map((cells) =>
    element(
      "tr",
      {},
      cells.map((cell, place) => element("td", { "data-label": text(names[place]) }, cell)),
    ),
  );
  return element("table", { class: "stacked" }, element("thead", {}, head), element("tbody", {}, body));
}
