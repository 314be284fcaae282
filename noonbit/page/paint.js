/*
 * Arrays of numbers painted pixel by pixel: what goes into the network, and the maps inside it.
 */

/** Colours from the lowest to the highest value: night, blue, sky, white. Brightness only rises, so
 * it reads without colours too. */
const HEAT = [
  [10, 12, 22],
  [24, 58, 112],
  [52, 124, 196],
  [142, 200, 240],
  [255, 253, 244],
];

/**
 * Paint uint8 pixels (channels, height, width), one or three channels, to their own size.
 * @param {HTMLCanvasElement} canvas
 */
function paintPixels(canvas, pixels, { channels, height, width }) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const area = width * height;
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * i + c] = pixels[(channels === 3 ? c * area : 0) + i];
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** The lowest and highest of some numbers. */
function extentOf(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/**
 * Paint maps (count, height, width) of float32 in a grid, a pixel of space between them.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} data
 * @param {{first: number, count: number, height: number, width: number, columns: number}} grid
 * @param {{low: number, high: number}} extent what is darkest and brightest
 */
function paintMaps(canvas, data, { first, count, height, width, columns }, extent) {
  const rows = Math.ceil(count / columns);
  canvas.width = columns * (width + 1) - 1;
  canvas.height = rows * (height + 1) - 1;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const scale = extent.high > extent.low ? 1 / (extent.high - extent.low) : 0;
  for (let map = 0; map < count; map++) {
    const top = Math.floor(map / columns) * (height + 1);
    const left = (map % columns) * (width + 1);
    const from = (first + map) * height * width;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const share = (data[from + row * width + column] - extent.low) * scale;
        putHeat(image.data, 4 * ((top + row) * canvas.width + left + column), share);
      }
    }
  }
  context.putImageData(image, 0, 0);
}

/** Write the colour of a share, 0 to 1, at this place of RGBA bytes. */
function putHeat(bytes, at, share) {
  const place = Math.min(Math.max(share, 0), 1) * (HEAT.length - 1);
  const below = Math.min(Math.floor(place), HEAT.length - 2);
  for (let c = 0; c < 3; c++) {
    bytes[at + c] = HEAT[below][c] + (place - below) * (HEAT[below + 1][c] - HEAT[below][c]);
  }
  bytes[at + 3] = 255;
}
