/*
 * Convolutions in steps of 1, with a quarter of the products for 3 x 3: Winograd's F(4x4, 3x3) (Lavin
 * and Gray, Fast Algorithms for Convolutional Neural Networks, 2016). Larger filters are cut into
 * pieces of 3 x 3, each of which has the channels once more, shifted: 5 x 5 takes a third.
 *
 * A tile of 4 x 4 results needs 6 x 6 numbers. Tiles and filters are turned into 36 numbers each,
 * whose products, one by one and summed over channels, are turned back into the results. All of it
 * is done in double precision, so what the turning loses is less than float32 can show.
 */

/** Results along a side of a tile, and numbers that they need. */
const TILE = 4;
const TILE_INPUTS = 6;
const TILE_PRODUCTS = TILE_INPUTS * TILE_INPUTS;
/** Filters and tiles that are multiplied at a time: 8 sums and 6 factors fit the registers. */
const FILTERS_AT_A_TIME = 4;
const TILES_AT_A_TIME = 2;
/** Sides of a filter's pieces. */
const PIECE = 3;
/** Pieces of a layer that are turned into 288 bytes each, and so into 19 MB at most. */
const MOST_TURNED_PIECES = 65536;

/** The turned filters of each array of filters, as layers may share them (test-time views). */
const turnedFilters = new WeakMap();

/** Whether a convolution is one that this file computes in good time. */
function suitsWinograd({ kernel, strides, dilations, groups, channels, outputs, output_sides: sides }) {
  return Math.min(...kernel) >= PIECE && Math.max(...strides, ...dilations, groups) === 1
    && Math.min(...sides) > 2 && outputs >= FILTERS_AT_A_TIME && channels >= 4
    && channels * outputs * piecesOf(kernel).length <= MOST_TURNED_PIECES;
}

/** The first row and column of each piece of a filter. */
function piecesOf([rows, columns]) {
  const pieces = [];
  for (let row = 0; row < rows; row += PIECE) {
    for (let column = 0; column < columns; column += PIECE) pieces.push([row, column]);
  }
  return pieces;
}

/**
 * Filters as they are multiplied: (36, blocks of 4 filters, channels * pieces, 4).
 * @param {Float32Array} filters (outputs, channels, rows, columns)
 */
function turnFilters(filters, { channels, outputs, kernel }) {
  const [rows, columns] = kernel;
  const pieces = piecesOf(kernel);
  const blocks = Math.ceil(outputs / FILTERS_AT_A_TIME);
  const step = blocks * channels * pieces.length * FILTERS_AT_A_TIME;
  const turned = new Float64Array(TILE_PRODUCTS * step);
  const halfway = new Float64Array(TILE_INPUTS * PIECE);
  const turn = (a, b, c) => [
    a / 4, -(a + b + c) / 6, (b - a - c) / 6, a / 24 + b / 12 + c / 6, a / 24 - b / 12 + c / 6, c,
  ];
  for (let filter = 0; filter < outputs * channels; filter++) {
    const output = Math.floor(filter / channels);
    const place = Math.floor(output / FILTERS_AT_A_TIME) * channels + (filter % channels);
    pieces.forEach(([top, left], piece) => {
      const weight = (i, j) => (top + i < rows && left + j < columns
        ? filters[(filter * rows + top + i) * columns + left + j] : 0);
      for (let j = 0; j < PIECE; j++) {
        turn(weight(0, j), weight(1, j), weight(2, j))
          .forEach((each, i) => { halfway[i * PIECE + j] = each; });
      }
      let at = (place * pieces.length + piece) * FILTERS_AT_A_TIME + (output % FILTERS_AT_A_TIME);
      for (let i = 0; i < halfway.length; i += PIECE) {
        for (const each of turn(halfway[i], halfway[i + 1], halfway[i + 2])) {
          turned[at] = each;
          at += step;
        }
      }
    });
  }
  return turned;
}

