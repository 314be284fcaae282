/**
 * Pictures of another size, to the last bit as Pillow makes them (libImaging/Resample.c, Reduce.c).
 *
 * A picture is {width, height, channels, data}, its data interleaved: bytes, or numbers (Float32Array)
 * of one channel. Bytes are filtered in fixed point with 22 bits, along rows first and then along
 * columns, and rounded to bytes in between.
 */

const FIXED_POINT_BITS = 22;

/** Kernels by Pillow's names: a function of the distance in pixels, and where it ends. */
const RESAMPLING = {
  BOX: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  BICUBIC: {
    support: 2,
    at(x) {
      const a = -0.5;
      x = Math.abs(x);
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  },
  LANCZOS: { support: 3, at: (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** sin(pi x) / (pi x). */
function sinc(x) {
  if (x === 0) return 1;
  x *= Math.PI;
  return Math.sin(x) / x;
}

/** The nearest whole number, and of two the even one, as Python's round. */
function roundHalfToEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The weights that make `outSize` pixels of those from `from` to `to` of a line of `inSize`.
 *
 * @returns {{starts: Int32Array, counts: Int32Array, most: number, weights: Float64Array}} pixel i is
 *   the sum of counts[i] pixels from starts[i] on, with the weights from i * most on
 */
function resamplingWeights(inSize, from, to, outSize, kernel) {
  const scale = Math.fround(to - from) / outSize; // Pillow subtracts in single precision
  const filterScale = Math.max(scale, 1);
  const support = kernel.support * filterScale;
  const most = Math.ceil(support) * 2 + 1;
  const inverse = 1 / filterScale;
  const starts = new Int32Array(outSize);
  const counts = new Int32Array(outSize);
  const weights = new Float64Array(outSize * most);
  for (let i = 0; i < outSize; i++) {
    const centre = from + (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(inSize, Math.trunc(centre + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = kernel.at((k + start - centre + 0.5) * inverse);
      weights[i * most + k] = weight;
      sum += weight;
    }
    if (sum !== 0) for (let k = 0; k < count; k++) weights[i * most + k] /= sum;
    starts[i] = start;
    counts[i] = count;
  }
  return { starts, counts, most, weights };
}

/** Weights as whole numbers of 2^-22, for bytes. */
function fixedPoint(weights) {
  const one = 2 ** FIXED_POINT_BITS;
  return Int32Array.from(weights, (w) => Math.trunc(w < 0 ? w * one - 0.5 : w * one + 0.5));
}

/**
 * Filter lines: each of `outer` lines gives counts.length results; `step` lies between the pixels of a
 * line, and each pixel is the first of `inner` neighbours that are filtered alike.
 *
 * Rows are lines with step = inner = channels; columns are one line with step = inner = width * channels.
 */
function filterLines(source, outer, lineLength, inner, plan) {
  const { starts, counts, most } = plan;
  const outSize = starts.length;
  const isBytes = source instanceof Uint8Array;
  const out = new source.constructor(outer * outSize * inner);
  const weights = isBytes ? fixedPoint(plan.weights) : plan.weights;
  const half = 1 << (FIXED_POINT_BITS - 1);
  for (let line = 0; line < outer; line++) {
    const base = line * lineLength * inner;
    for (let i = 0; i < outSize; i++) {
      const first = base + starts[i] * inner;
      const count = counts[i];
      const to = (line * outSize + i) * inner;
      for (let j = 0; j < inner; j++) {
        let at = first + j;
        if (isBytes) {
          let sum = half;
          for (let k = 0; k < count; k++, at += inner) sum = (sum + source[at] * weights[i * most + k]) | 0;
          sum >>= FIXED_POINT_BITS;
          out[to + j] = sum < 0 ? 0 : sum > 255 ? 255 : sum;
        } else {
          let sum = 0;
          for (let k = 0; k < count; k++, at += inner) sum += source[at] * weights[i * most + k];
          out[to + j] = sum;
        }
      }
    }
  }
  return out;
}

/** Image.resize(size, filter, box): the part `box` (left, top, right, bottom) as width x height. */
function resizePicture(picture, width, height, kernel, box = [0, 0, picture.width, picture.height]) {
  const [left, top, right, bottom] = box.map(Math.fround);
  if (
    left % 1 === 0 && top % 1 === 0 &&
    Math.fround(right - left) === width && Math.fround(bottom - top) === height
  ) {
    return cropPicture(picture, left, top, width, height);
  }
  return resampleBox(picture, width, height, kernel, [left, top, right, bottom]);
}

/** ImagingResample of Pillow 13: two passes, each only where it changes something. */
function resampleBox(picture, width, height, kernel, [left, top, right, bottom]) {
  const { channels } = picture;
  let { data } = picture;
  let [columns, rows] = [picture.width, picture.height];
  const needsRows = width !== columns || left !== 0 || right !== width;
  const needsColumns = height !== rows || top !== 0 || bottom !== height;
  const vertical = resamplingWeights(rows, top, bottom, height, kernel);
  const filterColumns = () => {
    data = filterLines(data, 1, rows, columns * channels, vertical);
    rows = height;
  };
  // Where the height shrinks by more than twice as many pixels as the width, columns come first.
  const shrinks = rows - height;
  const columnsFirst = shrinks > 0 && shrinks > 2 * (columns - width);
  if (columnsFirst && needsColumns) filterColumns();
  if (needsRows) {
    if (!columnsFirst) {
      // Only the rows that the columns need.
      const first = vertical.starts[0];
      rows = vertical.starts[height - 1] + vertical.counts[height - 1] - first;
      data = data.subarray(first * columns * channels, (first + rows) * columns * channels);
      vertical.starts = vertical.starts.map((start) => start - first);
    }
    const horizontal = resamplingWeights(columns, left, right, width, kernel);
    data = filterLines(data, rows, columns, channels, horizontal);
    columns = width;
  }
  if (!columnsFirst && needsColumns) filterColumns();
  return { width, height, channels, data };
}

/** The part of a picture from (left, top) on. */
function cropPicture(picture, left, top, width, height) {
  const { channels } = picture;
  const data = new picture.data.constructor(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * picture.width + left) * channels;
    data.set(picture.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}

/** Image.reduce(factor) of bytes: the rounded mean of blocks; those at the right and below are smaller. */
function reducePicture(picture, factor) {
  const { channels } = picture;
  const width = Math.ceil(picture.width / factor);
  const height = Math.ceil(picture.height / factor);
  const data = new Uint8Array(width * height * channels);
  const sums = new Float64Array(width * channels);
  const multiplierOf = (count) => Math.trunc(Math.fround(2 ** 32 / Math.fround(256 * count)));
  for (let y = 0; y < height; y++) {
    const top = y * factor;
    const bottom = Math.min(picture.height, top + factor);
    sums.fill(0);
    for (let row = top; row < bottom; row++) {
      let at = row * picture.width * channels;
      for (let x = 0; x < width; x++) {
        const count = Math.min(factor, picture.width - x * factor);
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let k = 0, p = at + c; k < count; k++, p += channels) sum += picture.data[p];
          sums[x * channels + c] += sum;
        }
        at += count * channels;
      }
    }
    for (let x = 0; x < width; x++) {
      const count = Math.min(factor, picture.width - x * factor) * (bottom - top);
      const multiplier = multiplierOf(count);
      const amend = count >> 1;
      for (let c = 0; c < channels; c++) {
        const i = x * channels + c;
        data[y * width * channels + i] = Math.floor(((sums[i] + amend) * multiplier) / 2 ** 24);
      }
    }
  }
  return { width, height, channels, data };
}

/** ImageOps.fit with Lanczos: the middle of the picture, cropped to the shape of width x height. */
function fitPicture(picture, width, height) {
  const ratio = picture.width / picture.height;
  const wanted = width / height;
  let [cropWidth, cropHeight] = [picture.width, picture.height];
  if (ratio > wanted) cropWidth = wanted * picture.height;
  else if (ratio < wanted) cropHeight = picture.width / wanted;
  const left = (picture.width - cropWidth) * 0.5;
  const top = (picture.height - cropHeight) * 0.5;
  const box = [left, top, left + cropWidth, top + cropHeight];
  return resizePicture(picture, width, height, RESAMPLING.LANCZOS, box);
}

/** ImageOps.pad with Lanczos: the whole picture in the middle of width x height of `level`. */
function padPicture(picture, width, height, level) {
  const ratio = picture.width / picture.height;
  const wanted = width / height;
  let [innerWidth, innerHeight] = [width, height];
  if (ratio > wanted) {
    innerHeight = roundHalfToEven((picture.height / picture.width) * width);
  } else if (ratio < wanted) {
    innerWidth = roundHalfToEven((picture.width / picture.height) * height);
  }
  const { channels } = picture;
  const data = new Uint8Array(width * height * channels).fill(level);
  // Of a line that would be thinner than half a pixel, nothing is left.
  if (Math.min(innerWidth, innerHeight) === 0) return { width, height, channels, data };
  const inner = resizePicture(picture, innerWidth, innerHeight, RESAMPLING.LANCZOS);
  if (innerWidth === width && innerHeight === height) return inner;
  const left = roundHalfToEven((width - innerWidth) * 0.5);
  const top = roundHalfToEven((height - innerHeight) * 0.5);
  for (let y = 0; y < innerHeight; y++) {
    const row = inner.data.subarray(y * innerWidth * channels, (y + 1) * innerWidth * channels);
    data.set(row, ((top + y) * width + left) * channels);
  }
  return { width, height, channels, data };
}
