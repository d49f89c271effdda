/** The list of what there is: tools and endpoints, with a filter. */

import { element } from "./dom.js";
import { local, localNow, text } from "./language.js";

const WIDE = matchMedia("(min-width: 48rem)");

/** The part of the address that names a view: "tool/NAME", "endpoint/POST /path", "" for the overview. */
export function placeOf(item, plugin) {
  if ("path" in item) return `endpoint/${item.method} ${item.path}`;
  const alone = plugin.tools.filter((tool) => tool.name === item.name).length === 1;
  return `tool/${alone ? "" : `${item.provider}/`}${item.name}`;
}

/** @param {HTMLElement} nav @param {object} plugin */
export function navigation(nav, plugin) {
  const links = [];
  const routes = plugin.endpoints?.routes ?? [];
  const none = element("p", { class: "note", role: "status" });
  const filter = element("input", {
    type: "search",
    placeholder: text("filter"),
    "aria-label": text("filter"),
    autocomplete: "off",
    oninput: narrow,
  });

  function link(place, words, ...shown) {
    const anchor = element("a", { href: `#${encodeURI(place)}` }, shown);
    const item = element("li", {}, anchor);
    links.push({ place, words, anchor, item });
    return item;
  }

  const toolLink = (tool) =>
    link(
      placeOf(tool, plugin),
      () => `${tool.name} ${localNow(tool.label)}`,
      element("span", {}, local(tool.label, tool.name)),
    );
  const routeLink = (route) =>
    link(
      placeOf(route, plugin),
      () => `${route.method} ${route.path}`,
      element("span", { class: "method" }, route.method),
      element("span", { class: "route-path" }, breakable(route.path)),
    );

  const tools = group("tools", plugin.tools.map(toolLink));
  const endpoints = group("endpoints", routes.filter((route) => !route.hidden).map(routeLink));
  const hidden = routes.filter((route) => route.hidden).map(routeLink);
  const hiddenPart =
    hidden.length > 0 &&
    element(
      "details",
      { class: "folded" },
      element("summary", {}, text("hidden_routes", { n: hidden.length })),
      element("ul", {}, hidden),
    );
  const first = element(
    "ul",
    {},
    link("", () => "", element("span", {}, text("overview"))),
  );
  const details = element(
    "details",
    {},
    element("summary", {}, text("tools_and_endpoints")),
    element("div", { class: "lists" }, first, links.length > 1 && filter, none, tools, endpoints, hiddenPart),
  );
  nav.append(details);

  const fit = () => (details.open = WIDE.matches);
  WIDE.addEventListener("change", fit);
  fit();

  function narrow() {
    const wanted = filter.value.trim().toLowerCase();
    for (const { item, words, place } of links) item.hidden = place !== "" && !words().toLowerCase().includes(wanted);
    for (const part of [tools, endpoints, hiddenPart]) {
      if (part) part.hidden = ![...part.querySelectorAll("li")].some((item) => !item.hidden);
    }
    if (hiddenPart && wanted) hiddenPart.open = !hiddenPart.hidden;
    const some = links.some(({ item, place }) => place && !item.hidden);
    none.replaceChildren(...(some ? [] : [element("span", {}, text("nothing_found"))]));
  }

  /** Marks the entry of the view that is open. */
  function mark(place) {
    for (const one of links) {
      if (one.place !== place) {
        one.anchor.removeAttribute("aria-current");
        continue;
      }
      one.anchor.setAttribute("aria-current", "page");
      if (hidden.includes(one.item)) hiddenPart.open = true;
      if (WIDE.matches) one.anchor.scrollIntoView({ block: "nearest" });
    }
    if (!WIDE.matches) details.open = false;
  }
  return { mark };
}

function group(title, items) {
  return items.length > 0 && element("div", {}, element("h2", {}, text(title)), element("ul", {}, items));
}

/** Lines of a path break after a slash. */
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((part) => [part, element("wbr")]);
}
