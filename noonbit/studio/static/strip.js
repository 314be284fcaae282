/*
 * All layers at a glance: a thumbnail each, in the groups of their names. Pressing one goes there.
 */

import { element, pressable, setAttribute, setLabel } from "./elements.js";
import { isSilent, isUnits, mapStart } from "./sheet.js";
import { formatOutput, formatValue } from "./texts.js";

const SIDE = 40;
const MOST_UNITS = 64;

/** The first map of a layer that is not all zero, or its units in a square. */
class Thumbnail {
  constructor(layer, go) {
    this.layer = layer;
    this.canvas = element("canvas", { class: "lv-thumbnail", title: layer.name });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.element = pressable(this.canvas, go);
  }

  take(layer) {
    this.layer = layer;
  }

  paint(frame, palette, density) {
    const side = Math.round(SIDE * density);
    if (this.canvas.width !== side || !this.image) {
      this.canvas.width = this.canvas.height = side;
      this.image = this.context.createImageData(side, side);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    this.words.fill(palette.signed[127]);
    const tile = this.layer.activations;
    if (tile) {
      if (isUnits(tile)) this.#paintUnits(frame, tile, palette.tableOf(tile), side);
      else this.#paintMap(frame, tile, palette.tableOf(tile), side);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  #paintMap(frame, tile, table, side) {
    let map = 0;
    while (map < tile.count - 1 && isSilent(frame, tile, map)) map++;
    const start = mapStart(tile, map, frame.atlas.width);
    for (let y = 0; y < side; y++) {
      const line = start + Math.floor((y * tile.height) / side) * frame.atlas.width;
      for (let x = 0; x < side; x++) {
        this.words[y * side + x] = table[frame.pixels[line + Math.floor((x * tile.width) / side)]];
      }
    }
  }

  #paintUnits(frame, tile, table, side) {
    const count = Math.min(tile.count, MOST_UNITS);
    const across = Math.ceil(Math.sqrt(count));
    const cell = Math.floor(side / across);
    for (let unit = 0; unit < count; unit++) {
      const colour = table[frame.pixels[mapStart(tile, unit, frame.atlas.width)]];
      const left = (unit % across) * cell;
      for (let y = 0; y < cell - 1; y++) {
        const line = (Math.floor(unit / across) * cell + y) * side + left;
        this.words.fill(colour, line, line + cell - 1);
      }
    }
  }

  writeTexts(words) {
    const { layer } = this;
    const values = { layer: layer.name, kind: words.kind(layer.kind), output: formatOutput(layer.output) };
    const tile = layer.activations;
    setLabel(
      this.canvas,
      tile
        ? words.say("thumbnail_label", { ...values, low: formatValue(tile.low), high: formatValue(tile.high) })
        : words.say("thumbnail_empty", values),
    );
  }
}

export class Strip {
  /**
   * @param {{name: string, layers: Object[]}[]} groups name: empty for a layer by itself
   * @param {function(number)} go called with the number of a layer
   */
  constructor(groups, go) {
    let count = 0;
    this.thumbnails = [];
    const grouped = groups.some(({ name }) => name !== "");
    this.element = element("nav", { class: grouped ? "lv-strip lv-grouped" : "lv-strip" });
    for (const { name, layers } of groups) {
      const line = element("div", { class: "lv-strip-thumbnails" });
      for (const layer of layers) {
        const index = count++;
        const made = new Thumbnail(layer, () => go(index));
        made.element.tabIndex = index === 0 ? 0 : -1; // one stop of the Tab key, arrows from there
        this.thumbnails.push(made);
        line.append(made.element);
      }
      this.element.append(
        element("div", { class: "lv-strip-group" }, element("span", { class: "lv-strip-name", title: name }, name), line),
      );
    }
    this.element.addEventListener("keydown", (event) => this.#pressed(event));
    this.current = -1;
  }

  /** Mark the layer that the page shows, and bring its thumbnail into the strip's view. */
  mark(index) {
    if (index === this.current) return;
    this.thumbnails[this.current]?.element.removeAttribute("aria-current");
    this.current = index;
    const marked = this.thumbnails[index]?.element;
    if (marked === undefined) return;
    setAttribute(marked, "aria-current", "true");
    const box = marked.getBoundingClientRect();
    const strip = this.element.getBoundingClientRect();
    if (box.left < strip.left || box.right > strip.right) {
      this.element.scrollLeft += box.left - strip.left - (strip.width - box.width) / 2;
    }
  }

  writeTexts(words) {
    setAttribute(this.element, "aria-label", words.say("overview"));
    for (const thumbnail of this.thumbnails) thumbnail.writeTexts(words);
  }

  #pressed(event) {
    const from = this.thumbnails.findIndex(({ element: each }) => each === document.activeElement);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: this.thumbnails.length - 1 }[event.key];
    if (from < 0 || this.thumbnails[to] === undefined) return;
    event.preventDefault();
    this.thumbnails[from].element.tabIndex = -1;
    this.thumbnails[to].element.tabIndex = 0;
    this.thumbnails[to].element.focus();
  }
}
