/*
 * One layer: what it is in a column of text, and beside it up to four sheets of maps.
 */

import { element, pressable, setAttribute, setHidden, setLabel, setText } from "./elements.js";
import { PANELS } from "./frame.js";
import { isUnits, ONE_MAP_HEIGHT, Sheet, silentMaps } from "./sheet.js";
import { formatOutput, formatRange, formatValue } from "./texts.js";

/** Of a layer that is not open, so many maps are shown. */
const FOLDED_MAPS = 8;
/** How large maps, filters and units are drawn, in CSS pixels; a value of a small filter never below 4. */
const SIZES = {
  compact: { map: 36, filter: 24, filterBesideOthers: 12, unit: 12, gap: 2 },
  normal: { map: 64, filter: 40, filterBesideOthers: 24, unit: 14, gap: 5 },
};
const HAIRLINE_GAP = 1;
const FILTER_GAP = 2;
const LEAST_FILTER_VALUE = 4;
const SMALL_FILTER = 11;
/** Units of a dense layer get smaller before they get higher than this. */
const UNITS_HEIGHT = 100;

/** A key of texts.js for what a sheet of a layer shows. */
export function nameOfPanel(layer, panel) {
  if (!panel.startsWith("weight") || (layer.output.length < 3 && !layer.kind.startsWith("Conv"))) return panel;
  return panel === "weights" ? "filters" : "filter_gradients";
}

/** How many inputs each output's filters of a tile are for: they stay side by side. */
export function inputsOfFilters(layer, panel, tile) {
  if (!panel.startsWith("weight") || tile.channels === 3) return 1;
  const inputs = tile.count / layer.shown;
  return Number.isInteger(inputs) && inputs === tile.columns ? inputs : 1;
}

/** A sheet with its caption. It is there from the first frame that has its tile. */
class PanelView {
  constructor(panel, row, { observer, enlarge }) {
    this.panel = panel;
    this.row = row;
    this.sheet = new Sheet();
    this.space = 0;
    this.tile = null;
    this.layer = null;
    this.silent = [];
    this.name = element("span", { class: "lv-what" });
    this.range = element("span", { class: "lv-range" });
    this.note = element("span", { class: "lv-note" });
    this.element = element(
      "figure",
      { class: "lv-panel", "data-panel": panel },
      element("figcaption", {}, this.name, " ", this.range, " ", this.note),
      this.sheet.canvas,
    );
    pressable(this.sheet.canvas, (event) => {
      const found = event.detail ? this.sheet.at(event.clientX, event.clientY, this.tile.count) : null;
      enlarge(panel, found?.map ?? 0);
    });
    observer.observe(this.element);
  }

  take(layer) {
    this.layer = layer;
    this.tile = layer[this.panel] ?? null;
    setHidden(this.element, this.tile === null);
  }

  /** How many of the tile's maps are shown: a few, unless the layer is open. Units need little room. */
  count() {
    const { tile } = this;
    if (this.row.open || isUnits(tile)) return tile.count;
    return Math.min(tile.count, FOLDED_MAPS * inputsOfFilters(this.layer, this.panel, tile));
  }

  reserve(size, density) {
    if (this.tile === null || this.space === 0) return;
    const tile = { ...this.tile, count: this.count() };
    const wish = { space: this.space, density, group: inputsOfFilters(this.layer, this.panel, this.tile) };
    const longer = Math.max(tile.width, tile.height);
    if (isUnits(tile)) {
      const filling = Math.floor(Math.sqrt((this.space * UNITS_HEIGHT) / tile.count)) - 1;
      this.sheet.reserve(tile, { ...wish, gap: HAIRLINE_GAP, side: Math.max(4, Math.min(size.unit, filling)) });
    } else if (this.panel.startsWith("weight")) {
      const side = wish.group > 1 ? size.filterBesideOthers : size.filter;
      const least = longer <= SMALL_FILTER ? LEAST_FILTER_VALUE : 0;
      this.sheet.reserve(tile, { ...wish, gap: FILTER_GAP, side, least });
    } else {
      // A sentence is one map, words across: as large as there is room for, a value of two pixels at least.
      const side = tile.count === 1 ? Math.max(size.map, Math.min(2 * longer, ONE_MAP_HEIGHT)) : size.map;
      this.sheet.reserve(tile, { ...wish, gap: size.gap, side });
    }
  }

