/*
 * Making and filling elements. What is already so is left alone, since each write costs a layout.
 */

/** An element with attributes (`onclick` and the like are listeners) and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== String(value)) target.setAttribute(name, value);
}

export function setHidden(target, hidden) {
  if (target.hidden !== hidden) target.hidden = hidden;
}

/** Name a canvas for a screen reader, except while it has the focus: a new name would be read out. */
export function setLabel(target, text) {
  if (document.activeElement !== target || !target.hasAttribute("aria-label")) setAttribute(target, "aria-label", text);
}

/** Let an element that is no button be pressed by pointer, Enter and space. */
export function pressable(target, press) {
  target.setAttribute("role", "button");
  target.tabIndex = 0;
  target.addEventListener("click", press);
  target.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    press(event);
  });
  return target;
}
