/** Files as one can hear, see or keep them. */

import { element } from "./dom.js";
import { text } from "./language.js";

/** @typedef {{filename: string, mime_type: string, size: number, url: string}} KeptFile */

/** A player or a picture; null for other files. @param {KeptFile} file */
export function medium({ filename, mime_type, url }) {
  const kind = mime_type.split("/")[0];
  if (kind === "audio" || kind === "video")
    return element(kind, { controls: true, preload: "metadata", src: url, "aria-label": filename });
  if (kind === "image") return element("img", { src: url, alt: filename, loading: "lazy" });
  return null;
}

/** @param {KeptFile} file */
export function download({ filename, url }) {
  return element("a", { href: url, download: filename }, text("save"));
}
