/** The response to a request, as it arrives. */

import { pieces } from "./api.js";
import { element, replace } from "./dom.js";
import { inBytes, inSeconds, text } from "./language.js";
import { download, medium } from "./media.js";
import { adder, reveal } from "./scrolling.js";

const AS_TEXT = /^text\/|[/+]json|[/+]xml|x-ndjson|javascript|urlencoded/;
const EXTENSIONS = {
  "audio/mpeg": "mp3",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/ogg": "ogg",
  "audio/flac": "flac",
  "image/png": "png",
};

export function responseView() {
  const status = element("p", { class: "status", role: "status" });
  const alert = element("p", { class: "error-message", role: "alert" });
  const note = element("p", { class: "error-message", role: "alert" });
  const headers = element("pre", { class: "code" });
  const headersPart = element(
    "details",
    { class: "folded", hidden: true },
    element("summary", {}, text("response_headers")),
    headers,
  );
  const body = element("div", { class: "body" });
  const whole = element(
    "section",
    { class: "result", hidden: true, "aria-label": text("result") },
    status,
    alert,
    note,
    headersPart,
    body,
  );
  /** @type {string | null} */
  let objectUrl = null;

  function begin() {
    if (objectUrl) URL.revokeObjectURL(objectUrl);
    objectUrl = null;
    for (const part of [alert, note, headers, body]) part.replaceChildren();
    headersPart.hidden = true;
    whole.hidden = false;
    whole.setAttribute("data-state", "running");
    replace(status, element("span", { class: "dot busy", "aria-hidden": "true" }), text("running"));
    reveal(whole);
  }

  /** Shows the head at once and the body as it comes. @param {Response} response @param {() => number} seconds since it was asked */
  async function take(response, seconds) {
    const first = seconds();
    const code = element("code", { class: response.ok ? "good" : "bad" }, `${response.status} ${response.statusText}`);
    replace(status, code, " ", () => text("first_after", { seconds: inSeconds(first) })());
    replace(headers, [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n"));
    headersPart.hidden = false;
    const type = (response.headers.get("content-type") ?? "").split(";")[0].trim();
    if (AS_TEXT.test(type) || !type) await streamText(response, type);
    else await whatArrived(response, type);
    const last = seconds();
    replace(status, code, " ", () =>
      text("first_and_end_after", { first: inSeconds(first), seconds: inSeconds(last) })(),
    );
    whole.setAttribute("data-state", response.ok ? "done" : "failed");
    reveal(whole);
  }

  async function streamText(response, type) {
    const shown = element("pre", { class: "code", tabindex: "0", "aria-label": text("result") });
    body.append(shown);
    const add = adder(shown);
    for await (const piece of pieces(response)) add(piece);
    shown.normalize();
    if (/[/+]json$/.test(type)) shown.textContent = indented(shown.textContent);
  }

  async function whatArrived(response, type) {
    const blob = await response.blob();
    objectUrl = URL.createObjectURL(blob);
    const file = {
      filename: `response.${EXTENSIONS[type] ?? type.split("/")[1]?.replace(/\W+/g, "-") ?? "bin"}`,
      mime_type: type,
      size: blob.size,
      url: objectUrl,
    };
    const about = element("span", { class: "note" }, () => `${type}, ${inBytes(blob.size)}`);
    replace(body, element("figure", {}, medium(file), element("figcaption", {}, about, download(file))));
  }

  function fail(said) {
    whole.setAttribute("data-state", "failed");
    replace(status);
    replace(alert, said);
  }

  /** @param {string} said what became of the response on its way */
  function noteLoss(said) {
    replace(note, text("as_in_dify", { what: said }));
  }

  return { element: whole, begin, take, fail, note: noteLoss };
}

/** JSON with line breaks; what is no JSON as it came. */
function indented(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
