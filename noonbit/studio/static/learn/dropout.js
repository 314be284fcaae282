/* Twenty units, of which each step of a training leaves some out by chance. */

import { element } from "../elements.js";
import { Drawing, short } from "./drawing.js";

const UNITS = 20;

export class DropoutElement extends Drawing {
  build() {
    this.rate = 0.5;
    this.units = Array.from({ length: UNITS }, () => element("span", { class: "unit" }));
    this.said = element("p", { role: "status" });
    const slider = this.slider(this.say("rate"), { min: 0, max: 0.9, step: 0.1, value: 0.5 }, (rate) => {
      this.rate = rate;
      this.draw();
    });
    const again = element("button", { type: "button", onclick: () => this.draw() }, this.say("again"));
    this.append(
      element("div", { class: "learn-stepper" }, slider.row, again),
      element("div", { class: "learn-units", "aria-hidden": "true" }, ...this.units),
      this.said,
    );
    this.draw();
  }

  draw() {
    let kept = 0;
    for (const unit of this.units) {
      const stays = Math.random() >= this.rate;
      unit.classList.toggle("left-out", !stays);
      kept += stays;
    }
    this.said.textContent = this.say("said", { kept, count: UNITS, factor: short(1 / (1 - this.rate)) });
  }
}
