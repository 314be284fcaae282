/**
 * Pictures of strokes that are all framed alike, as MNIST's digits are, and how to frame others so.
 *
 * The twin of StrokeForm in noonbit/data/preprocess/strokes.py; `form` is its entry in contract.json,
 * in which `box`, `centre` and `stroke_width` are pairs. Pixels are bytes, light on dark.
 */

/** Levels up to which a pixel is paper, and above which it is ink, or the body of a stroke. */
const PAPER_LEVEL = 24;
const INK_LEVEL = 64;
const STROKE_LEVEL = 96;
/** Times the limits of sizes, within which a picture is framed as the training pictures are. */
const FRAME_TOLERANCE = 1.25;
const RESIZED_FRAME_TOLERANCE = 1.1;
/** What `measureLook` gives and a form has limits for. */
const LOOKS = ["thickness", "variation", "ink", "parts", "holes"];

/** Whether pixels of the form's size have clean paper and are framed as the training pictures. */
function matchesForm(pixels, form, wereResized) {
  const tolerance = wereResized ? RESIZED_FRAME_TOLERANCE : FRAME_TOLERANCE;
  const framing = measureFraming(pixels, form.width, form.height);
  const filled = Math.max(framing.box[0] / form.box[0], framing.box[1] / form.box[1]);
  const centre = form.centred === "mass" ? framing.mass : framing.middle;
  const offset = Math.max(Math.abs(centre[0] - form.centre[0]), Math.abs(centre[1] - form.centre[1]));
  return (
    framing.paper >= form.paper &&
    framing.brightest >= form.brightest &&
    filled >= form.filled[0] / tolerance ** 2 &&
    filled <= form.filled[1] * tolerance &&
    offset <= form.farthest
  );
}

/**
 * Find the strokes of a grey picture of any size and frame them; null where there are none.
 *
 * @returns {?{pixels: Uint8Array, isDark: boolean, resembles: boolean}}
 */
function readStrokes(picture, form) {
  const ink = findInk(picture);
  if (ink === null) return null;
  const pixels = frameStrokes(ink.cover, form);
  if (pixels === null) return null;
  return { pixels, isDark: ink.isDark, resembles: ink.isClear && resemblesForm(pixels, form) };
}

/** Scale ink (0 to 1 a pixel) into the box, and centre it; null where no pixel is covered by half. */
function frameStrokes(cover, form) {
  let cut = cropCovered(cover);
  if (cut === null) return null;
  cut = cropCovered(widenStrokes(cut, form));
  const times = Math.min(form.box[0] / cut.height, form.box[1] / cut.width);
  const height = Math.max(1, roundHalfToEven(times * cut.height));
  const width = Math.max(1, roundHalfToEven(times * cut.width));
  const kernel = times < 1 ? RESAMPLING.BOX : RESAMPLING.BICUBIC;
  const scaled = resizePicture({ ...cut, channels: 1 }, width, height, kernel).data;
  const levels = Uint8Array.from(scaled, (share) =>
    roundHalfToEven(Math.fround(255 * Math.min(Math.max(share, 0), 1))),
  );
  if (!levels.some((level) => level > INK_LEVEL)) return null;
  const framing = measureFraming(levels, width, height);
  const at = form.centred === "mass" ? framing.mass : framing.middle;
  // A figure may reach over the edge where its mass lies to one side; it is moved in again.
  const placed = (middle, own, room) => Math.min(Math.max(roundHalfToEven(middle - own), 0), room);
  const top = placed(form.centre[0], at[0], form.height - height);
  const left = placed(form.centre[1], at[1], form.width - width);
  const pixels = new Uint8Array(form.height * form.width);
  for (let y = 0; y < height; y++) {
    pixels.set(levels.subarray(y * width, (y + 1) * width), (top + y) * form.width + left);
  }
  return pixels;
}

/** Give strokes that are thinner than those of any training picture the usual width. */
function widenStrokes(cover, form) {
  const [thinnest, usual] = form.stroke_width;
  const length = Math.max(cover.width, cover.height);
  const area = cover.data.reduce((sum, share) => sum + share, 0);
  const width = meanStrokeWidth(area, roughness(padZero(cover, 1)));
  if (width >= thinnest * length) return cover;
  const radius = (usual * length - width) / 2;
  const reach = Math.ceil(radius);
  const padded = padZero(cover, reach);
  const widened = new Float32Array(padded.data.length);
  for (let y = 0; y < padded.height; y++) {
    for (let x = 0; x < padded.width; x++) {
      let most = 0;
      for (let v = Math.max(-reach, -y); v <= Math.min(reach, padded.height - 1 - y); v++) {
        for (let u = Math.max(-reach, -x); u <= Math.min(reach, padded.width - 1 - x); u++) {
          if (v * v + u * u > (radius + 0.5) ** 2) continue;
          most = Math.max(most, padded.data[(y + v) * padded.width + x + u]);
        }
      }
      widened[y * padded.width + x] = most;
    }
  }
  return { ...padded, data: widened };
}

