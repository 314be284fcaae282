/**
 * The bytes of a picture file as an upright, opaque picture of 8 bits, grey or colour.
 *
 * The twin of noonbit/data/readers/pictures.py: the format is known by its first bytes; a picture is
 * grey where its file can only hold greys; what is transparent lies on white paper. PNG is decoded here
 * (png.js), the rest by the browser, which reads fewer formats than Python does.
 */

/** Rows that are drawn together: a canvas as large as a photograph would take its memory again. */
const ROWS_AT_ONCE = 512;

/** What browsers decode, and how a file of it begins. */
const BROWSER_FORMATS = {
  JPEG: { type: "image/jpeg", read: readJpegHeader },
  GIF: { type: "image/gif", read: readGifHeader },
  BMP: { type: "image/bmp", read: readBmpHeader },
  WebP: { type: "image/webp", read: readWebpHeader },
  AVIF: { type: "image/avif", read: readAvifHeader },
};

/**
 * Decode a picture file; of an animation, the first picture.
 *
 * @param {Uint8Array} bytes
 * @param {number} [whiteLevel] the level of pictures of 16 bits that is white
 * @returns {Promise<{width: number, height: number, channels: 1|3, data: Uint8Array}>}
 * @throws {InputRefused}
 */
async function decodePicture(bytes, whiteLevel = 65535) {
  if (!bytes.length) throw new InputRefused("empty");
  const format = formatOf(bytes);
  if (format === null) throw new InputRefused("not_a_picture");
  if (format === "PNG") return decodePng(bytes, whiteLevel);
  if (!(format in BROWSER_FORMATS)) throw new InputRefused("format_not_read", { format });
  return decodeByBrowser(bytes, format);
}

/** The format's name, by the first bytes; null: none that is known. */
function formatOf(bytes) {
  const begin = latin1(bytes.subarray(0, 12));
  const has = (word, at = 0) => begin.startsWith(word, at);
  if (has("\x89PNG\r\n\x1a\n")) return "PNG";
  if (has("\xff\xd8\xff")) return "JPEG";
  if (has("GIF87a") || has("GIF89a")) return "GIF";
  if (has("RIFF") && has("WEBP", 8)) return "WebP";
  if (has("ftyp", 4)) {
    if (has("avif", 8) || has("avis", 8)) return "AVIF";
    return ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"].includes(begin.slice(8))
      ? "HEIF"
      : null;
  }
  if (has("II*\0") || has("MM\0*") || has("II+\0") || has("MM\0+")) return "TIFF";
  if (has("\0\0\0\x0cjP  ") || has("\xff\x4f\xff\x51")) return "JPEG 2000";
  if (has("\0\0\x01\0")) return "ICO";
  if (has("BM")) return "BMP";
  return /^P[1-6]\s/.test(begin) ? "PPM" : null;
}

/** Let the browser decode the pixels; size, grey and orientation are read from the header here. */
async function decodeByBrowser(bytes, format) {
  const { type, read } = BROWSER_FORMATS[format];
  const header = read(bytes);
  if (header.width) refuseTooManyPixels(header.width, header.height);
  let bitmap;
  try {
    const blob = new Blob([withoutParts(bytes, header.exifParts)], { type });
    bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  } catch {
    throw new InputRefused("cannot_be_decoded", { format });
  }
  refuseTooManyPixels(bitmap.width, bitmap.height);
  const picture = pixelsOfBitmap(bitmap, header.isGrey ? 1 : 3);
  bitmap.close();
  return turnUpright(picture, orientationOf(joinParts(bytes, header.exifParts), header.xmp));
}

/** A bitmap on white paper; of a grey one, its red channel. */
function pixelsOfBitmap(bitmap, channels) {
  const { width, height } = bitmap;
  const data = new Uint8Array(width * height * channels);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, Math.min(height, ROWS_AT_ONCE)];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let to = 0;
  for (let top = 0; top < height; top += canvas.height) {
    const rows = Math.min(canvas.height, height - top);
    context.fillStyle = "white";
    context.fillRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, -top);
    const rgba = context.getImageData(0, 0, width, rows).data;
    if (channels === 1) {
      for (let p = 0; p < rgba.length; p += 4) data[to++] = rgba[p];
    } else {
      for (let p = 0; p < rgba.length; p += 4, to += 3) {
        data[to] = rgba[p];
        data[to + 1] = rgba[p + 1];
        data[to + 2] = rgba[p + 2];
      }
    }
  }
  return { width, height, channels, data };
}

