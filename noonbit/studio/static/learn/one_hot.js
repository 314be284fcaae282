/* A label from 0 to 9, and its one-hot row. */

import { element } from "../elements.js";
import { Drawing } from "./drawing.js";

const CLASSES = 10;

export class OneHotElement extends Drawing {
  build() {
    this.cells = Array.from({ length: CLASSES }, () => element("td"));
    const heads = this.cells.map((_, label) => element("th", { scope: "col" }, String(label)));
    const table = element(
      "table",
      { class: "learn-grid one-hot" },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, element("tr", {}, ...this.cells)),
    );
    this.said = element("p", { role: "status" });
    const slider = this.slider(this.say("label"), { min: 0, max: CLASSES - 1, value: 5 }, (label) => this.show(label));
    this.append(slider.row, element("div", { class: "learn-grids" }, table), this.said);
    this.show(5);
  }

  show(chosen) {
    this.cells.forEach((cell, label) => {
      cell.textContent = label === chosen ? "1" : "0";
      cell.classList.toggle("under", label === chosen);
    });
    const row = this.cells.map((cell) => cell.textContent).join(" ");
    this.said.textContent = this.say("row", { label: chosen, row });
  }
}
