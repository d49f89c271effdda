/** The credentials of a provider: a part of the form of each of its tools, so that they are typed once. */

import { element } from "./dom.js";
import { fieldsOf } from "./form.js";
import { text } from "./language.js";

/**
 * @typedef {Object} Credentials
 * @property {HTMLElement | null} element null where there are none; it stands in one form at a time
 * @property {import("./form.js").Field[]} fields
 */

/** @param {object} tool any of the provider's @param {object} plugin @returns {Credentials} */
export function credentialsPart(tool, plugin) {
  const fields = fieldsOf(tool.credentials.map(stillWanted), plugin);
  const part = element(
    "fieldset",
    {},
    element("legend", {}, text("credentials")),
    element(
      "p",
      { class: "help" },
      text("credentials_help"),
      tool.credentials.some((one) => one.given) && [" ", text("credentials_given")],
    ),
    fields.map((one) => one.element),
  );
  return { element: fields.length ? part : null, fields };
}

/** What the server has from its command line is not asked for, nor is it replaced by a default. */
function stillWanted(credential) {
  return credential.given ? { ...credential, required: false, default: null } : credential;
}
