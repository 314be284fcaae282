/*
 * A frame of a training: one tick's numbers, and all its pictures in one atlas.
 *
 *   uint32 little-endian length of the header | header: UTF-8 JSON, padded to a multiple of 4 |
 *   atlas.width x atlas.height bytes, row by row
 *
 * A tile of the header is `count` maps in the atlas, `columns` in a row from (x, y), without gaps. A map
 * of three channels is three planes side by side. 0 to 255 stand for `low` to `high`.
 *
 * All that is read later is checked here, so nothing after it asks whether a number is one.
 */

/** A frame that cannot be shown; `key` and `values` say why in the words of texts.js. */
export class DamagedFrame extends Error {
  constructor(key, values = {}) {
    super(`${key} ${JSON.stringify(values)}`);
    this.name = "DamagedFrame";
    this.key = key;
    this.values = values;
  }
}

/** The tiles of a layer, in the order in which they are shown. */
export const PANELS = ["activations", "activation_gradients", "weights", "weight_gradients"];

/** More than any screen shows; a header that asks for more is not believed. */
const MOST_LAYERS = 2000;
const MOST_ATLAS_BYTES = 1 << 28;

/**
 * @param {ArrayBuffer} buffer
 * @returns {Object} the header, and `pixels`, a Uint8Array of the atlas (a view, not a copy)
 * @throws {DamagedFrame}
 */
export function decodeFrame(buffer) {
  if (!(buffer instanceof ArrayBuffer)) throw new DamagedFrame("frame.no_bytes");
  const bytes = buffer.byteLength;
  if (bytes < 4) throw new DamagedFrame("frame.short", { bytes });
  const length = new DataView(buffer).getUint32(0, true);
  if (4 + length > bytes) throw new DamagedFrame("frame.cut_off", { bytes, expected: 4 + length });
  const header = parse(new Uint8Array(buffer, 4, length));
  checkHeader(header);
  const { width, height } = header.atlas;
  const expected = 4 + length + width * height;
  if (bytes < expected) throw new DamagedFrame("frame.cut_off", { bytes, expected });
  if (bytes > expected) throw new DamagedFrame("frame.long", { bytes, expected });
  return { ...header, pixels: new Uint8Array(buffer, 4 + length) };
}

function parse(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new DamagedFrame("frame.no_json");
  }
}

function checkHeader(header) {
  need(isObject(header), "header");
  const { atlas, classes, item, layers, tests } = header;
  need(isObject(atlas) && isCount(atlas.width) && isCount(atlas.height), "atlas");
  need(atlas.width * atlas.height <= MOST_ATLAS_BYTES, "atlas");
  need(Array.isArray(classes) && classes.every(isText), "classes");
  need(isObject(item) && Number.isInteger(item.number) && isText(item.label), "item");
  need(isTextOrNone(item.text), "item.text");
  checkTile(item.picture, "item.picture", atlas);
  checkTile(item.gradient, "item.gradient", atlas);
  need(Array.isArray(layers) && layers.length <= MOST_LAYERS, "layers");
  layers.forEach((layer, index) => checkLayer(layer, `layers[${index}]`, atlas));
  need(isObject(tests) && Array.isArray(tests.items), "tests");
  need(Number.isInteger(tests.correct) && Number.isInteger(tests.of), "tests");
  need(isTextOrNone(tests.split), "tests.split");
  tests.items.forEach((each, index) => checkTest(each, `tests.items[${index}]`, header));
}

function checkLayer(layer, name, atlas) {
  need(isObject(layer) && isText(layer.name) && isText(layer.kind) && isText(layer.detail), name);
  need(Array.isArray(layer.output) && layer.output.every(isCount), `${name}.output`);
  need(Number.isInteger(layer.parameters) && isWhole(layer.shown) && isWhole(layer.of), name);
  for (const panel of PANELS) checkTile(layer[panel], `${name}.${panel}`, atlas);
}

function checkTest(test, name, { atlas, classes }) {
  const isClass = (value) => isWhole(value) && value < classes.length;
  need(isObject(test) && Number.isInteger(test.number) && isClass(test.label), name);
  need(Array.isArray(test.top), `${name}.top`);
  for (const pair of test.top) need(Array.isArray(pair) && isClass(pair[0]) && Number.isFinite(pair[1]), `${name}.top`);
  need(isTextOrNone(test.text), `${name}.text`);
  checkTile(test.picture, `${name}.picture`, atlas);
}

/** A tile may be missing (null); one that is there lies in the atlas. */
function checkTile(tile, name, atlas) {
  if (tile === null || tile === undefined) return;
  need(isObject(tile) && isWhole(tile.x) && isWhole(tile.y), name);
  need([tile.width, tile.height, tile.columns, tile.count].every(isCount), name);
  need(tile.channels === 1 || tile.channels === 3, `${name}.channels`);
  need(Number.isFinite(tile.low) && Number.isFinite(tile.high) && tile.low <= tile.high, `${name}.low`);
  const right = tile.x + Math.min(tile.columns, tile.count) * tile.width * tile.channels;
  const bottom = tile.y + Math.ceil(tile.count / tile.columns) * tile.height;
  if (right > atlas.width || bottom > atlas.height) {
    throw new DamagedFrame("frame.outside", { name, right, bottom, width: atlas.width, height: atlas.height });
  }
}

function need(condition, name) {
  if (!condition) throw new DamagedFrame("frame.field", { name });
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string";
const isTextOrNone = (value) => value === null || value === undefined || isText(value);
const isWhole = (value) => Number.isInteger(value) && value >= 0;
const isCount = (value) => Number.isInteger(value) && value > 0;
