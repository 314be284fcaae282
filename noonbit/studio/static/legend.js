/*
 * What the colours of the maps mean.
 */

import { element, setHidden, setText } from "./elements.js";
import { PANELS } from "./frame.js";

export class Legend {
  constructor() {
    this.texts = {};
    const text = (key) => (this.texts[key] = element("span"));
    this.colour = text("legend_colour");
    this.element = element(
      "p",
      { class: "lv-legend" },
      element("span", { class: "lv-scale" }, text("negative"), element("i", { class: "lv-ramp" }), text("positive")),
      element("span", { class: "lv-scale" }, element("i", { class: "lv-swatch-zero" }), text("zero")),
      element("span", { class: "lv-scale" }, element("i", { class: "lv-swatch-silent" }), text("legend_silent")),
      text("legend_help"),
      this.colour,
    );
  }

  take({ item, layers }) {
    const isColoured = (tile) => tile?.channels === 3 && tile.signed;
    const coloured = isColoured(item.gradient) || layers.some((layer) => PANELS.some((panel) => isColoured(layer[panel])));
    setHidden(this.colour, !coloured);
  }

  writeTexts(words) {
    for (const [key, target] of Object.entries(this.texts)) setText(target, words.say(key));
  }
}
