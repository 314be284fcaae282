/*
 * From a byte of a frame to a colour of the screen.
 *
 * One scale for all that has a zero: zero is the paper, ink is where something happens; positive is
 * orange and negative blue, which people with any of the usual colour blindnesses tell apart, and both
 * darken (on a dark page: lighten) with size. The colours are those of layers.css, so they follow the theme and the host page.
 */

const NEGATIVE = ["--lv-negative-3", "--lv-negative-2", "--lv-negative-1"];
const POSITIVE = ["--lv-positive-1", "--lv-positive-2", "--lv-positive-3"];
const NAMES = [...NEGATIVE, "--lv-zero", ...POSITIVE, "--lv-map-edge", "--lv-hatch"];

/** Tables of 256 colours, each a 32-bit number as ImageData has them in memory (little-endian RGBA). */
export class Palette {
  /** @param {HTMLElement} root the element whose colours these are */
  constructor(root) {
    this.root = root;
    this.read = "";
    this.signed = new Uint32Array(256);
    this.unsigned = new Uint32Array(256);
    this.mixed = new Uint32Array(256);
    this.stops = [];
    this.grey = Uint32Array.from({ length: 256 }, (_, level) => packed([level, level, level]));
    this.edge = 0;
    this.hatch = 0;
    this.refresh();
  }

  /** Read the colours again. @returns {boolean} whether they have changed */
  refresh() {
    const style = getComputedStyle(this.root);
    const texts = NAMES.map((name) => style.getPropertyValue(name).trim());
    const read = texts.join(";");
    if (read === this.read) return false;
    this.read = read;
    const colours = texts.map(colourBytes);
    const stops = colours.slice(0, 7);
    this.stops = stops;
    for (let level = 0; level < 256; level++) {
      this.signed[level] = packed(between(stops, level / 255));
      this.unsigned[level] = packed(between(stops.slice(3), level / 255));
    }
    [this.edge, this.hatch] = colours.slice(7).map(packed);
    return true;
  }

  /** The table of a tile of one channel: zero is paper where the range has it, else the lowest value is. */
  tableOf({ signed, low, high }) {
    if (signed) return this.signed;
    if (low >= 0) return this.unsigned;
    const largest = Math.max(-low, high);
    for (let level = 0; level < 256; level++) {
      const value = low + ((high - low) * level) / 255;
      this.mixed[level] = packed(between(this.stops, (value / largest + 1) / 2));
    }
    return this.mixed;
  }
}

/** The colour at a share, 0 to 1, of the way along evenly spaced stops. */
function between(stops, share) {
  const place = share * (stops.length - 1);
  const below = Math.min(Math.floor(place), stops.length - 2);
  return stops[below].map((value, c) => value + (place - below) * (stops[below + 1][c] - value));
}

function packed([red, green, blue]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

/** Any colour that CSS knows, as [red, green, blue]. */
function colourBytes(text) {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}
