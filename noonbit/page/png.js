/**
 * PNG without the browser's decoder, whose canvas rounds transparent pixels and drops 8 of 16 bits.
 *
 * Every colour type and depth, interlaced or not, as W3C's PNG specification says; of an animation, the
 * first picture. What the samples mean follows Pillow (PngImagePlugin.py), also where it is peculiar.
 */

/** Samples a pixel, by colour type: grey, colour, palette, grey and alpha, colour and alpha. */
const PNG_SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Depths that a colour type may have. */
const PNG_DEPTHS = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
/** Adam7: first column and row of each pass, and the steps to the next ones. */
const ADAM7 = [
  [0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2],
];

/**
 * Decode a PNG file.
 *
 * @param {Uint8Array} bytes
 * @param {number} whiteLevel the level of 16 bits that is white
 * @returns {Promise<{width, height, channels: 1|3, data: Uint8Array}>} upright
 * @throws {InputRefused}
 */
async function decodePng(bytes, whiteLevel) {
  const file = await readPngChunks(bytes);
  const orientation = orientationOf(file.exif, file.xmp);
  const raw = await inflate(file.compressed, rawLength(file));
  if (raw.length < rawLength(file)) throw new InputRefused("cut_off", { bytes: bytes.length });
  return turnUpright(pictureOfSamples(file, samplesOfRaw(file, raw), whiteLevel), orientation);
}

/** The header, palette, transparency, orientation and compressed data of a file. */
async function readPngChunks(bytes) {
  const damaged = () => new InputRefused("cannot_be_decoded", { format: "PNG" });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const file = { palette: null, transparency: null, exif: null, xmp: null, compressed: [] };
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = latin1(bytes.subarray(at + 4, at + 8));
    const content = bytes.subarray(at + 8, at + 8 + length);
    const isWhole = at + 12 + length <= bytes.length;
    if (!file.compressed.length && type !== "IDAT") {
      // As Pillow does: before the pixels, every chunk has to be whole.
      if (!isWhole) throw new InputRefused("cut_off", { bytes: bytes.length });
      const sum = view.getUint32(at + 8 + length);
      if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== sum) throw damaged();
    }
    if (type === "IHDR") {
      readPngHeader(file, content);
      refuseTooManyPixels(file.width, file.height);
    } else if (type === "PLTE") file.palette = content;
    else if (type === "tRNS") file.transparency = content;
    else if (type === "eXIf") file.exif = content;
    else if (type === "iTXt" || type === "zTXt" || type === "tEXt") await readPngText(file, type, content);
    else if (type === "IDAT") file.compressed.push(content);
    else if (type === "IEND") break;
    at += 12 + length;
  }
  if (!file.width) throw new InputRefused("cut_off", { bytes: bytes.length });
  return file;
}

/** Size, depth, colour type and interlacing. */
function readPngHeader(file, content) {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const [bits, type] = [content[8], content[9]];
  if (content.length < 13 || !PNG_DEPTHS[type]?.includes(bits) || content[11]) {
    throw new InputRefused("cannot_be_decoded", { format: "PNG" });
  }
  const samples = PNG_SAMPLES[type];
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  Object.assign(file, { width, height, bits, type, samples, isInterlaced: content[12] !== 0 });
}

/** Where old programs keep EXIF, and all of them XMP. */
async function readPngText(file, type, content) {
  const end = content.indexOf(0);
  const key = latin1(content.subarray(0, end));
  if (key === "XML:com.adobe.xmp" && type === "iTXt") {
    const language = content.indexOf(0, end + 3);
    const text = content.subarray(content.indexOf(0, language + 1) + 1);
    file.xmp = content[end + 1] ? await inflate([text]) : text;
  } else if (key === "Raw profile type exif" && file.exif === null && type !== "iTXt") {
    const text = type === "zTXt" ? await inflate([content.subarray(end + 2)]) : content.subarray(end + 1);
    const digits = latin1(text).split("\n").slice(3).join("");
    file.exif = Uint8Array.from(digits.match(/[0-9a-f]{2}/gi) ?? [], (pair) => parseInt(pair, 16));
  }
}

