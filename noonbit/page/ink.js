/**
 * Find the ink in a photograph of a few strokes on paper, or of chalk on a board.
 *
 * The twin of noonbit/data/preprocess/ink.py, whose comments say why each number is what it is. Maps
 * are {width, height, data: Float32Array}; where NumPy rounds to single precision, so does this.
 */

const INK = {
  WORKING_SIDE: 192,
  LEAST_SIDE: 8,
  SMOOTHING: 0.6,
  WINDOW: 0.4,
  LEAST_CONTRAST: 0.06,
  EDGE_OF_INK: 0.6,
  CORE_OF_INK: 1.2,
  LEAST_PART: 0.04,
  LARGEST_GAP: 0.25,
  LEAST_SIGNAL: 14,
  LEAST_SHARE: 0.5,
  MOST_CONTACT: 0.5,
  MOST_UNEVEN: 0.5,
  INNER_PIXELS: 10,
};

/**
 * The strokes of a grey picture; null where nothing differs from the background.
 *
 * @returns {?{cover: Object, isDark: boolean, isClear: boolean}} cover is a map of 0 to 1
 */
function findInk(picture) {
  const grey = workingMap(picture);
  if (Math.min(grey.width, grey.height) < INK.LEAST_SIDE) return null;
  const dark = depthBelowPaper(grey);
  const light = depthBelowPaper({ ...grey, data: grey.data.map((level) => 255 - level) });
  const isDark = roughness(dark.paper) <= roughness(light.paper);
  return traceInk(isDark ? dark.depth : light.depth, isDark);
}

/** The picture with its longer side at most `WORKING_SIDE`, as levels in single precision. */
function workingMap(picture) {
  const times = Math.max(picture.width, picture.height) / INK.WORKING_SIDE;
  const mapOf = ({ width, height, data }) => ({ width, height, data: Float32Array.from(data) });
  if (times <= 1) return mapOf(picture);
  const width = Math.max(1, roundHalfToEven(picture.width / times));
  const height = Math.max(1, roundHalfToEven(picture.height / times));
  return gaussianBlur(mapOf(resizePicture(picture, width, height, RESAMPLING.BOX)), INK.SMOOTHING);
}

/** scipy.ndimage.gaussian_filter: columns first, then rows; the picture is mirrored at its edges. */
function gaussianBlur(map, deviation) {
  const radius = Math.trunc(4 * deviation + 0.5);
  const kernel = [];
  for (let k = -radius; k <= radius; k++) kernel.push(Math.exp((-0.5 / deviation ** 2) * k * k));
  const sum = kernel.reduce((total, each) => total + each, 0);
  const weights = kernel.map((each) => each / sum);
  const along = ({ width, height, data }, size, step, lineStart) => {
    const out = new Float32Array(data.length);
    const mirrored = (i) => {
      const period = 2 * size;
      const at = ((i % period) + period) % period;
      return at < size ? at : period - 1 - at;
    };
    for (let line = 0; line < data.length / size; line++) {
      const first = lineStart(line);
      for (let i = 0; i < size; i++) {
        let value = data[first + i * step] * weights[radius];
        for (let k = radius; k > 0; k--) {
          const pair = data[first + mirrored(i - k) * step] + data[first + mirrored(i + k) * step];
          value += pair * weights[radius - k];
        }
        out[first + i * step] = value;
      }
    }
    return { width, height, data: out };
  };
  const { width, height } = map;
  const columns = along(map, height, width, (line) => line);
  return along(columns, width, 1, (line) => line * width);
}

/** Divide a picture into paper and what is darker: a grey closing fills what is narrower than `WINDOW`. */
function depthBelowPaper(grey) {
  const { width, height } = grey;
  const window = Math.max(3, Math.trunc(INK.WINDOW * Math.min(width, height)) | 1);
  const margin = Math.max(1, Math.floor(window / 4));
  const around = padEdge(grey, margin);
  const highest = extremeFilter(around, window, Math.max, -Infinity);
  const closed = extremeFilter(highest, window, Math.min, Infinity);
  const paper = new Float32Array(width * height);
  const depth = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const level = grey.data[i];
      paper[i] = Math.max(closed.data[(y + margin) * closed.width + x + margin], level);
      depth[i] = Math.fround(paper[i] - level) / Math.max(paper[i], 1);
    }
  }
  return { paper: { width, height, data: paper }, depth: { width, height, data: depth } };
}

/** A map continued over its edges by `margin` pixels of the nearest level. */
function padEdge({ width, height, data }, margin) {
  const [newWidth, newHeight] = [width + 2 * margin, height + 2 * margin];
  const out = new Float32Array(newWidth * newHeight);
  const within = (i, size) => Math.min(Math.max(i - margin, 0), size - 1);
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      out[y * newWidth + x] = data[within(y, height) * width + within(x, width)];
    }
  }
  return { width: newWidth, height: newHeight, data: out };
}