/** A copy of the bytes with zeros in the parts [from, to]. */
function withoutParts(bytes, parts) {
  if (!parts.length) return bytes;
  const copy = bytes.slice();
  for (const [from, to] of parts) copy.fill(0, from, to);
  return copy;
}

/** Parts one after the other; null without any. Those after the first lose their `Exif 0 0`. */
function joinParts(bytes, parts) {
  if (!parts.length) return null;
  const pieces = parts.map(([from, to], i) => [...bytes.subarray(i ? from + 6 : from, to)]);
  return Uint8Array.from(pieces.flat());
}

/** Size, number of channels, and where EXIF and XMP lie. */
function readJpegHeader(bytes) {
  const header = { isGrey: false, exifParts: [], xmp: null };
  const word = (at) => (bytes[at] << 8) | bytes[at + 1];
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) {
      at++; // padding, or garbage that decoders skip too
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === 0xff || marker === 0 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) break;
    const [from, to] = [at + 4, at + 2 + word(at + 2)];
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    const begin = latin1(bytes.subarray(from, from + 29));
    if (isFrame) {
      header.height = word(from + 1);
      header.width = word(from + 3);
      header.isGrey = bytes[from + 5] === 1;
    } else if (marker === 0xe1 && begin.startsWith("Exif\0\0")) {
      header.exifParts.push([from, to]);
    } else if (marker === 0xe1 && begin.startsWith("http://ns.adobe.com/xap/1.0/\0")) {
      header.xmp = bytes.subarray(from + 29, to);
    }
    at = to;
  }
  return header;
}

/** Size, and whether the palette of the first picture is grey. */
function readGifHeader(bytes) {
  const word = (at) => bytes[at] | (bytes[at + 1] << 8);
  const tableAt = (at, flags) => bytes.subarray(at, at + (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0));
  const header = { width: word(6), height: word(8), exifParts: [], xmp: null };
  let table = tableAt(13, bytes[10]);
  for (let at = 13 + table.length; at < bytes.length; ) {
    if (bytes[at] === 0x2c) {
      const own = tableAt(at + 10, bytes[at + 9]);
      if (own.length) table = own;
      break;
    }
    if (bytes[at] !== 0x21) {
      at++;
      continue;
    }
    at += 2;
    while (bytes[at]) at += 1 + bytes[at];
    at++;
  }
  return { ...header, isGrey: isGreyTable(table, 3) };
}

/** Size, and whether there is a palette of greys alone. */
function readBmpHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = { isGrey: false, exifParts: [], xmp: null };
  if (bytes.length < 26) return header;
  const headerBytes = view.getUint32(14, true);
  if (headerBytes === 12) {
    const [width, height, bits] = [18, 20, 24].map((at) => view.getUint16(at, true));
    const isGrey = bits <= 8 && isGreyTable(bytes.subarray(26, 26 + (3 << bits)), 3);
    return { ...header, width, height, isGrey };
  }
  if (bytes.length < 54) return header;
  const width = view.getInt32(18, true);
  const height = Math.abs(view.getInt32(22, true));
  const bits = view.getUint16(28, true);
  const colours = view.getUint32(46, true) || 1 << bits;
  const palette = bytes.subarray(14 + headerBytes, 14 + headerBytes + 4 * colours);
  return { ...header, width, height, isGrey: bits <= 8 && isGreyTable(palette, 4) };
}

/** Where EXIF and XMP lie; Pillow has WebP in colour always. The size is known after decoding. */
function readWebpHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = { isGrey: false, exifParts: [], xmp: null };
  for (let at = 12; at + 8 <= bytes.length; ) {
    const type = latin1(bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const [from, to] = [at + 8, Math.min(bytes.length, at + 8 + length)];
    if (type === "EXIF") header.exifParts.push([from, to]);
    if (type === "XMP ") header.xmp = bytes.subarray(from, to);
    if (type === "VP8X") {
      const size = (i) => 1 + (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16));
      [header.width, header.height] = [size(from + 4), size(from + 7)];
    }
    at = to + (length & 1);
  }
  return header;
}

/** Browsers apply what AVIF itself says of its turning, and nothing else; Pillow as well. */
function readAvifHeader() {
  return { isGrey: false, exifParts: [], xmp: null };
}