/** The checksum of a chunk. */
function crc32(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let k = 0; k < 8; k++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

/** Unpack zlib data, up to `most` bytes; less where the data ends or breaks before. */
async function inflate(parts, most = Infinity) {
  const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const blocks = [];
  let length = 0;
  try {
    while (length < most) {
      const { done, value } = await reader.read();
      if (done) break;
      blocks.push(value);
      length += value.length;
    }
    await reader.cancel();
  } catch {
    // Whoever needs more bytes than came will say so.
  }
  const whole = new Uint8Array(Math.min(length, most));
  let at = 0;
  for (const block of blocks) {
    whole.set(block.subarray(0, whole.length - at), at);
    at += block.length;
  }
  return whole;
}

/** The passes of a file: size, and where its pixels go. */
function passesOf({ width, height, isInterlaced }) {
  const passes = isInterlaced ? ADAM7 : [[0, 0, 1, 1]];
  return passes
    .map(([left, top, right, down]) => ({
      left, top, right, down,
      width: Math.ceil((width - left) / right),
      height: Math.ceil((height - top) / down),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Bytes of a row without the byte that names its filter. */
function rowBytes(file, width) {
  return Math.ceil((width * file.samples * file.bits) / 8);
}

/** Bytes of the unpacked data. */
function rawLength(file) {
  return passesOf(file).reduce((sum, pass) => sum + pass.height * (1 + rowBytes(file, pass.width)), 0);
}

/** All samples, row by row: bytes, or 16 bits each. Changes `raw`. */
function samplesOfRaw(file, raw) {
  const { width, height, samples, bits } = file;
  const out = new (bits === 16 ? Uint16Array : Uint8Array)(width * height * samples);
  const pixelBytes = Math.max(1, (samples * bits) >> 3);
  let at = 0;
  for (const pass of passesOf(file)) {
    const length = rowBytes(file, pass.width);
    let above = new Uint8Array(length);
    for (let y = 0; y < pass.height; y++) {
      const row = raw.subarray(at + 1, at + 1 + length);
      undoFilter(raw[at], row, above, pixelBytes);
      const start = ((pass.top + y * pass.down) * width + pass.left) * samples;
      if (bits === 8 && pass.right === 1) out.set(row, start);
      else spreadRow(file, row, pass, out, start);
      above = row;
      at += 1 + length;
    }
  }
  return out;
}

/** Put a row's samples where they belong. */
function spreadRow({ samples, bits }, row, pass, out, start) {
  const step = pass.right * samples;
  const mask = (1 << bits) - 1;
  for (let x = 0, i = 0, to = start; x < pass.width; x++, to += step) {
    for (let s = 0; s < samples; s++, i++) {
      if (bits === 8) out[to + s] = row[i];
      else if (bits === 16) out[to + s] = (row[2 * i] << 8) | row[2 * i + 1];
      else out[to + s] = (row[(i * bits) >> 3] >> (8 - bits - ((i * bits) & 7))) & mask;
    }
  }
}

/** Add what a row was predicted from: the pixel at the left (a), above (b), and above left (c). */
function undoFilter(kind, row, above, step) {
  const length = row.length;
  if (kind === 1) {
    for (let i = step; i < length; i++) row[i] += row[i - step];
  } else if (kind === 2) {
    for (let i = 0; i < length; i++) row[i] += above[i];
  } else if (kind === 3) {
    for (let i = 0; i < length; i++) row[i] += ((i < step ? 0 : row[i - step]) + above[i]) >> 1;
  } else if (kind === 4) {
    for (let i = 0; i < step; i++) row[i] += above[i];
    for (let i = step; i < length; i++) {
      const a = row[i - step];
      const b = above[i];
      const c = above[i - step];
      const fromA = Math.abs(b - c);
      const fromB = Math.abs(a - c);
      const fromC = Math.abs(a + b - 2 * c);
      row[i] += fromA <= fromB && fromA <= fromC ? a : fromB <= fromC ? b : c;
    }
  } else if (kind !== 0) {
    throw new InputRefused("cannot_be_decoded", { format: "PNG" });
  }
}

/** Samples as an opaque grey or colour picture of 8 bits. */
function pictureOfSamples(file, samples, whiteLevel) {
  const { width, height, type, bits } = file;
  const size = { width, height };
  if (type === 0 && bits === 16) {
    return { ...size, channels: 1, data: bytesOfLevels(samples, 1, whiteLevel) };
  }
  if (type === 0) return greyOfSamples(file, samples);
  if (type === 3) return pictureOfPalette(file, samples);
  if (type === 4) {
    const data = new Uint8Array(width * height);
    for (let i = 0; i < data.length; i++) {
      data[i] = blendWithWhite(highByte(samples[2 * i], bits), highByte(samples[2 * i + 1], bits));
    }
    const grey = { ...size, channels: 1, data };
    return bits === 8 ? grey : colourOf(grey); // Pillow has no mode for 16 bits with alpha
  }
  if (bits === 16 && whiteLevel !== 65535) {
    const data = bytesOfLevels(samples, file.samples, whiteLevel);
    const picture = { ...size, channels: file.samples, data };
    return file.samples === 4 ? onWhite(picture) : picture;
  }
  const data = bits === 8 ? samples : Uint8Array.from(samples, (level) => level >> 8);
  if (type === 6) return onWhite({ ...size, channels: 4, data });
  if (file.transparency) whitenColour(data, file.transparency);
  return { ...size, channels: 3, data };
}

/** The 8 bits of a sample that count. */
function highByte(sample, bits) {
  return bits === 16 ? sample >> 8 : sample;
}

/** Grey of up to 8 bits; one level may be transparent. */
function greyOfSamples({ width, height, bits, transparency }, samples) {
  const times = 255 / ((1 << bits) - 1);
  const data = bits === 8 ? samples : samples.map((sample) => sample * times);
  if (transparency) {
    // Pillow compares the number in the file with the level it made of it.
    const stored = (transparency[0] << 8) | transparency[1];
    const clear = bits === 1 ? (stored ? 255 : 0) : stored & 255;
    for (let i = 0; i < data.length; i++) if (data[i] === clear) data[i] = 255;
  }
  return { width, height, channels: 1, data };
}

/** One colour is transparent: it becomes white. */
function whitenColour(data, transparency) {
  const [r, g, b] = [transparency[1], transparency[3], transparency[5]];
  for (let p = 0; p < data.length; p += 3) {
    if (data[p] === r && data[p + 1] === g && data[p + 2] === b) data.fill(255, p, p + 3);
  }
}

/** Palette indices as colours; as grey where the palette has nothing else. */
function pictureOfPalette({ width, height, palette, transparency }, samples) {
  const entries = palette ?? new Uint8Array(0);
  const channels = palette && isGreyTable(entries, 3) ? 1 : 3;
  // Indices without an entry are black.
  const table = new Uint8Array(256 * channels);
  for (let i = 0; i < 256; i++) {
    const alpha = transparency?.[i] ?? 255;
    for (let c = 0; c < channels; c++) {
      table[i * channels + c] = blendWithWhite(entries[3 * i + c] ?? 0, alpha);
    }
  }
  const data = new Uint8Array(width * height * channels);
  for (let i = 0, to = 0; i < samples.length; i++) {
    for (let c = 0; c < channels; c++) data[to++] = table[samples[i] * channels + c];
  }
  return { width, height, channels, data };
}

/** Whether red, green and blue are equal in every entry of `step` bytes. */
function isGreyTable(table, step) {
  for (let i = 0; i + 2 < table.length; i += step) {
    if (table[i] !== table[i + 1] || table[i] !== table[i + 2]) return false;
  }
  return true;
}

/**
 * Levels of 16 bits as bytes, in which `whiteLevel` and what is above it is white.
 *
 * Pictures that use more bits than `whiteLevel` has are refused. Alpha always has the whole range.
 */
function bytesOfLevels(levels, channels, whiteLevel) {
  const most = whiteLevel <= 255 ? whiteLevel : 2 ** (Math.floor(Math.log2(whiteLevel)) + 1) - 1;
  const divisor = Math.fround(whiteLevel / 255);
  const bytes = new Uint8Array(levels.length);
  let [above, highest, count] = [0, 0, 0];
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i];
    if (channels === 4 && i % 4 === 3) {
      bytes[i] = level >> 8;
      continue;
    }
    count++;
    if (level > most) above++;
    if (level > highest) highest = level;
    bytes[i] = Math.min(255, Math.fround(Math.fround(level / divisor) + 0.5));
  }
  if (above / count > 0.01) throw new InputRefused("other_depth", { highest, white: whiteLevel });
  return bytes;
}
