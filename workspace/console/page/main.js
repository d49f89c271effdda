/** The console: people try here what a plugin does, without Dify. */

import * as api from "./api.js";
import { credentialsPart } from "./credentials.js";
import { element, replace, retell } from "./dom.js";
import { endpointView } from "./endpoint_view.js";
import { invocationLog } from "./invocation_log.js";
import { choose, language, LANGUAGES, languageTag, local, localNow, text } from "./language.js";
import { navigation, placeOf } from "./navigation.js";
import { overview } from "./overview.js";
import { toolView } from "./tool_view.js";

const byId = (id) => document.getElementById(id);

async function start() {
  const main = byId("main");
  replace(byId("skip"), text("skip"));
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names the view
    main.focus();
  });
  document.documentElement.lang = languageTag();
  let plugin;
  try {
    plugin = await api.plugin();
  } catch (error) {
    return replace(main, element("p", { role: "alert", class: "error-message" }, error.message));
  }
  const views = new Map();
  let open = null;
  const makers = viewMakers(plugin, () => log.refresh());
  const { mark } = navigation(byId("navigation"), plugin);
  const noted = (note) => views.forEach((view) => view.noted?.(note));
  const log = invocationLog(byId("log"), () => open?.made ?? (() => false), noted);
  header(byId("header"), plugin, told);
  if (plugin.icon) byId("tab-icon").href = plugin.icon;

  function show({ focus }) {
    const wanted = address();
    const place = makers.has(wanted) ? wanted : "";
    if (!views.has(place)) {
      const made = makers.get(place)();
      views.set(place, made);
      main.append(made.element);
    }
    open = views.get(place);
    open.shown?.();
    for (const one of views.values()) one.element.hidden = one !== open;
    for (const sound of main.querySelectorAll("[hidden] audio, [hidden] video")) sound.pause();
    mark(place);
    log.refresh();
    entitle();
    if (!focus) return;
    scrollTo(0, 0);
    open.heading.focus({ preventScroll: true });
  }

  function entitle() {
    document.title = `${open.title()} · ${localNow(plugin.label, plugin.name)}`;
  }

  function told() {
    document.documentElement.lang = languageTag();
    retell();
    entitle();
  }

  addEventListener("hashchange", () => show({ focus: true }));
  for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault()); // beside a field
  show({ focus: false });
}

/** By the address of a view, what makes it. A view is made once: what is in it stays as one goes and comes back. */
function viewMakers(plugin, onCall) {
  const makers = new Map([["", () => overview(plugin)]]);
  const credentials = new Map();
  const credentialsOf = (tool) => {
    if (!credentials.has(tool.provider)) credentials.set(tool.provider, credentialsPart(tool, plugin));
    return credentials.get(tool.provider);
  };
  for (const tool of plugin.tools) {
    makers.set(placeOf(tool, plugin), () => toolView(tool, plugin, credentialsOf(tool), onCall));
  }
  for (const route of plugin.endpoints?.routes ?? []) {
    makers.set(placeOf(route, plugin), () => endpointView(route, plugin.endpoints.url, onCall));
  }
  return makers;
}

function address() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

/** @param {() => void} told the language has changed */
function header(place, plugin, told) {
  const languages = Object.entries(LANGUAGES).map(([name, title]) =>
    element("option", { value: name, selected: name === language() }, title),
  );
  const choice = element("select", { "aria-label": text("language"), autocomplete: "off" }, languages);
  choice.addEventListener("change", () => {
    choose(choice.value);
    told();
  });
  place.append(
    element(
      "a",
      { class: "brand", href: "#" },
      icon(plugin),
      element("span", { class: "brand-name" }, local(plugin.label, plugin.name)),
      element("span", { class: "version" }, plugin.version),
    ),
    element("p", { class: "what-it-is" }, local(plugin.description)),
    choice,
  );
}

function icon({ icon: light, icon_dark: dark }) {
  if (!light) return null;
  const source = dark && element("source", { srcset: dark, media: "(prefers-color-scheme: dark)" });
  return element("picture", {}, source, element("img", { src: light, alt: "", width: "28", height: "28" }));
}

start();
