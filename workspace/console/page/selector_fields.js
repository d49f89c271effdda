/** Fields for what Dify's editor has pickers for: models and apps of the workspace. */

import { element, replace, unseen } from "./dom.js";
import { field, folded, readAll, Wrong } from "./field.js";
import { languageTag, text } from "./language.js";
import { booleanControl, numberControl, objectControl, parsed, selectControl, textControl } from "./text_fields.js";

/** The value of the entry that lets one write a name. */
const OTHER = "…";

/** By the mode of an app: the scope of an app-selector that offers it. */
const SCOPE_OF_MODE = {
  chat: "chat",
  "agent-chat": "chat",
  "advanced-chat": "chat",
  workflow: "workflow",
  completion: "completion",
};

/** The value is `{provider, model, model_type}` and, as Dify has it, what a language model or a voice needs beside. */
export function modelControl(parameter, plugin) {
  const types = typesOf(parameter.scope, plugin.models);
  const models = types.flatMap((type) => (plugin.models[type] ?? []).map((model) => ({ ...model, type })));
  const nameOf = (model) => `${model.provider}/${model.model}`;
  const { input, other, picked } = picker(parameter, {
    entries: models.map((model) => ({ value: `${model.type} ${nameOf(model)}`, label: nameOf(model) })),
    placeholder: "provider/model",
  });
  if (models.length) input.value = `${models[0].type} ${nameOf(models[0])}`; // as somebody would pick one
  const about = element("p", { class: "note" });
  const params = element("textarea", {
    class: "code",
    rows: 3,
    spellcheck: "false",
    placeholder: '{"temperature": 0.2}',
  });
  const voice = element("select", {});
  const paramsPart = folded(text("model_parameters"), element("label", {}, unseen(text("model_parameters")), params));
  const voicePart = element("label", { class: "beside" }, element("span", {}, text("voice")), voice);

  const chosen = () => models.find((model) => `${model.type} ${nameOf(model)}` === input.value);

  function follow() {
    const model = chosen();
    const type = model?.type ?? types[0];
    about.textContent = model?.description ?? "";
    paramsPart.hidden = type !== "llm" || !picked();
    const voices = model?.voices ?? [];
    voicePart.hidden = !voices.length;
    const options = voices.map((one) => element("option", { value: one.value }, one.name));
    replace(voice, options, element("option", { value: "" }, text("not_set")));
    voice.value =
      (spoken(voices, languageTag()) ?? spoken(voices, languageTag().slice(0, 2)) ?? voices[0])?.value ?? "";
  }
  input.addEventListener("change", follow);
  follow();

  function read() {
    const name = picked();
    if (!name) return undefined;
    const model = chosen() ?? named(name, types[0]);
    const value = { provider: model.provider, model: model.model, model_type: model.type };
    if (model.type === "llm") Object.assign(value, { mode: "chat", completion_params: completionParams(params.value) });
    if (!voicePart.hidden && voice.value) value.voice = voice.value;
    return value;
  }
  return { input, rest: [other, about, voicePart, paramsPart], read };
}

/** The value is `{app_id, inputs, files}`. */
export function appControl(parameter, plugin) {
  const apps = plugin.apps.filter((app) => offered(app, parameter.scope));
  const { input, other, picked } = picker(parameter, {
    entries: apps.map((app) => ({ value: app.app_id, label: `${app.name} (${app.app_id})` })),
    placeholder: "app_id",
  });
  const inputsPart = element("div", { class: "inner-fields" });
  let inputs = [];

  function follow() {
    const app = apps.find((one) => one.app_id === input.value);
    inputs = (app?.inputs ?? []).flatMap(inputField);
    replace(inputsPart, ...inputs.map((one) => one.element));
    inputsPart.hidden = !inputs.length;
    if (inputs.length) inputsPart.prepend(element("p", { class: "note" }, text("app_inputs", { name: app.name })));
  }
  input.addEventListener("change", follow);
  follow();

  function read() {
    const app_id = picked();
    if (!app_id) return undefined;
    const values = readAll(inputs);
    if (values === null) throw new Wrong(text("wrong_below"));
    return { app_id, inputs: values, files: [] };
  }
  return { input, rest: [other, inputsPart], read };
}

/** The first voice for a language, by the names that voices have: "en-us". */
function spoken(voices, tag) {
  return voices.find(({ value }) => value.toLowerCase().startsWith(tag.toLowerCase()));
}

/** A select with an entry for "another", which opens a text input. */
function picker(parameter, { entries, placeholder }) {
  const input = element(
    "select",
    {},
    !(parameter.required && entries.length) &&
      element("option", { value: "" }, text(parameter.required ? "choose" : "not_set")),
    entries.map(({ value, label }) => element("option", { value }, label)),
    element("option", { value: OTHER }, text("other")),
  );
  if (parameter.type === "model-selector" && entries.length) input.value = entries[0].value;
  const name = element("input", { type: "text", placeholder, spellcheck: "false", autocomplete: "off" });
  const other = element("label", { class: "beside", hidden: true }, element("span", {}, text("name_it")), name);
  input.addEventListener("change", () => {
    other.hidden = input.value !== OTHER;
    if (!other.hidden) name.focus();
  });
  const picked = () => (input.value === OTHER ? name.value.trim() : input.value);
  return { input, other, picked };
}

/** A provider is one segment or three, a model's name may have slashes of its own. */
function named(name, type) {
  const segments = name.split("/");
  const length = segments.length > 3 ? 3 : Math.min(1, segments.length - 1);
  return { provider: segments.slice(0, length).join("/") || "local", model: segments.slice(length).join("/"), type };
}

/** In the order in which the editor looks for them in a scope such as "llm&vision". */
function typesOf(scope, models) {
  const parts = (scope || "llm").split("&");
  const types = Object.keys(models).filter((type) => parts.includes(type));
  return types.length ? types : ["llm"];
}

function offered(app, scope) {
  return !scope || scope.split("&").some((part) => part === "all" || part === SCOPE_OF_MODE[app.mode]);
}

function completionParams(json) {
  if (!json.trim()) return {};
  const value = parsed(json);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Wrong(text("not_an_object"));
  return value;
}

const INPUTS = {
  "text-input": textControl,
  paragraph: textControl,
  number: numberControl,
  select: selectControl,
  checkbox: booleanControl,
  json_object: objectControl,
};

/** An entry of an app's `user_input_form`, `{"paragraph": {variable, label, required, …}}`; none where it takes files. */
function inputField(entry) {
  const [type, input] = Object.entries(entry)[0];
  const make = INPUTS[type];
  if (!make) return [];
  const described = {
    name: input.variable,
    type,
    required: false, // the tool may bring it by itself
    default: input.default || null,
    options: (input.options ?? []).map((value) => ({ value, label: {} })),
    min: null,
    max: null,
    scope: "",
    multiple: false,
    label: { en_US: input.label },
    description: {},
    placeholder: {},
  };
  return [field(described, make(described))];
}
