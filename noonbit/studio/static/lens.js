/*
 * One map enlarged in a dialog, which goes on with the training.
 */

import { element, setAttribute, setHidden, setText } from "./elements.js";
import { PANELS } from "./frame.js";
import { inputsOfFilters, nameOfPanel } from "./layer_row.js";
import { extentOfMap, isSilent, isUnits, mapStart, Sheet, valueOf } from "./sheet.js";
import { formatOutput, formatValue } from "./texts.js";

const LARGEST_SIDE = 640;
const LARGEST_UNIT = 40;
/** What stands above and below the map in the dialog, and beside it. */
const AROUND = { width: 64, height: 290 };

/** So many were made; a page may hold several, each with a title of its own. */
let lenses = 0;

export class Lens {
  /** @param {{repaint: function()}} view what is asked to paint and write when another map is chosen */
  constructor(view) {
    this.view = view;
    this.chosen = null;
    this.frame = null;
    this.pointed = null;
    this.sheet = new Sheet();
    this.sheet.canvas.setAttribute("role", "img");
    this.title = element("h3", { id: `lv-lens-${++lenses}`, tabindex: "-1", autofocus: "" });
    this.about = element("p", { class: "lv-lens-layer" });
    this.range = element("p", { class: "lv-lens-range" });
    this.value = element("p", { class: "lv-lens-value" });
    this.help = element("p", { class: "lv-lens-help" });
    const button = (text, press) => element("button", { type: "button", class: "lv-button lv-icon", onclick: press }, text);
    this.buttons = {
      previous: button("←", () => this.turn(-1)),
      next: button("→", () => this.turn(1)),
      layer_above: button("↑", () => this.turnLayer(-1)),
      layer_below: button("↓", () => this.turnLayer(1)),
      close: button("✕", () => this.element.close()),
    };
    const { close, ...turns } = this.buttons;
    this.stage = element("div", { class: "lv-lens-stage" }, this.sheet.canvas);
    this.element = element(
      "dialog",
      { class: "lv-lens", "aria-labelledby": this.title.id },
      element("header", {}, element("div", {}, this.title, this.about), close),
      this.stage,
      this.value,
      this.range,
      element("div", { class: "lv-lens-tools" }, ...Object.values(turns), this.help),
    );
    this.element.addEventListener("close", () => {
      this.chosen = null;
    });
    this.element.addEventListener("click", (event) => {
      if (event.target === this.element) this.element.close(); // beside the dialog
    });
    this.element.addEventListener("keydown", (event) => this.#pressed(event));
    const point = (event) => {
      this.pointed = { x: event.clientX, y: event.clientY };
      this.view.repaint();
    };
    this.sheet.canvas.addEventListener("pointermove", point);
    this.sheet.canvas.addEventListener("pointerdown", point);
    this.sheet.canvas.addEventListener("pointerleave", () => {
      this.pointed = null;
      this.view.repaint();
    });
  }

  open(layer, panel, map) {
    this.chosen = { layer, panel, map };
    this.pointed = null;
    this.view.repaint();
    if (!this.element.open) this.element.showModal();
  }

  /** To the map before or after this one. */
  turn(by) {
    const tile = this.#tile();
    if (tile === null || isUnits(tile)) return;
    this.chosen.map = Math.min(Math.max(this.chosen.map + by, 0), tile.count - 1);
    this.view.repaint();
  }

  /** To the next layer in this direction that has what is shown. */
  turnLayer(by) {
    const { layers } = this.frame;
    for (let index = this.chosen.layer + by; layers[index] !== undefined; index += by) {
      if (!layers[index][this.chosen.panel]) continue;
      this.chosen.layer = index;
      this.chosen.map = Math.min(this.chosen.map, layers[index][this.chosen.panel].count - 1);
      break;
    }
    this.view.repaint();
  }

  take(frame) {
    this.frame = frame;
    if (this.chosen === null) return;
    const layer = frame.layers[this.chosen.layer];
    if (layer === undefined || !PANELS.some((panel) => layer[panel])) this.element.close();
  }

  paint(frame, palette, density) {
    const tile = this.#tile();
    if (tile === null) return;
    const { clientWidth, clientHeight } = document.documentElement;
    const space = Math.min(clientWidth - AROUND.width, LARGEST_SIDE);
    const side = Math.max(120, Math.min(space, clientHeight - AROUND.height));
    this.stage.style.minHeight = `${side}px`;
    this.stage.style.width = `${space}px`;
    if (isUnits(tile)) {
      const unit = Math.floor(Math.sqrt((space * side) / tile.count)) - 4;
      this.sheet.reserve(tile, { space, gap: 2, side: Math.min(Math.max(unit, 4), LARGEST_UNIT), density, most: LARGEST_UNIT });
      this.sheet.paint(frame, tile, palette, palette.tableOf(tile));
      return;
    }
    this.sheet.reserve({ ...tile, count: 1 }, { space, side, density, most: side });
    const silent = this.chosen.panel === "activations" && isSilent(frame, tile, this.chosen.map) ? [0] : [];
    this.sheet.paint(frame, tile, palette, palette.tableOf(tile), { silent, first: this.chosen.map, count: 1 });
  }

  writeTexts(words) {
    const tile = this.#tile();
    if (tile === null) return;
    const { panel, map } = this.chosen;
    const layer = this.frame.layers[this.chosen.layer];
    const what = words.say(nameOfPanel(layer, panel));
    const inputs = inputsOfFilters(layer, panel, tile);
    const layerRange = { layer_low: formatValue(tile.low), layer_high: formatValue(tile.high) };
    let title = words.say("lens_map", { what: capital(what), number: map + 1, count: tile.count });
    if (inputs > 1) {
      title = words.say("lens_filter", { what: capital(what), output: Math.floor(map / inputs) + 1, input: (map % inputs) + 1 });
    }
    let range;
    let low = layerRange.layer_low;
    let high = layerRange.layer_high;
    if (isUnits(tile)) {
      title = words.say("lens_sheet", { what: capital(what), count: tile.count });
      range = words.say("lens_sheet_range", { low, high });
    } else {
      [low, high] = extentOfMap(this.frame, tile, map).map((byte) => formatValue(valueOf(tile, byte)));
      range = words.say("lens_range", { low, high, ...layerRange });
      if (panel === "activations" && isSilent(this.frame, tile, map)) range += ` ${words.say("lens_silent")}`;
    }
    setText(this.title, title);
    setText(this.about, `${layer.name} · ${words.kind(layer.kind)} ${formatOutput(layer.output)}`);
    setText(this.range, range);
    setText(this.value, this.#valueText(words, tile));
    setText(this.help, words.say("lens_help"));
    setAttribute(this.sheet.canvas, "aria-label", words.say("lens_label", { title, layer: layer.name, low, high }));
    for (const [key, button] of Object.entries(this.buttons)) {
      setAttribute(button, "aria-label", words.say(key));
      setAttribute(button, "title", words.say(key));
    }
    for (const key of ["previous", "next"]) setHidden(this.buttons[key], isUnits(tile) || tile.count === 1);
  }

  #tile() {
    if (this.chosen === null || this.frame === null) return null;
    const tile = this.frame.layers[this.chosen.layer]?.[this.chosen.panel] ?? null;
    if (tile !== null) this.chosen.map = Math.min(this.chosen.map, tile.count - 1); // folded meanwhile
    return tile;
  }

  /** What stands under the pointer; a space that keeps the line where there is nothing. */
  #valueText(words, tile) {
    const units = isUnits(tile);
    const found = this.pointed && this.sheet.layout && this.sheet.at(this.pointed.x, this.pointed.y, units ? tile.count : 1);
    if (!found) return "\u00a0";
    const { column, row } = found;
    const at = mapStart(tile, units ? found.map : this.chosen.map, this.frame.atlas.width);
    const read = (plane) =>
      formatValue(valueOf(tile, this.frame.pixels[at + row * this.frame.atlas.width + plane * tile.width + column]));
    if (units) return words.say("lens_unit", { unit: found.map + 1, value: read(0) });
    const place = { column: column + 1, row: row + 1 };
    if (tile.channels === 1) return words.say("lens_value", { ...place, value: read(0) });
    return words.say("lens_value_colour", { ...place, red: read(0), green: read(1), blue: read(2) });
  }

  #pressed(event) {
    const turns = {
      ArrowLeft: () => this.turn(-1),
      ArrowRight: () => this.turn(1),
      Home: () => this.turn(-Infinity),
      End: () => this.turn(Infinity),
      ArrowUp: () => this.turnLayer(-1),
      ArrowDown: () => this.turnLayer(1),
    };
    if (!(event.key in turns) || this.chosen === null) return;
    event.preventDefault();
    turns[event.key]();
  }
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
