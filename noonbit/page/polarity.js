/** Whether drawings are light on dark, as MNIST's digits are, or dark on light, as scans are. */

/** Levels of a background, 0 to 255, that are clearly one or the other; between them it is open. */
const DARK_BELOW = 64;
const LIGHT_ABOVE = 191;

/** The outermost frame of a picture, all channels; its corners twice. */
function borderPixels({ width, height, channels, data }) {
  const stride = width * channels;
  const frame = [];
  for (let i = 0; i < stride; i++) frame.push(data[i], data[(height - 1) * stride + i]);
  for (let y = 0; y < height; y++) {
    for (let c = 0; c < channels; c++) {
      frame.push(data[y * stride + c], data[y * stride + stride - channels + c]);
    }
  }
  return frame;
}

/**
 * Usual level of the border, 0 the picture's own darkest level and 255 its lightest.
 *
 * Grey paper is as light as white paper to a pen. A picture of one level gives that level.
 */
function backgroundLevel(picture) {
  const border = medianOf(borderPixels(picture));
  const [darkest, lightest] = rangeOf(picture.data);
  return lightest > darkest ? ((border - darkest) * 255) / (lightest - darkest) : border;
}

/** Whether a background of this level has the polarity that is not `polarity`; null: none has. */
function isOppositeTo(level, polarity) {
  if (polarity === "light on dark") return level > LIGHT_ABOVE;
  return polarity === "dark on light" && level < DARK_BELOW;
}

/** The lowest and the highest of some numbers. */
function rangeOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The middle one of some numbers, or the mean of the two in the middle. */
function medianOf(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
