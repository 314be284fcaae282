/**
 * How a camera held a picture: the orientation in EXIF, or in XMP where EXIF has none.
 *
 * Browsers turn some formats by themselves and others not. So the file is shown to the browser without
 * its EXIF data, and every picture is turned here, once.
 */

const ORIENTATION_TAG = 0x0112;
/** Bytes of a whole number, by TIFF's type: byte, short, long, and the same with a sign. */
const WHOLE_NUMBER_BYTES = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4 };

/**
 * The orientation, 1 to 8; 1 is upright.
 *
 * @param {?Uint8Array} exif with or without the six bytes `Exif 0 0`
 * @param {?Uint8Array} xmp
 */
function orientationOf(exif, xmp) {
  let found = exif ? orientationInExif(exif) : null;
  if (found === null && xmp) {
    const match = /tiff:Orientation(?:="|>)([0-9])/.exec(latin1(xmp));
    found = match ? Number(match[1]) : null;
  }
  return found >= 2 && found <= 8 ? found : 1;
}

/** The tag's number in the first directory of EXIF data; null: it has none, or is damaged. */
function orientationInExif(exif) {
  while (latin1(exif.subarray(0, 6)) === "Exif\0\0") exif = exif.subarray(6);
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const order = latin1(exif.subarray(0, 2));
  if (exif.length < 8 || (order !== "II" && order !== "MM")) return null;
  const little = order === "II";
  const directory = view.getUint32(4, little);
  if (directory + 2 > exif.length) return null;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > exif.length) return null;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const bytes = WHOLE_NUMBER_BYTES[view.getUint16(entry + 2, little)];
    if (bytes === undefined || view.getUint32(entry + 4, little) !== 1) return null;
    const read = { 1: view.getUint8, 2: view.getUint16, 4: view.getUint32 }[bytes];
    return read.call(view, entry + 8, little);
  }
  return null;
}

/** Bytes as a string of their own numbers. */
function latin1(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** A picture turned upright from an EXIF orientation. */
function turnUpright(picture, orientation) {
  if (orientation === 1) return picture;
  const { width, height, channels } = picture;
  const isSideways = orientation >= 5;
  const [newWidth, newHeight] = isSideways ? [height, width] : [width, height];
  // Where the first pixel comes from, and how far a step right and a step down go.
  const right = { 2: [-1, 0], 3: [-1, 0], 4: [1, 0], 5: [0, 1], 6: [0, -1], 7: [0, -1], 8: [0, 1] };
  const down = { 2: [0, 1], 3: [0, -1], 4: [0, -1], 5: [1, 0], 6: [1, 0], 7: [-1, 0], 8: [-1, 0] };
  const stepOf = ([x, y]) => x + y * width;
  const [stepRight, stepDown] = [stepOf(right[orientation]), stepOf(down[orientation])];
  const isMirrored = [2, 3, 7, 8].includes(orientation);
  const isUpsideDown = [3, 4, 6, 7].includes(orientation);
  const first = (isMirrored ? width - 1 : 0) + (isUpsideDown ? (height - 1) * width : 0);
  const source = picture.data;
  const data = new Uint8Array(source.length);
  const step = stepRight * channels;
  let to = 0;
  for (let y = 0; y < newHeight; y++) {
    let from = (first + y * stepDown) * channels;
    if (channels === 1) {
      for (let x = 0; x < newWidth; x++, from += step) data[to++] = source[from];
      continue;
    }
    for (let x = 0; x < newWidth; x++, from += step, to += 3) {
      data[to] = source[from];
      data[to + 1] = source[from + 1];
      data[to + 2] = source[from + 2];
    }
  }
  return { width: newWidth, height: newHeight, channels, data };
}
