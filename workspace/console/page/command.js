/** A call of a tool as a command line, in the notation of `python -m workspace call`. */

/**
 * @param {{folder: string}} plugin @param {object} tool
 * @param {Record<string, any>} parameters @param {Record<string, any>} credentials
 */
export function commandLine(plugin, tool, parameters, credentials) {
  const words = ["python -m workspace call", quoted(plugin.folder), quoted(tool.name)];
  for (const parameter of tool.parameters) {
    if (parameter.name in parameters) words.push(...argumentsOf(parameter, parameters[parameter.name]));
  }
  for (const { name, given } of tool.credentials) {
    if (given || name in credentials) words.push(`--credential ${name}="$${variable(name)}"`);
  }
  return words.join(" ");
}

function argumentsOf({ name, type, multiple }, value) {
  const asJson = () => `${name}:=${quoted(JSON.stringify(value))}`;
  switch (type) {
    case "file":
    case "files":
      return [value].flat().map((file) => `${name}@${quoted(file.filename)}`);
    case "model-selector":
      return [isBare(value, "completion_params") ? `${name}=${quoted(`${value.provider}/${value.model}`)}` : asJson()];
    case "app-selector":
      return [isBare(value, "inputs", "files") ? `${name}=${quoted(value.app_id)}` : asJson()];
    case "secret-input":
      return [`${name}="$${variable(name)}"`];
  }
  if (multiple) return [value].flat().map((one) => `${name}=${quoted(one)}`);
  return [typeof value === "string" && !value.startsWith("@") ? `${name}=${quoted(value)}` : asJson()];
}

/** Nothing is set that the short notation cannot tell. */
function isBare(selector, ...parts) {
  return !selector.voice && parts.every((part) => !Object.keys(selector[part] ?? {}).length);
}

/** Secrets stay out of the history of a shell. */
function variable(name) {
  return name.toUpperCase().replace(/\W/g, "_");
}

/** For a POSIX shell. @param {string} word */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