/** Whether the strokes of framed pixels look as those of training pictures. */
function resemblesForm(pixels, form) {
  const look = measureLook(pixels, form.width, form.height);
  return LOOKS.every((name) => form[name][0] <= look[name] && look[name] <= form[name][1]);
}

/** Box, middle and centre of mass (rows, columns) of the ink, the share of paper, the highest level. */
function measureFraming(pixels, width, height) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  let [mass, rows, columns, clean, brightest] = [0, 0, 0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const level = pixels[i];
      mass += level;
      rows += level * (y + 0.5);
      columns += level * (x + 0.5);
      if (level <= PAPER_LEVEL) clean++;
      if (level > brightest) brightest = level;
      if (level > INK_LEVEL) {
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
      }
    }
  }
  if (!bottom) [top, left] = [0, 0];
  return {
    box: [bottom - top, right - left],
    middle: [(top + bottom) / 2, (left + right) / 2],
    mass: [rows / Math.max(mass, 1), columns / Math.max(mass, 1)],
    paper: clean / (width * height),
    brightest,
  };
}

/** What strokes look like: widths are in parts of the longer side of the ink's box. */
function measureLook(pixels, width, height) {
  const { box } = measureFraming(pixels, width, height);
  const length = Math.max(...box, 1);
  const around = padZero({ width, height, data: pixels }, 1);
  const strokes = Uint8Array.from(around.data, (level) => (level > STROKE_LEVEL ? 1 : 0));
  const distance = distanceToPaper(strokes, around.width, around.height);
  let [count, sum, squares, most] = [0, 0, 0, 0];
  for (let y = 1; y <= height; y++) {
    for (let x = 1; x <= width; x++) {
      const own = distance[y * around.width + x];
      if (!own || !isHighestNear(distance, x, y, around.width)) continue;
      count++;
      sum += own;
      squares += own * own;
      most = Math.max(most, own);
    }
  }
  const mean = sum / Math.max(count, 1);
  const variance = Math.max(squares / Math.max(count, 1) - mean * mean, 0);
  const paper = strokes.map((isStroke) => 1 - isStroke);
  return {
    thickness: Math.max(2 * most - 1, 0) / length,
    variation: Math.sqrt(variance) / Math.max(mean, 1),
    ink: pixels.reduce((total, level) => total + level, 0) / pixels.length / 255,
    parts: labelPieces(strokes, around.width, around.height, true).count,
    holes: Math.max(labelPieces(paper, around.width, around.height, false).count - 1, 0),
  };
}

/** Whether no neighbour is farther from the paper: the ridge of a stroke. */
function isHighestNear(distance, x, y, width) {
  const own = distance[y * width + x];
  for (let v = -1; v <= 1; v++) {
    for (let u = -1; u <= 1; u++) if (distance[(y + v) * width + x + u] > own) return false;
  }
  return true;
}

/** The distance of each stroke pixel to the nearest paper pixel; the frame has to be paper. */
function distanceToPaper(strokes, width, height) {
  const upOrDown = new Float64Array(strokes.length);
  for (let x = 0; x < width; x++) {
    for (let y = 1; y < height; y++) {
      const i = y * width + x;
      upOrDown[i] = strokes[i] ? upOrDown[i - width] + 1 : 0;
    }
    for (let y = height - 2; y >= 0; y--) {
      const i = y * width + x;
      upOrDown[i] = Math.min(upOrDown[i], upOrDown[i + width] + 1);
    }
  }
  return upOrDown.map((own, i) => {
    let best = own * own;
    // Columns farther away than what was found cannot be nearer.
    for (let step = 1; step * step < best; step++) {
      for (const j of [i - step, i + step]) best = Math.min(best, step * step + upOrDown[j] ** 2);
    }
    return Math.sqrt(best);
  });
}

/** Mean width of strokes from their area and their total variation along rows and columns. */
function meanStrokeWidth(area, variation) {
  return ((8 / Math.PI) * area) / Math.max(variation, 1e-9);
}

/** A map with a margin of zeros. */
function padZero({ width, height, data }, margin) {
  const out = new data.constructor((width + 2 * margin) * (height + 2 * margin));
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    out.set(row, (y + margin) * (width + 2 * margin) + margin);
  }
  return { width: width + 2 * margin, height: height + 2 * margin, data: out };
}

/** The box around what is covered by half at least; null without any. */
function cropCovered(cover) {
  let [top, bottom, left, right] = [cover.height, 0, cover.width, 0];
  for (let i = 0; i < cover.data.length; i++) {
    if (cover.data[i] < 0.5) continue;
    const [x, y] = [i % cover.width, Math.floor(i / cover.width)];
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
  }
  if (!bottom) return null;
  return cropPicture({ ...cover, channels: 1 }, left, top, right - left, bottom - top);
}
