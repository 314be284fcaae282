/*
 * A filter or a pooling window that moves over a small picture, place by place, with its arithmetic.
 * A convolution multiplies without flipping the filter, and padding counts as zeros; for a pool it is
 * no number at all.
 */

import { element } from "../elements.js";
import { Drawing, short, signed } from "./drawing.js";

const SAME = "same";

export class WindowElement extends Drawing {
  build() {
    this.isPool = this.dataset.kind === "pooling";
    const given = JSON.parse(this.dataset.window);
    this.picture = given.pixels.map((row) => [...row]);
    this.filter = given.weights.map((row) => [...row]);
    this.stride = given.stride ?? (this.isPool ? this.window : 1);
    this.padding = given.padding ?? 0;
    this.step = 0;

    this.formula = element("p", { class: "learn-formula" });
    this.arithmetic = element("p", { class: "learn-arithmetic", role: "status" });
    this.stepper_ = this.stepper(this.say("place"), (step) => this.show(step));
    this.grids = element("div", { class: "learn-grids" });
    const choose = (name) => (value) => {
      this[name] = value;
      this.restart();
    };
    const paddings = this.isPool && this.padding === 0 ? [0] : [0, 1, SAME];
    this.append(
      element("p", { class: "aside" }, this.say("help")),
      this.stepper_.row,
      this.arithmetic,
      this.grids,
      element(
        "div",
        { class: "learn-fields" },
        this.choice(this.say("stride"), [1, 2, 3], this.stride, choose("stride")),
        ...(paddings.length > 1 ? [this.choice(this.say("padding"), paddings, this.padding, choose("padding"))] : []),
      ),
      this.formula,
    );
    this.restart();
  }

  /** Pixels along a side of the picture. */
  get side() {
    return this.picture.length;
  }

  /** Pixels along a side of the window. */
  get window() {
    return this.filter.length;
  }

  /** Rows of padding above and below; SAME adds so many that each pixel has a place, below first. */
  get margins() {
    if (this.padding !== SAME) return [this.padding, this.padding];
    const outputs = Math.ceil(this.side / this.stride);
    const total = Math.max(0, (outputs - 1) * this.stride + this.window - this.side);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  }

  /** Numbers along a side of the output. */
  get count() {
    const [before, after] = this.margins;
    return Math.floor((this.side + before + after - this.window) / this.stride) + 1;
  }

  /** Lay the grids out anew, for another stride or padding. */
  restart() {
    const { side, window, stride, count } = this;
    const [before, after] = this.margins;
    const exact = (side + before + after - window) / stride + 1;
    const padding = before === after ? `2*${before}` : `${before} + ${after}`;
    const rounded = exact === count ? "" : `, ${this.say("rounded")}`;
    this.formula.textContent =
      `${this.say("size")}: (${side} + ${padding} - ${window}) / ${stride} + 1 = ${short(exact)}${rounded} → ${count}x${count}`;
    this.pictureCells = this.grid(side + before + after, (row, column) => {
      const [y, x] = [row - before, column - before];
      if (!this.isInside(y, x)) return element("span", {}, this.isPool ? "" : "0");
      return this.input("picture", this.picture, y, x);
    });
    this.outputCells = this.grid(count, () => element("span", {}, ""));
    const parts = [this.figure("picture", this.pictureCells.table)];
    if (!this.isPool) {
      const filter = this.grid(window, (row, column) => this.input("filter", this.filter, row, column));
      parts.push(element("span", { class: "learn-operator", "aria-hidden": "true" }, "×"), this.figure("filter", filter.table));
    }
    parts.push(element("span", { class: "learn-operator", "aria-hidden": "true" }, "="), this.figure("output", this.outputCells.table));
    this.grids.replaceChildren(...parts);
    this.stepper_.setCount(count * count);
  }

  figure(key, table) {
    return element("figure", {}, element("figcaption", {}, this.say(key)), table);
  }

  /** A table of side x side cells, each made by `make`. */
  grid(side, make) {
    const cells = [];
    const table = element("table", { class: "learn-grid" });
    for (let row = 0; row < side; row++) {
      const line = element("tr");
      for (let column = 0; column < side; column++) {
        const cell = element("td", {}, make(row, column));
        cells.push(cell);
        line.append(cell);
      }
      table.append(line);
    }
    return { table, cells, side };
  }

  /** A number that may be changed; what is no number counts as 0. */
  input(key, values, row, column) {
    const label = this.say("cell", { grid: this.say(key), row: row + 1, column: column + 1 });
    const field = element("input", { type: "number", step: "any", "aria-label": label });
    field.value = values[row][column];
    field.addEventListener("input", () => {
      const number = field.valueAsNumber;
      values[row][column] = Number.isFinite(number) ? number : 0;
      this.show(this.step);
    });
    return field;
  }

  isInside(y, x) {
    return y >= 0 && x >= 0 && y < this.side && x < this.side;
  }

  /** The arithmetic of a step, and what comes out. */
  workOut(step) {
    const [top, left] = this.corner(step);
    const terms = [];
    let sum = 0;
    let largest = -Infinity;
    for (let row = 0; row < this.window; row++) {
      for (let column = 0; column < this.window; column++) {
        const [y, x] = [top + row, left + column];
        if (this.isPool && !this.isInside(y, x)) continue; // it is no number
        const value = this.isInside(y, x) ? this.picture[y][x] : 0;
        if (this.isPool) terms.push(short(value));
        else terms.push(`${short(value)}*${signed(this.filter[row][column])}`);
        sum += value * this.filter[row][column];
        largest = Math.max(largest, value);
      }
    }
    const result = this.isPool ? largest : sum;
    const text = this.isPool ? `max(${terms.join(", ")})` : terms.join(" + ");
    return { text: `${text} = ${short(result)}`, result };
  }

  /** The upper left pixel under the window; negative in the padding. */
  corner(step) {
    const row = Math.floor(step / this.count);
    const [before] = this.margins;
    return [row * this.stride - before, (step % this.count) * this.stride - before];
  }

  /** Show a step; everything before it is filled in. Returns what a screen reader says of it. */
  show(step) {
    this.step = step;
    const { count, window } = this;
    const [before] = this.margins;
    const [top, left] = this.corner(step);
    const { cells, side } = this.pictureCells;
    cells.forEach((cell, index) => {
      const [y, x] = [Math.floor(index / side) - before, (index % side) - before];
      cell.className = this.isInside(y, x) ? "" : "outside";
      cell.classList.toggle("under", y >= top && y < top + window && x >= left && x < left + window);
    });
    this.outputCells.cells.forEach((cell, index) => {
      cell.firstChild.textContent = index <= step ? short(this.workOut(index).result) : "·";
      cell.classList.toggle("under", index === step);
    });
    const { text } = this.workOut(step);
    this.arithmetic.textContent = text;
    return this.say("at", {
      number: step + 1,
      count: count * count,
      row: Math.floor(step / count) + 1,
      column: (step % count) + 1,
    });
  }
}