/** Turn 6 x 6 numbers of a plane into 36, written `step` apart. */
function turnTile(plane, first, width, columns, turned, start, step) {
  for (let j = 0; j < TILE_INPUTS; j++) {
    const at = first + j;
    const a = plane[at];
    const b = plane[at + width];
    const c = plane[at + 2 * width];
    const d = plane[at + 3 * width];
    const e = plane[at + 4 * width];
    const f = plane[at + 5 * width];
    columns[j] = 4 * a - 5 * c + e;
    columns[6 + j] = e + d - 4 * (b + c);
    columns[12 + j] = e - d + 4 * (b - c);
    columns[18 + j] = e - c + 2 * (d - b);
    columns[24 + j] = e - c - 2 * (d - b);
    columns[30 + j] = 4 * b - 5 * d + f;
  }
  let at = start;
  for (let i = 0; i < TILE_PRODUCTS; i += TILE_INPUTS) {
    const a = columns[i];
    const b = columns[i + 1];
    const c = columns[i + 2];
    const d = columns[i + 3];
    const e = columns[i + 4];
    const f = columns[i + 5];
    turned[at] = 4 * a - 5 * c + e;
    turned[at + step] = e + d - 4 * (b + c);
    turned[at + 2 * step] = e - d + 4 * (b - c);
    turned[at + 3 * step] = e - c + 2 * (d - b);
    turned[at + 4 * step] = e - c - 2 * (d - b);
    turned[at + 5 * step] = 4 * b - 5 * d + f;
    at += 6 * step;
  }
}

/** Turn 36 sums of products back into 4 x 4 results, in place: row i from 6 * i on. */
function turnBack(sums, first, bias) {
  for (let j = first; j < first + TILE_INPUTS; j++) {
    const b = sums[j + 6];
    const c = sums[j + 12];
    const d = sums[j + 18];
    const e = sums[j + 24];
    sums[j] = sums[j] + b + c + d + e;
    sums[j + 6] = b - c + 2 * (d - e);
    sums[j + 12] = b + c + 4 * (d + e);
    sums[j + 18] = b - c + 8 * (d - e) + sums[j + 30];
  }
  for (let i = first; i < first + TILE * TILE_INPUTS; i += TILE_INPUTS) {
    const b = sums[i + 1];
    const c = sums[i + 2];
    const d = sums[i + 3];
    const e = sums[i + 4];
    sums[i] = sums[i] + b + c + d + e + bias;
    sums[i + 1] = b - c + 2 * (d - e) + bias;
    sums[i + 2] = b + c + 4 * (d + e) + bias;
    sums[i + 3] = b - c + 8 * (d - e) + sums[i + 5] + bias;
  }
}

/** Sums over channels of products of 4 filters and 2 tiles, written `row` and `column` apart. */
function multiplyBlocks(filters, first, tiles, firstTile, inner, sums, start, row, column) {
  let a0 = 0, a1 = 0, a2 = 0, a3 = 0;
  let b0 = 0, b1 = 0, b2 = 0, b3 = 0;
  let at = first;
  const end = firstTile + inner * TILES_AT_A_TIME;
  for (let tile = firstTile; tile < end; tile += TILES_AT_A_TIME) {
    const left = tiles[tile];
    const right = tiles[tile + 1];
    const w0 = filters[at];
    const w1 = filters[at + 1];
    const w2 = filters[at + 2];
    const w3 = filters[at + 3];
    at += FILTERS_AT_A_TIME;
    a0 += w0 * left;
    b0 += w0 * right;
    a1 += w1 * left;
    b1 += w1 * right;
    a2 += w2 * left;
    b2 += w2 * right;
    a3 += w3 * left;
    b3 += w3 * right;
  }
  sums[start] = a0;
  sums[start + column] = b0;
  sums[start + row] = a1;
  sums[start + row + column] = b1;
  sums[start + 2 * row] = a2;
  sums[start + 2 * row + column] = b2;
  sums[start + 3 * row] = a3;
  sums[start + 3 * row + column] = b3;
}

