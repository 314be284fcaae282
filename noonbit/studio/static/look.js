/*
 * Elements of the pages that look into a run.
 *
 *   <confusion-matrix>    its attribute `matrix` is JSON: { names, counts, whole, axis, right, wrong, of }
 *                         a chosen cell is an event `choose` with { row, column }
 */

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The words of a text with {names} replaced; all at once, since a class may be called "{count}". */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/** A table whose numbers are buttons; the tabulator key stops at one of them, arrows go to the others. */
class ConfusionMatrix extends HTMLElement {
  static observedAttributes = ["matrix", "chosen"];

  attributeChangedCallback(name) {
    if (name === "matrix") this.build();
    this.mark();
  }

  build() {
    const { names, counts, whole, axis, right, wrong } = JSON.parse(this.getAttribute("matrix"));
    this.buttons = counts.map(() => []);
    const head = names.map((name) => element("th", { scope: "col" }, element("bdi", {}, name)));
    const rows = counts.map((row, number) => {
      const total = row.reduce((sum, count) => sum + count, 0);
      const cells = row.map((count, column) => {
        if (count === 0) return element("td", {}, "·");
        const isMixed = !whole && number === column && number === names.length - 1;
        const kind = isMixed ? "mixed" : number === column ? "right" : "wrong";
        const values = { real: names[number], predicted: names[column], count: count.toLocaleString("en") };
        const label = fill(number === column ? right : wrong, values);
        const button = element("button", { type: "button", tabindex: -1, "aria-label": label, title: label }, values.count);
        button.addEventListener("click", () => this.choose(number, column));
        this.buttons[number][column] = button;
        const cell = element("td", { class: kind }, button);
        cell.style.setProperty("--share", Math.cbrt(count / total).toFixed(2));
        return cell;
      });
      return element("tr", {}, element("th", { scope: "row" }, element("bdi", {}, names[number])), ...cells);
    });
    const corner = element("td", { class: "axis" }, axis);
    this.replaceChildren(
      element("table", {}, element("thead", {}, element("tr", {}, corner, ...head)), element("tbody", {}, ...rows)),
    );
    this.onkeydown = (event) => this.move(event);
    this.onfocusin = ({ target }) => this.stopAt(target);
    this.stopAt(this.querySelector("button"));
  }

  choose(row, column) {
    this.dispatchEvent(new CustomEvent("choose", { detail: { row, column } }));
  }

  /** Show which cell is chosen; the attribute is its row and column, such as `3,5`. */
  mark() {
    if (this.buttons === undefined) return;
    const [row, column] = (this.getAttribute("chosen") ?? "").split(",");
    for (const button of this.querySelectorAll("button")) button.removeAttribute("aria-pressed");
    const chosen = this.buttons[row]?.[column];
    chosen?.setAttribute("aria-pressed", "true");
    if (chosen) this.stopAt(chosen);
  }

  stopAt(button) {
    this.querySelector("[tabindex='0']")?.setAttribute("tabindex", -1);
    button?.setAttribute("tabindex", 0);
  }

  /** Go to the next number in the direction of an arrow key; Home and End to the ends of the row. */
  move(event) {
    const row = this.buttons.findIndex((each) => each.includes(event.target));
    if (row < 0) return;
    const column = this.buttons[row].indexOf(event.target);
    const inRow = this.buttons[row].filter(Boolean);
    let next = { Home: inRow[0], End: inRow.at(-1) }[event.key];
    if (event.key in ARROWS) next = this.nextFrom(row, column, ARROWS[event.key]);
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  }

  nextFrom(row, column, [down, right]) {
    for (let y = row + down, x = column + right; this.buttons[y] && x >= 0 && x < this.buttons.length; y += down, x += right) {
      if (this.buttons[y][x]) return this.buttons[y][x];
    }
    return undefined;
  }
}

customElements.define("confusion-matrix", ConfusionMatrix);

/** Bring an element into sight and the reader to it, after a choice that filled it. */
globalThis.lookAt = (id) => {
  const target = document.getElementById(id);
  if (target === null) return;
  target.focus({ preventScroll: true });
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const { top, bottom } = target.getBoundingClientRect();
  if (top < 80 || bottom > innerHeight / 2) target.scrollIntoView({ block: "start", behavior });
};

/** <layer-maps src="/look/RUN/17/layers" language="en">: every layer's maps of one input. */
class LayerMaps extends HTMLElement {
  async connectedCallback() {
    const { LayersView } = await import("./layers.js");
    this.view = new LayersView(this, { language: this.getAttribute("language") });
    this.view.onShow = ({ layers }) => this.load(layers);
    await this.load([]);
  }

  disconnectedCallback() {
    this.view?.destroy();
  }

  async load(layers) {
    const answer = await fetch(`${this.getAttribute("src")}?${new URLSearchParams({ layers: JSON.stringify(layers) })}`);
    if (answer.ok) this.view.show(await answer.arrayBuffer());
    else this.replaceChildren(element("p", { class: "warning", role: "alert" }, (await answer.json()).error));
  }
}

customElements.define("layer-maps", LayerMaps);

/**
 * <own-input run="..." kind="pictures">: its form, with a field for a file or a text, is sent; so is a file
 * that is dropped on it. What comes back is a page, or a sentence that says why not.
 */
class OwnInput extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", (event) => event.target.type === "file" && this.send(event.target.files[0]));
    this.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.querySelector("textarea")?.value.trim();
      if (text) this.send(text);
    });
    for (const name of ["dragenter", "dragover"]) {
      this.addEventListener(name, (event) => {
        event.preventDefault();
        this.toggleAttribute("data-over", true);
      });
    }
    for (const name of ["dragleave", "drop"]) this.addEventListener(name, () => this.toggleAttribute("data-over", false));
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.send(event.dataTransfer.files[0]);
    });
  }

  async send(content) {
    if (content === undefined) return;
    const [run, kind] = ["run", "kind"].map((name) => encodeURIComponent(this.getAttribute(name)));
    const answer = await fetch(`/look/${run}/own?kind=${kind}`, { method: "POST", body: content });
    const { page, error } = await answer.json();
    if (answer.ok) location.assign(page);
    else this.querySelector("[role=alert]").textContent = error;
  }
}

customElements.define("own-input", OwnInput);
