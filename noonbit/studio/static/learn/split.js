/* MNIST's 60,000 training pictures, of which some validate, and its 10,000 test pictures, as a bar. */

import { element } from "../elements.js";
import { Drawing } from "./drawing.js";

const TRAINING = 60_000;
const TEST = 10_000;

export class SplitElement extends Drawing {
  build() {
    this.parts = ["train", "validation", "test"].map((name) => element("span", { class: `part ${name}` }, this.say(name)));
    this.said = element("p", { role: "status" });
    const range = { min: 1_000, max: 20_000, step: 1_000, value: 10_000 };
    const slider = this.slider(this.say("count"), range, (count) => this.show(count));
    this.append(
      slider.row,
      element("div", { class: "learn-split", "aria-hidden": "true" }, ...this.parts),
      this.said,
      element("p", { class: "aside" }, this.say("why")),
    );
    this.show(10_000);
  }

  show(validation) {
    const counts = [TRAINING - validation, validation, TEST];
    this.parts.forEach((part, index) => (part.style.flexGrow = counts[index]));
    const [train, validating, test] = counts.map((count) => count.toLocaleString("en-US"));
    this.said.textContent = this.say("said", { train, validation: validating, test });
  }
}
