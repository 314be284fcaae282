/*
 * One canvas with the maps of one tile.
 *
 * The canvas has the screen's own pixels and each value is a square of a whole number of them, so
 * nothing is resampled by the browser and every value can be seen. All maps are written into one
 * ImageData, which is kept, and go to the canvas in one call.
 */

const LARGEST_VALUE = 14;
const LARGEST_GAP = 5;
/** A single map, such as that of a sentence, may have the whole width, and this height. */
export const ONE_MAP_HEIGHT = 200;
const GROUP_GAP = 12;

/**
 * Where the maps of a tile lie on a canvas, in pixels of the screen.
 * @param {Object} tile
 * @param {{space: number, side: number, density: number, gap?: number, least?: number, most?: number, group?: number}} wish
 *   in CSS pixels: the width there is, the side of a map, what lies between two, bounds of a value's side; `density`: screen
 *   pixels a CSS pixel; `group`: so many maps stay side by side
 */
export function layOut(tile, { space, side, density, gap: wishedGap = LARGEST_GAP, least = 0, most = LARGEST_VALUE, group = 1 }) {
  const available = Math.max(1, Math.floor(space * density));
  const longer = Math.max(tile.width, tile.height);
  const wished = Math.max(Math.floor((side * density) / longer), Math.ceil(least * density));
  const fitting = Math.floor((available - 2) / tile.width);
  const scale = Math.max(1, Math.min(wished, fitting, Math.floor(most * density)));
  // A map much larger than wished shows every second value, or third; enlarged, it shows what it can.
  const [widest, highest] = tile.count === 1 ? [space, Math.max(side, ONE_MAP_HEIGHT)] : [1.5 * side, 1.5 * side];
  const every = Math.max(1, Math.ceil(tile.width / (widest * density)), Math.ceil(tile.height / (highest * density)));
  const columnsOfMap = Math.ceil(tile.width / every);
  const rowsOfMap = Math.ceil(tile.height / every);
  const gap = Math.round(wishedGap * density);
  const stepX = columnsOfMap * scale + gap;
  const stepY = rowsOfMap * scale + gap;
  const groupGap = group > 1 ? Math.round(GROUP_GAP * density) - gap : 0;
  let together = group;
  if (group * stepX - gap > available - 2) together = 1;
  const groups = Math.ceil(tile.count / together);
  const fit = Math.max(1, Math.floor((available - 2 + gap + groupGap) / (together * stepX + groupGap)));
  const lines = Math.ceil(groups / fit);
  const groupsAcross = Math.ceil(groups / lines); // as many in each line as in the others
  const across = groupsAcross * together;
  return {
    scale,
    every,
    stepX,
    stepY,
    gap,
    cellWidth: columnsOfMap * scale,
    cellHeight: rowsOfMap * scale,
    density,
    width: groupsAcross * (together * stepX + groupGap) - groupGap - gap + 2,
    height: lines * stepY - gap + 2,
    /** The left upper corner of a map. */
    place(map) {
      const column = map % across;
      return [1 + column * stepX + Math.floor(column / together) * groupGap, 1 + Math.floor(map / across) * stepY];
    },
  };
}

/** Whether a tile holds the units of a dense layer: maps of one value. */
export function isUnits(tile) {
  return tile.width * tile.height === 1;
}

/** Where a map begins in the atlas. */
export function mapStart(tile, map, atlasWidth) {
  const column = map % tile.columns;
  const row = Math.floor(map / tile.columns);
  return (tile.y + row * tile.height) * atlasWidth + tile.x + column * tile.width * tile.channels;
}

