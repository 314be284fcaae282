/* The derivative of one unit's loss against the central difference, for steps of any size. */

import { element } from "../elements.js";
import { Drawing } from "./drawing.js";

const WEIGHT = 0.5;
const INPUT = 1.5;
const TARGET = 0.2;
const SMALLEST_EXPONENT = -12;

const loss = (weight) => (Math.tanh(weight * INPUT) - TARGET) ** 2;

const derivative = (weight) => {
  const output = Math.tanh(weight * INPUT);
  return 2 * (output - TARGET) * (1 - output ** 2) * INPUT;
};

export class GradientCheckElement extends Drawing {
  build() {
    this.numbers = ["derivative", "difference", "error"].map((key) => {
      const value = element("dd", { class: "number" });
      return { value, row: [element("dt", {}, this.say(key)), value] };
    });
    const list = element("dl", { class: "facts" }, ...this.numbers.flatMap(({ row }) => row));
    this.slider_ = this.slider(this.say("step"), { min: SMALLEST_EXPONENT, max: -1, value: -5 }, (exponent) =>
      this.show(exponent),
    );
    this.append(
      element("p", {}, this.say("loss")),
      this.slider_.row,
      element("div", { role: "status" }, list),
      element("p", { class: "aside" }, this.say("why")),
    );
    this.show(-5);
  }

  show(exponent) {
    const step = 10 ** exponent;
    const exact = derivative(WEIGHT);
    const difference = (loss(WEIGHT + step) - loss(WEIGHT - step)) / (2 * step);
    const error = Math.abs(exact - difference) / Math.max(Math.abs(exact), Math.abs(difference));
    const texts = [exact.toFixed(12), `${difference.toFixed(12)}   (h = 1e${exponent})`, error.toExponential(1)];
    this.numbers.forEach(({ value }, index) => (value.textContent = texts[index]));
    this.slider_.control.setAttribute("aria-valuetext", `1e${exponent}`);
  }
}
