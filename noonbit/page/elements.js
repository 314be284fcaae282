/*
 * Elements made of attributes and text. Class names, file names and sentences come from anywhere, so
 * nothing in this page ever parses a string as HTML: all text goes through text nodes.
 */

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * Make an element: `element("button", { type: "button" }, "Undo")`.
 * An attribute that is null or false is left out; true stands for an empty value.
 * @param {string} tag
 * @param {Object<string, string|number|boolean|null>} [attributes]
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
function element(tag, attributes = {}, ...children) {
  return fillElement(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
function svgElement(tag, attributes = {}, ...children) {
  return fillElement(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function fillElement(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** The element of the page with this id. */
function byId(id) {
  return document.getElementById(id);
}

/** A key with this machine's modifier: `Ctrl+Z`, `⌘Z`. */
function shortcut(key) {
  return /Mac|iPhone|iPad/.test(navigator.platform) ? `⌘${key}` : `Ctrl+${key}`;
}