/** The lowest and highest byte of a map. */
export function extentOfMap(frame, tile, map) {
  const start = mapStart(tile, map, frame.atlas.width);
  let low = 255;
  let high = 0;
  for (let y = 0; y < tile.height; y++) {
    const line = start + y * frame.atlas.width;
    for (let at = line; at < line + tile.width * tile.channels; at++) {
      const value = frame.pixels[at];
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

/** The value that a byte of a tile stands for; the two bytes beside a signed tile's zero are zero. */
export function valueOf(tile, byte) {
  if (tile.signed && (byte === 127 || byte === 128)) return 0;
  return tile.low + ((tile.high - tile.low) * byte) / 255;
}

/**
 * Whether every value of a map is zero, as far as a byte tells. Of signed tiles none is: their zero lies
 * between two bytes, and beside a large value many small ones round to it.
 */
export function isSilent(frame, tile, map) {
  if (tile.low !== 0) return false;
  return tile.high === 0 || extentOfMap(frame, tile, map)[1] === 0;
}

/** The numbers of the maps, of the first `count`, that are zero throughout; of single units none, since zero is no fault there. */
export function silentMaps(frame, tile, count) {
  if (isUnits(tile)) return [];
  return Array.from({ length: count }, (_, map) => map).filter((map) => isSilent(frame, tile, map));
}

/** A canvas, its ImageData, and what lies where on it. */
export class Sheet {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "lv-canvas";
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.layout = null;
    this.image = null;
    this.key = "";
  }

  /** Give the canvas the size that these maps need; cheap where nothing has changed. */
  reserve(tile, wish) {
    const key = [tile.width, tile.height, tile.count, ...Object.values(wish)].join();
    if (key === this.key) return;
    this.key = key;
    this.layout = layOut(tile, wish);
    this.canvas.style.width = `${this.layout.width / wish.density}px`;
    this.canvas.style.aspectRatio = `${this.layout.width} / ${this.layout.height}`;
  }

  /**
   * Paint maps of a tile from `first` on; reserve() comes before.
   * @param {Uint32Array} table the colour of each byte, for one channel
   * @param {number[]} silent maps that are hatched
   */
  paint(frame, tile, palette, table, { silent = [], first = 0, count = tile.count } = {}) {
    const { width, height } = this.layout;
    if (this.image?.width !== width || this.image?.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.context.createImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer);
      this.painted = "";
    }
    const painted = `${this.key} ${tile.channels}`;
    if (painted !== this.painted) this.words.fill(0);
    this.painted = painted;
    for (let map = 0; map < count; map++) {
      const [left, top] = this.layout.place(map);
      this.#frameMap(left, top, palette.edge);
      const start = mapStart(tile, first + map, frame.atlas.width);
      if (tile.channels === 3) this.#paintColour(frame, tile, start, left, top);
      else this.#paintLevels(frame, tile, start, left, top, tile.low === tile.high ? constant(tile, table) : table);
    }
    for (const map of silent) this.#hatchMap(...this.layout.place(map), palette.hatch);
    this.context.putImageData(this.image, 0, 0);
  }

  /** The map under a place of the window, and the value's column and row in it; null between maps. */
  at(clientX, clientY, count) {
    const box = this.canvas.getBoundingClientRect();
    const { width, height, cellWidth, cellHeight, scale, every } = this.layout;
    const x = ((clientX - box.left) / box.width) * width;
    const y = ((clientY - box.top) / box.height) * height;
    for (let map = 0; map < count; map++) {
      const [left, top] = this.layout.place(map);
      if (x >= left && x < left + cellWidth && y >= top && y < top + cellHeight) {
        return { map, column: Math.floor((x - left) / scale) * every, row: Math.floor((y - top) / scale) * every };
      }
    }
    return null;
  }

  #paintLevels(frame, tile, start, left, top, table) {
    const { scale, every, cellWidth } = this.layout;
    const { width } = this.layout;
    const { pixels, atlas } = frame;
    let line = top * width + left;
    for (let y = 0; y < tile.height; y += every) {
      const from = start + y * atlas.width;
      let to = line;
      for (let x = 0; x < tile.width; x += every) {
        const colour = table[pixels[from + x]];
        for (let i = 0; i < scale; i++) this.words[to++] = colour;
      }
      line = this.#repeat(line, cellWidth);
    }
  }

  #paintColour(frame, tile, start, left, top) {
    const { scale, every, cellWidth, width } = this.layout;
    const { pixels, atlas } = frame;
    let line = top * width + left;
    for (let y = 0; y < tile.height; y += every) {
      const from = start + y * atlas.width;
      let to = line;
      for (let x = 0; x < tile.width; x += every) {
        const red = pixels[from + x];
        const green = pixels[from + tile.width + x];
        const blue = pixels[from + 2 * tile.width + x];
        const colour = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
        for (let i = 0; i < scale; i++) this.words[to++] = colour;
      }
      line = this.#repeat(line, cellWidth);
    }
  }

  /** Copy a line to those below it that show the same values. @returns where the next line begins */
  #repeat(line, length) {
    const { width, scale } = this.layout;
    for (let i = 1; i < scale; i++) this.words.copyWithin(line + i * width, line, line + length);
    return line + scale * width;
  }

  /** A hairline around a map, since zero has nearly the colour of the page. */
  #frameMap(left, top, colour) {
    const { width, cellWidth, cellHeight } = this.layout;
    const first = (top - 1) * width + left - 1;
    this.words.fill(colour, first, first + cellWidth + 2);
    const last = first + (cellHeight + 1) * width;
    this.words.fill(colour, last, last + cellWidth + 2);
    for (let y = 1; y <= cellHeight; y++) {
      this.words[first + y * width] = colour;
      this.words[first + y * width + cellWidth + 1] = colour;
    }
  }

  #hatchMap(left, top, colour) {
    const { width, cellWidth, cellHeight, density } = this.layout;
    const period = Math.round(6 * density);
    const thick = Math.max(1, Math.round(density));
    for (let y = 0; y < cellHeight; y++) {
      for (let x = 0; x < cellWidth; x++) {
        if ((x + y) % period < thick) this.words[(top + y) * width + left + x] = colour;
      }
    }
  }
}

/** The table of a tile whose values are all the same: that colour, whatever the bytes are. */
function constant(tile, table) {
  return new Uint32Array(256).fill(tile.low === 0 && tile.signed ? table[127] : table[tile.low > 0 ? 255 : 0]);
}