/** The largest (or smallest) number in a square of `window` around each pixel; `outside` beyond the edge. */
function extremeFilter(map, window, choose, outside) {
  const reach = window >> 1;
  const { width, height } = map;
  const along = (data, size, step, lineStart) => {
    const out = new Float32Array(data.length);
    for (let line = 0; line < data.length / size; line++) {
      extremesOfLine(data, out, lineStart(line), size, step, reach, choose, outside);
    }
    return out;
  };
  const columns = along(map.data, height, width, (line) => line);
  return { width, height, data: along(columns, width, 1, (line) => line * width) };
}

/**
 * The extreme of each window of a line, whatever its width, in three comparisons a pixel.
 *
 * M. van Herk, "A fast algorithm for local minimum and maximum filters", 1992: the line is cut into
 * blocks as long as the window; every window is the end of one block and the beginning of the next.
 */
function extremesOfLine(data, out, first, size, step, reach, choose, outside) {
  const window = 2 * reach + 1;
  const padded = Math.ceil((size + 2 * reach) / window) * window;
  const values = new Float32Array(padded).fill(outside);
  for (let i = 0; i < size; i++) values[reach + i] = data[first + i * step];
  const fromStart = values.slice();
  const toEnd = values.slice();
  for (let i = 1; i < padded; i++) {
    if (i % window) fromStart[i] = choose(fromStart[i], fromStart[i - 1]);
  }
  for (let i = padded - 2; i >= 0; i--) {
    if ((i + 1) % window) toEnd[i] = choose(toEnd[i], toEnd[i + 1]);
  }
  for (let i = 0; i < size; i++) out[first + i * step] = choose(toEnd[i], fromStart[i + window - 1]);
}

/** The total variation: the sum of the differences between neighbours. */
function roughness({ width, height, data }) {
  let sum = 0;
  for (let i = 0; i < data.length - width; i++) sum += Math.abs(Math.fround(data[i + width] - data[i]));
  for (let y = 0; y < height; y++) {
    for (let i = y * width; i < (y + 1) * width - 1; i++) {
      sum += Math.abs(Math.fround(data[i + 1] - data[i]));
    }
  }
  return sum;
}

/** Separate the strokes of the main figure from the paper and from other ink. */
function traceInk(depth, isDark) {
  const { width, height, data } = depth;
  const threshold = otsuThreshold(data);
  const edgeLevel = Math.fround(INK.EDGE_OF_INK * threshold);
  const mask = Uint8Array.from(data, (level) => (level > edgeLevel ? 1 : 0));
  const { labels, count } = labelPieces(mask, width, height, true);
  if (!count || rangeOf(data)[1] < Math.fround(INK.LEAST_CONTRAST)) return null;

  const parts = measureParts(labels, count, data, width, height);
  const coreLevel = Math.fround(INK.CORE_OF_INK * threshold);
  let main = -1;
  for (const [i, part] of parts.entries()) {
    part.isInk = part.highest > coreLevel;
    if (part.isInk && (main < 0 || part.whole > parts[main].whole)) main = i;
  }
  if (main < 0) return null;
  const largest = parts[main];
  for (const part of parts) {
    const gap = Math.max(
      part.top - largest.bottom, largest.top - part.bottom,
      part.left - largest.right, largest.left - part.right,
    );
    part.belongs =
      part === largest ||
      (part.isInk &&
        part.whole > INK.LEAST_PART * largest.mass &&
        gap < INK.LARGEST_GAP * largest.length);
  }
  const figure = Uint8Array.from(labels, (label) => (label && parts[label - 1].belongs ? 1 : 0));
  const cover = coverOfFigure(depth, figure, threshold);

  const paper = data.filter((_, i) => !figure[i]);
  const usualPaper = medianOf32(paper);
  const unevenness = paper.length
    ? medianOf32(paper.map((level) => Math.abs(Math.fround(level - usualPaper))))
    : 1;
  let [own, inside] = [0, 0];
  for (const part of parts) {
    if (part.belongs) own += part.mass;
    if (part.isInk && (part.contact === 0 || part.belongs)) inside += part.mass;
  }
  const strokes = Uint8Array.from(cover.data, (share) => (share >= 0.5 ? 1 : 0));
  const isClear =
    cover.usualDepth > INK.LEAST_SIGNAL * (unevenness + 1 / 255) &&
    own >= INK.LEAST_SHARE * inside &&
    largest.contact <= INK.MOST_CONTACT &&
    unevennessWithin(depth, strokes) <= INK.MOST_UNEVEN;
  return { cover: { width, height, data: cover.data }, isDark, isClear };
}

