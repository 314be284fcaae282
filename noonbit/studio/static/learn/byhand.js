/* One training step of a network by hand, step by step; `data-steps` has the lines of each. */

import { element } from "../elements.js";
import { Drawing } from "./drawing.js";

export class ByhandElement extends Drawing {
  build() {
    this.steps = JSON.parse(this.dataset.steps);
    this.sentence = element("p", { class: "learn-sentence" });
    this.lines = element("pre", { class: "learn-lines" });
    const stepper = this.stepper(this.say("place"), (step) => this.show(step));
    this.append(stepper.row, element("div", { role: "status", class: "rows" }, this.sentence, this.lines));
    stepper.setCount(this.steps.length);
  }

  show(step) {
    const { name, lines } = this.steps[step];
    const at = this.say("at", { number: step + 1, count: this.steps.length });
    this.sentence.textContent = `${at}. ${this.say(name)}`;
    this.lines.textContent = lines.join("\n");
    return at;
  }
}
