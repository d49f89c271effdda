/** What the page asks of the console's own server. */

import { tell } from "./language.js";

const API = "/console/api";

/** The server's marks of a request that this page has sent: no form of another page can set a header. */
const FROM_THE_CONSOLE = { "X-Console": "1" };

/** Something that stands in a sentence of its own. */
export class Failed extends Error {}

export async function plugin() {
  return (await asked("/plugin")).json();
}

/** @param {File | Blob} file @param {string} filename */
export async function upload(file, filename) {
  const body = new FormData();
  body.append("file", file, filename);
  return (await asked("/files", { method: "POST", headers: FROM_THE_CONSOLE, body })).json();
}

/** The events of a call, as they come. @param {{provider: string, name: string}} tool @param {object} body */
export async function* call(tool, body, signal) {
  const path = `/tools/${encodeURIComponent(tool.provider)}/${encodeURIComponent(tool.name)}`;
  const headers = { ...FROM_THE_CONSOLE, "Content-Type": "application/json" };
  yield* objects(await asked(path, { method: "POST", headers, body: JSON.stringify(body), signal }));
}

/** Reverse invocations, those that have been and each change, and notes on replies of endpoints; it does not end. */
export async function* invocations(signal) {
  yield* objects(await asked("/invocations", { signal }));
}

/** The pieces of a body as text, as they arrive. @param {Response} response */
export async function* pieces(response) {
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    const piece = decoder.decode(value, { stream: !done });
    if (piece) yield piece;
    if (done) return;
  }
}

/** JSON objects, one a line; a line that breaks off is none. */
async function* objects(response) {
  let rest = "";
  for await (const piece of pieces(response)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
  }
}

async function asked(path, options = {}) {
  let response;
  try {
    response = await fetch(API + path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failed(tell("unreachable"));
  }
  if (response.ok) return response;
  const said = await response.text();
  throw new Failed(message(said) || `${response.status} ${response.statusText}`);
}

function message(said) {
  try {
    return JSON.parse(said).message;
  } catch {
    return said;
  }
}