/** Mass, box and contact with the picture's edge of each labelled piece. */
function measureParts(labels, count, data, width, height) {
  const parts = Array.from({ length: count }, () => ({
    mass: 0, highest: 0, edge: 0, top: height, bottom: 0, left: width, right: 0,
  }));
  for (let i = 0; i < labels.length; i++) {
    if (!labels[i]) continue;
    const part = parts[labels[i] - 1];
    const [x, y] = [i % width, Math.floor(i / width)];
    part.mass += data[i];
    part.highest = Math.max(part.highest, data[i]);
    part.top = Math.min(part.top, y);
    part.bottom = Math.max(part.bottom, y + 1);
    part.left = Math.min(part.left, x);
    part.right = Math.max(part.right, x + 1);
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) part.edge++;
  }
  for (const part of parts) {
    part.length = Math.max(part.bottom - part.top, part.right - part.left);
    part.contact = part.edge / part.length;
    // The rim of a sheet on a dark desk lies along the picture's edge, a digit seldom.
    part.whole = part.mass * Math.min(Math.max(1 - part.contact, 0), 1);
  }
  return parts;
}

/** How much ink covers each pixel of the figure and its neighbours, and the usual depth of its strokes. */
function coverOfFigure({ width, height, data }, figure, threshold) {
  const level = Math.fround(threshold);
  const usualDepth = medianOf32(data.filter((each, i) => figure[i] && each > level));
  const [none, all] = [0.5 * threshold, 0.95 * usualDepth];
  const [low, range] = [Math.fround(none), Math.fround(Math.max(all - none, 1e-6))];
  const cover = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const isNear =
        figure[i] ||
        (x > 0 && figure[i - 1]) || (x < width - 1 && figure[i + 1]) ||
        (y > 0 && figure[i - width]) || (y < height - 1 && figure[i + width]);
      if (isNear) cover[i] = Math.min(Math.max(Math.fround(data[i] - low) / range, 0), 1);
    }
  }
  return { data: cover, usualDepth };
}

/** The range of 80 % of the depths inside of strokes, in parts of the median. */
function unevennessWithin({ width, height, data }, strokes) {
  const inside = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let isInside = true;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          if (!strokes[v * width + u]) isInside = false;
        }
      }
      if (isInside) inside.push(data[y * width + x]);
    }
  }
  if (inside.length < INK.INNER_PIXELS) return 0;
  const sorted = Float64Array.from(inside).sort();
  const [low, usual, high] = [0.1, 0.5, 0.9].map((share) => {
    const at = share * (sorted.length - 1);
    const below = Math.floor(at);
    const next = sorted[Math.min(below + 1, sorted.length - 1)];
    return sorted[below] + (next - sorted[below]) * (at - below);
  });
  return (high - low) / usual;
}

/**
 * The level, 0 to 1, that divides pixels into two classes of the least variance.
 *
 * N. Otsu, "A threshold selection method from gray-level histograms", 1979.
 */
function otsuThreshold(levels) {
  const counts = new Float64Array(256);
  for (const level of levels) counts[Math.min(255, Math.floor(level * 256))]++;
  const middle = (i) => (2 * i + 1) / 512;
  let all = 0;
  for (let i = 0; i < 256; i++) all += counts[i] * middle(i);
  let [below, lower, best, found] = [0, 0, -Infinity, -1];
  for (let i = 0; i < 256; i++) {
    below += counts[i];
    lower += counts[i] * middle(i);
    const above = levels.length - below;
    if (!below || !above) continue;
    const between = below * above * (lower / below - (all - lower) / above) ** 2;
    if (between > best) [best, found] = [between, i];
  }
  return middle(found >= 0 ? found : counts.indexOf(levels.length));
}

/** The median in single precision, as NumPy's of such numbers; NaN of none. */
function medianOf32(values) {
  if (!values.length) return NaN;
  const sorted = Float32Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length % 2) return sorted[middle];
  return Math.fround(Math.fround(sorted[middle - 1] + sorted[middle]) / 2);
}

/** Number the connected pieces of a mask from 1 on, in the order of their first pixels. */
function labelPieces(mask, width, height, withDiagonals) {
  const labels = new Int32Array(mask.length);
  const queue = new Int32Array(mask.length);
  let count = 0;
  for (let start = 0; start < mask.length; start++) {
    if (!mask[start] || labels[start]) continue;
    labels[start] = ++count;
    let [head, tail] = [0, 1];
    queue[0] = start;
    while (head < tail) {
      const i = queue[head++];
      const [x, y] = [i % width, Math.floor(i / width)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const j = v * width + u;
          if ((withDiagonals || u === x || v === y) && mask[j] && !labels[j]) {
            labels[j] = count;
            queue[tail++] = j;
          }
        }
      }
    }
  }
  return { labels, count };
}
