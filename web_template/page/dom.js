/** The few DOM helpers that the page's controls share. */

/**
 * @template {Element} T
 * @param {string} id
 * @param {{new (): T}} type  the element's class
 * @returns {T}
 * @throws {Error} when the template and the code have drifted apart
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

/**
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {{new (): T}} type
 * @returns {T[]}
 */
export function all(root, selector, type) {
  const found = [...root.querySelectorAll(selector)];
  return /** @type {T[]} */ (found.filter((element) => element instanceof type));
}

/**
 * A data block that the template put into the page.
 * @param {string} id
 * @returns {any}
 */
export function readData(id) {
  return JSON.parse(byId(id, HTMLScriptElement).textContent ?? 'null');
}

/**
 * Writes only what differs, so that a status that stays the same costs no layout.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * An icon of the sprite that the template put into the page.
 * @param {SVGUseElement} use
 * @param {string} name
 */
export function setIcon(use, name) {
  if (use.getAttribute('href') !== `#i-${name}`) use.setAttribute('href', `#i-${name}`);
}
