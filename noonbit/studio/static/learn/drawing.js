/* What the drawings share: texts with places, fields with labels, and going from step to step. */

import { element } from "../elements.js";

let fields = 0;

/** A drawing that builds itself once, when it is put into the page. */
export class Drawing extends HTMLElement {
  connectedCallback() {
    if (this.texts !== undefined) return;
    this.texts = JSON.parse(this.dataset.texts);
    this.build();
  }

  /** A text with its {places} filled in. */
  say(key, values = {}) {
    return this.texts[key].replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  }

  /** A field with its label before it. */
  field(label, control) {
    control.id = `learn-field-${++fields}`;
    return element("div", { class: "learn-field" }, element("label", { for: control.id }, label), control);
  }

  slider(label, { min, max, step = 1, value }, changed) {
    const control = element("input", { type: "range", min, max, step });
    control.value = value;
    control.addEventListener("input", () => changed(Number(control.value)));
    return { control, row: this.field(label, control) };
  }

  choice(label, values, value, changed) {
    const options = values.map((each) => element("option", { value: each }, String(each)));
    const control = element("select", {}, ...options);
    control.value = value;
    control.addEventListener("change", () => changed(values[control.selectedIndex]));
    return this.field(label, control);
  }

  /** A slider over the steps from 1, with a button to either side; `show` gets a step from 0. */
  stepper(label, show) {
    const slider = this.slider(label, { min: 1, max: 1, value: 1 }, (number) => go(number));
    const button = (key, by) =>
      element("button", { type: "button", onclick: () => go(Number(slider.control.value) + by) }, this.say(key));
    const back = button("back", -1);
    const next = button("next", 1);
    const go = (number) => {
      const count = Number(slider.control.max);
      const step = Math.min(Math.max(number, 1), count);
      slider.control.value = step;
      back.disabled = step === 1;
      next.disabled = step === count;
      slider.control.setAttribute("aria-valuetext", show(step - 1));
    };
    const setCount = (count) => {
      slider.control.max = count;
      go(Number(slider.control.value));
    };
    return { row: element("div", { class: "learn-stepper" }, back, slider.row, next), setCount };
  }
}

/** A number as short as it is. */
export const short = (value) => String(Number(value.toFixed(4)));

/** A number behind an operator: a negative one in brackets. */
export const signed = (value) => (value < 0 ? `(${short(value)})` : short(value));
