/** A button that puts a text into the clipboard. */

import { element, replace } from "./dom.js";
import { text } from "./language.js";

const SHOWN_FOR = 2000;

/** @param {() => string} name what the button says @param {() => string | null} what null where there is nothing to copy */
export function copyButton(name, what) {
  const label = element("span", {}, name);
  const status = element("span", { class: "unseen", role: "status" });
  async function copy() {
    const copied = what();
    if (copied === null) return;
    const done = await navigator.clipboard.writeText(copied).then(
      () => "copied",
      () => "not_copied",
    );
    replace(label, text(done));
    replace(status, text(done));
    setTimeout(() => {
      replace(label, name);
      replace(status);
    }, SHOWN_FOR);
  }
  return element(
    "span",
    { class: "copy" },
    element("button", { type: "button", class: "quiet", onclick: copy }, label),
    status,
  );
}
