/**
 * Bring any picture to what the network takes: the twin of noonbit/data/preprocess/images.py.
 *
 * Size, grey or colour, polarity and the framing of strokes are brought to those of the training
 * pictures; what was done is said. tests/page/test_preparation.py holds both to the same pixels.
 */

/** The most pixels that are read, as in Python. */
const PIXEL_LIMIT = 64_000_000;
/** What is larger than so many times the size is first reduced by whole pixels. */
const REDUCED_TO = 3;

/**
 * Decode the bytes of a picture file and prepare it.
 *
 * @param {Uint8Array} bytes
 * @param {Object} preprocessor the field of contract.json, of input_kind "pictures"
 * @returns {Promise<{pixels: Uint8Array, done: string[]}>} pixels (channels, height, width), and the
 *   adjustments that were needed, by Python's names
 * @throws {InputRefused}
 */
async function preparePicture(bytes, preprocessor) {
  return prepareImage(await decodePicture(bytes, preprocessor.white_level), preprocessor);
}

/**
 * Prepare a picture in memory.
 *
 * @param {{width: number, height: number, channels: 1|3, data: Uint8Array}} picture interleaved, 0 is
 *   black
 * @param {Object} preprocessor
 * @returns {{pixels: Uint8Array, done: string[]}}
 * @throws {InputRefused}
 */
function prepareImage(picture, preprocessor) {
  const { width, height, channels, polarity, strokes } = preprocessor;
  refuseTooManyPixels(picture.width, picture.height);
  let done = [];
  let whole = picture;
  if (picture.channels !== channels) {
    done.push(channels === 1 ? "made grey" : "made colour");
    whole = channels === 1 ? greyOf(picture) : colourOf(picture);
  }
  let small = whole;
  if (whole.width !== width || whole.height !== height) {
    done.push("resized");
    small = bringToSize(whole, preprocessor);
  }
  if (isOppositeTo(backgroundLevel(small), polarity)) {
    done.push("inverted");
    small = { ...small, data: small.data.map((level) => 255 - level) };
  }
  const [darkest, lightest] = rangeOf(small.data);
  if (darkest === lightest) {
    done.push("blank");
  } else if (strokes) {
    const lightOnDark = (data) => (polarity === "dark on light" ? data.map((v) => 255 - v) : data);
    if (!matchesForm(lightOnDark(small.data), strokes, done.includes("resized"))) {
      const reading = readStrokes(whole, strokes);
      if (reading === null) return { pixels: planesOfPicture(small), done: [...done, "unlike"] };
      done = done.filter((each) => each !== "resized" && each !== "inverted");
      if (reading.isDark === (polarity === "light on dark")) done.push("inverted");
      done.push("reframed");
      if (!reading.resembles) done.push("unlike");
      return { pixels: lightOnDark(reading.pixels), done };
    }
  }
  return { pixels: planesOfPicture(small), done };
}

/**
 * A drawing of any size, RGBA as canvases have it, as a grey picture on white paper.
 *
 * @param {{width: number, height: number, data: Uint8ClampedArray}} imageData
 * @returns {{width: number, height: number, channels: 1, data: Uint8Array}}
 */
function pictureOfDrawing({ width, height, data }) {
  return greyOf(onWhite({ width, height, channels: 4, data }));
}

/** Whether there are more pixels than are read. */
function refuseTooManyPixels(width, height) {
  if (width * height > PIXEL_LIMIT) {
    throw new InputRefused("too_many_pixels", { width, height, limit: PIXEL_LIMIT });
  }
}

/** Crop or pad to the shape, and resize. */
function bringToSize(picture, { width, height, fit_mode: fitMode }) {
  const factor = Math.floor(
    Math.min(Math.floor(picture.width / width), Math.floor(picture.height / height)) / REDUCED_TO,
  );
  const reduced = factor > 1 ? reducePicture(picture, factor) : picture;
  if (fitMode === "crop") return fitPicture(reduced, width, height);
  // A drawing keeps its whole ink; the new margin continues the picture's own background.
  const grey = reduced.channels === 1 ? reduced : greyOf(reduced);
  return padPicture(reduced, width, height, Math.trunc(medianOf(borderPixels(grey))));
}

/** Pillow's grey of a colour picture: ITU-R 601-2 in 16 bits, rounded. */
function greyOf({ width, height, channels, data }) {
  const grey = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < grey.length; i++, p += channels) {
    grey[i] = (data[p] * 19595 + data[p + 1] * 38470 + data[p + 2] * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: grey };
}

/** A grey picture with its level in all three channels. */
function colourOf({ width, height, data }) {
  const colour = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) colour.fill(data[i], 3 * i, 3 * i + 3);
  return { width, height, channels: 3, data: colour };
}

/** RGBA on white paper, as Pillow's alpha_composite rounds. */
function onWhite({ width, height, data }) {
  const colour = new Uint8Array(width * height * 3);
  for (let i = 0, p = 0, q = 0; i < width * height; i++, p += 4, q += 3) {
    const alpha = data[p + 3];
    for (let c = 0; c < 3; c++) colour[q + c] = blendWithWhite(data[p + c], alpha);
  }
  return { width, height, channels: 3, data: colour };
}

/** A level of this alpha on white, with 7 bits more than it keeps. */
function blendWithWhite(level, alpha) {
  const own = alpha << 7;
  const sum = level * own + 255 * (32640 - own) + (0x80 << 7);
  return ((sum >> 8) + sum) >> 15;
}

/** (height, width, channels) as (channels, height, width). */
function planesOfPicture({ width, height, channels, data }) {
  if (channels === 1) return data;
  const area = width * height;
  const planes = new Uint8Array(area * channels);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < channels; c++) planes[c * area + i] = data[i * channels + c];
  }
  return planes;
}
