/** A form made from the parameters of a tool's YAML. */

import { field } from "./field.js";
import { fileControl } from "./file_field.js";
import { appControl, modelControl } from "./selector_fields.js";
import {
  anyControl,
  arrayControl,
  booleanControl,
  dateControl,
  numberControl,
  objectControl,
  secretControl,
  selectControl,
  textControl,
} from "./text_fields.js";

/** By type, as Dify names them; all others are texts. */
const CONTROLS = {
  "secret-input": secretControl,
  number: numberControl,
  boolean: booleanControl,
  checkbox: booleanControl,
  select: selectControl,
  "dynamic-select": selectControl,
  date: dateControl,
  object: objectControl,
  array: arrayControl,
  "date-range": objectControl,
  any: anyControl,
  file: fileControl,
  files: fileControl,
  "model-selector": modelControl,
  "app-selector": appControl,
};

/** @typedef {ReturnType<typeof field>} Field */

/** @param {import("./field.js").Parameter[]} parameters @param {object} plugin @returns {Field[]} */
export function fieldsOf(parameters, plugin) {
  return parameters.map((parameter) => field(parameter, (CONTROLS[parameter.type] ?? textControl)(parameter, plugin)));
}
