/** A field for files: chosen, dropped, or recorded. The value is `{file: id}`, or a list of them for `files`. */

import { upload } from "./api.js";
import { element, replace } from "./dom.js";
import { Wrong } from "./field.js";
import { inBytes, text } from "./language.js";
import { medium } from "./media.js";
import { recordButton } from "./recording.js";

/** Parameters of such names want no recording. */
const SEEN = /image|picture|photo|video|pdf/i;

/** @returns {import("./field.js").Control} */
export function fileControl(parameter) {
  const many = parameter.type === "files";
  /** @type {{row: HTMLElement, id: string | null, filename: string}[]} */
  let files = [];
  const list = element("ul", { class: "files" });
  const status = element("p", { class: "unseen", role: "status" });

  async function add(file, filename = file.name) {
    if (!many) for (const one of [...files]) remove(one);
    const row = element(
      "li",
      {},
      element("span", { class: "file-name" }, filename),
      element("span", { class: "note" }, text("uploading")),
    );
    const one = { row, id: null, filename };
    files.push(one);
    list.append(row);
    try {
      const kept = await upload(file, filename);
      one.id = kept.id;
      const size = element("span", { class: "note" }, `${kept.mime_type}, ${inBytes(kept.size)}`);
      row.replaceChildren(row.firstChild, size, removeButton(one));
      const shown = medium(kept);
      if (shown) row.append(shown);
      replace(status, text("uploaded", { name: filename }));
    } catch (error) {
      row.replaceChildren(row.firstChild, element("span", { class: "problem" }, error.message), removeButton(one));
    }
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function removeButton(one) {
    const onclick = () => {
      remove(one);
      input.focus();
    };
    return element(
      "button",
      { type: "button", class: "quiet", onclick, "aria-label": text("remove_named", { name: one.filename }) },
      text("remove"),
    );
  }

  function remove(one) {
    files = files.filter((other) => other !== one);
    one.row.remove();
  }

  const input = element("input", { type: "file", multiple: many, class: "unseen" });
  input.addEventListener("change", () => {
    const chosen = [...input.files];
    input.value = ""; // so that the same file can be chosen again
    for (const file of chosen) add(file);
  });

  const dropHere = element("span", { class: "note" }, text(many ? "drop_files" : "drop_file"));
  const choose = element(
    "span",
    { class: "button", "aria-hidden": "true", onclick: () => input.click() },
    text(many ? "choose_files" : "choose_one"),
  );
  const recorder = SEEN.test(parameter.name) ? null : recordButton((sound, name) => add(sound, name));
  const zone = element("div", { class: "drop" }, input, choose, recorder, dropHere);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const dropped = [...event.dataTransfer.files];
    for (const file of many ? dropped : dropped.slice(0, 1)) add(file);
  });

  function read() {
    if (files.some((one) => one.id === null)) throw new Wrong(text("not_uploaded"));
    const values = files.map((one) => ({ file: one.id, filename: one.filename }));
    if (!values.length) return undefined;
    return many ? values : values[0];
  }
  return { input, around: zone, rest: [list, status], read };
}
