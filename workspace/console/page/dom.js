/**
 * Elements, made without markup: what they hold is always text, whoever wrote it.
 *
 * A function in place of a text gives the text in the language of the moment; `retell` asks all of them again. So a
 * change of language keeps forms, focus and running output as they are.
 */

/** @typedef {string | number | Node | (() => string) | null | undefined | false} Child */

/** @type {WeakMap<Node, Map<string, () => string>>} texts by attribute, "" for the text of a node */
const telling = new WeakMap();

/** Set as properties: the attributes of these names are but their defaults. */
const PROPERTIES = new Set(["value", "checked", "textContent"]);

/**
 * @param {string} tag
 * @param {Record<string, any>} attributes `onclick` and the like listen; false, null and undefined leave one out
 * @param {...(Child | Child[])} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (typeof value === "function") follow(made, name, value);
    else set(made, name, value);
  }
  append(made, ...children);
  return made;
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function append(parent, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (typeof child === "function") parent.append(follow(document.createTextNode(""), "", child));
    else parent.append(typeof child === "number" ? String(child) : child);
  }
}

/** @param {Element} parent @param {...(Child | Child[])} children */
export function replace(parent, ...children) {
  parent.replaceChildren();
  append(parent, ...children);
}

/** Tell everything in the language that is chosen now. */
export function retell() {
  const nodes = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = nodes.currentNode; node; node = nodes.nextNode()) {
    for (const [name, text] of telling.get(node) ?? []) set(node, name, text());
  }
}

/** @param {Node} node @param {string} name @param {() => string} text */
function follow(node, name, text) {
  if (!telling.has(node)) telling.set(node, new Map());
  telling.get(node).set(name, text);
  set(node, name, text());
  return node;
}

function set(node, name, value) {
  if (name === "") node.data = value;
  else if (PROPERTIES.has(name)) node[name] = value;
  else if (value === true) node.setAttribute(name, "");
  else if (value === false || value === null || value === undefined) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

let made = 0;

/** An id that no other element of the page has. */
export function newId(prefix) {
  made += 1;
  return `${prefix}-${made}`;
}

/** @returns {HTMLElement} one that only screen readers tell */
export function unseen(...children) {
  return element("span", { class: "unseen" }, ...children);
}