  paint(frame, palette) {
    if (this.tile === null || this.sheet.layout === null) return;
    const count = this.count();
    this.silent = this.panel === "activations" ? silentMaps(frame, this.tile, count) : [];
    this.sheet.paint(frame, this.tile, palette, palette.tableOf(this.tile), { silent: this.silent, count });
  }

  writeTexts(words) {
    if (this.tile === null) return;
    const { layer } = this;
    const tile = { ...this.tile, count: this.count() };
    const what = words.say(nameOfPanel(layer, this.panel));
    const range = { low: formatValue(tile.low), high: formatValue(tile.high) };
    setText(this.name, what);
    setText(this.range, formatRange(words, tile));
    const silent = { silent: this.silent.length, count: tile.count };
    setText(this.note, silent.silent > 0 ? words.say("silent_maps", silent) : "");
    const key = isUnits(tile) ? "units_label" : "maps_label";
    const label = words.say(key, { ...tile, ...range, what, layer: layer.name });
    setLabel(this.sheet.canvas, silent.silent > 0 ? `${label}. ${words.say("silent_label", silent)}` : label);
  }
}

export class LayerRow {
  /**
   * @param {Object} layer as the frame has it
   * @param {string} shortName its name within its group
   * @param {{observer: ResizeObserver, register: function(Element, Object),
   *   enlarge: function(string, number), toggle: function(boolean)}} view
   */
  constructor(layer, shortName, view) {
    this.view = view;
    this.layer = layer;
    this.panels = new Map();
    this.kind = element("span", { class: "lv-kind" });
    this.output = element("span", { class: "lv-output" });
    this.detail = element("p", { class: "lv-detail" });
    this.parameters = element("p", { class: "lv-detail" });
    this.shown = element("p", { class: "lv-detail" });
    this.button = element("button", { type: "button", class: "lv-button", onclick: () => view.toggle(!this.open) });
    this.place = element("div", { class: "lv-panels" });
    this.element = element(
      "article",
      { class: "lv-layer", tabindex: "-1", "data-layer": layer.name },
      element(
        "header",
        {},
        element("h4", {}, this.kind, " ", this.output),
        element("p", { class: "lv-name", title: layer.name }, shortName),
        this.detail,
        this.parameters,
        this.shown,
        this.button,
      ),
      this.place,
    );
    /** Whether all maps are shown, as far as the frame has them; a deep network's come when they are asked for. */
    this.open = false;
  }

  take(layer) {
    this.layer = layer;
    for (const panel of PANELS) {
      if (layer[panel] && !this.panels.has(panel)) this.#add(panel);
      this.panels.get(panel)?.take(layer);
    }
    this.element.classList.toggle("lv-open", this.open);
    this.element.classList.toggle("lv-alone", this.#isAlone());
  }

  /** Whether activations are all there is: then they have more room. */
  #isAlone() {
    return [...this.panels.values()].filter(({ tile }) => tile !== null).length === 1;
  }

  #add(panel) {
    const made = new PanelView(panel, this, { observer: this.view.observer, enlarge: this.view.enlarge });
    this.view.register(made.element, made);
    this.panels.set(panel, made);
    this.place.replaceChildren(...PANELS.flatMap((each) => this.panels.get(each)?.element ?? []));
  }

  reserve(compact, density) {
    const size = compact && !this.open && !this.#isAlone() ? SIZES.compact : SIZES.normal;
    for (const panel of this.panels.values()) panel.reserve(size, density);
  }

  writeTexts(words) {
    const { layer } = this;
    setText(this.kind, words.kind(layer.kind));
    setText(this.output, formatOutput(layer.output));
    setText(this.detail, words.detail(layer.detail));
    setHidden(this.detail, layer.detail === "");
    setText(this.parameters, layer.parameters === 1 ? words.say("parameter") : words.say("parameters", { count: layer.parameters }));
    setHidden(this.parameters, layer.parameters === 0);
    setText(this.shown, words.say(layer.output.length === 1 ? "units" : "maps", layer));
    setHidden(this.shown, !(layer.open && this.open && layer.of > layer.shown)); // more than a frame holds
    const more = layer.open ? words.say("show_all", { of: layer.of }) : words.say("show_whole");
    setText(this.button, this.open ? words.say("show_fewer") : more);
    setAttribute(this.button, "aria-expanded", this.open);
    const isFolded = !layer.open || (layer.output.length > 1 && layer.of > FOLDED_MAPS);
    setHidden(this.button, !isFolded && !this.open);
    for (const panel of this.panels.values()) panel.writeTexts(words);
  }
}