/** Conv in steps of 1; see `suitsWinograd`. */
function winogradKernel(settings, [input, filters, bias = null], out) {
  const { channels, outputs, pads, sides: [height, width] } = settings;
  const [down, across] = settings.output_sides;
  const [tilesDown, tilesAcross] = [Math.ceil(down / TILE), Math.ceil(across / TILE)];
  const tiles = tilesDown * tilesAcross;
  const pairs = Math.ceil(tiles / TILES_AT_A_TIME);
  const blocks = Math.ceil(outputs / FILTERS_AT_A_TIME);
  if (!turnedFilters.has(filters)) {
    turnedFilters.set(filters, turnFilters(filters, settings));
  }
  const turned = turnedFilters.get(filters);
  const pieces = piecesOf(settings.kernel);
  const inner = channels * pieces.length;
  const [lastRow, lastColumn] = pieces.at(-1);
  const planeWidth = tilesAcross * TILE + lastColumn + 2;
  const plane = new Float64Array((tilesDown * TILE + lastRow + 2) * planeWidth); // margins stay zero
  const columns = new Float64Array(TILE_PRODUCTS);
  const step = pairs * inner * TILES_AT_A_TIME;
  const turnedTiles = new Float64Array(TILE_PRODUCTS * step); // (36, pairs, inner, 2)
  const row = pairs * TILES_AT_A_TIME * TILE_PRODUCTS;
  const sums = new Float64Array(FILTERS_AT_A_TIME * row); // (4 filters, tiles, 36)

  function turnTiles(channel) {
    for (let y = 0; y < height; y++) {
      const line = (channel * height + y) * width;
      const at = (y + pads[0]) * planeWidth + pads[1];
      for (let x = 0; x < width; x++) plane[at + x] = input[line + x];
    }
    for (let piece = 0; piece < pieces.length; piece++) {
      const [top, left] = pieces[piece];
      const row = channel * pieces.length + piece;
      for (let tile = 0; tile < tiles; tile++) {
        const y = Math.floor(tile / tilesAcross);
        const x = tile - y * tilesAcross;
        const first = (y * TILE + top) * planeWidth + x * TILE + left;
        const start = ((tile >> 1) * inner + row) * TILES_AT_A_TIME + (tile & 1);
        turnTile(plane, first, planeWidth, columns, turnedTiles, start, step);
      }
    }
  }

  function writeOutput(output, firstSum) {
    const shift = bias === null ? 0 : bias[output];
    for (let tile = 0; tile < tiles; tile++) {
      const first = firstSum + tile * TILE_PRODUCTS;
      turnBack(sums, first, shift);
      const tileRow = Math.floor(tile / tilesAcross);
      const top = tileRow * TILE;
      const left = (tile - tileRow * tilesAcross) * TILE;
      const rows = Math.min(TILE, down - top);
      const places = Math.min(TILE, across - left);
      for (let i = 0; i < rows; i++) {
        const at = (output * down + top + i) * across + left;
        for (let j = 0; j < places; j++) out[at + j] = sums[first + i * TILE_INPUTS + j];
      }
    }
  }

  return () => {
    for (let channel = 0; channel < channels; channel++) turnTiles(channel);
    for (let block = 0; block < blocks; block++) {
      for (let product = 0; product < TILE_PRODUCTS; product++) {
        const first = (product * blocks + block) * inner * FILTERS_AT_A_TIME;
        for (let pair = 0; pair < pairs; pair++) {
          multiplyBlocks(
            turned, first, turnedTiles, product * step + pair * inner * TILES_AT_A_TIME,
            inner, sums, pair * TILES_AT_A_TIME * TILE_PRODUCTS + product, row, TILE_PRODUCTS,
          );
        }
      }
      const output = block * FILTERS_AT_A_TIME;
      const end = Math.min(output + FILTERS_AT_A_TIME, outputs);
      for (let each = output; each < end; each++) writeOutput(each, (each - output) * row);
    }
  };
}
