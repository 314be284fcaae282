/*
 * Drawings as PNG files of one channel: a browser writes four, and grey drawings would be taken for
 * colour photographs (PNG specification, third edition: 5.3, 11.2.1).
 */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const GREY_8_BITS = [8, 0, 0, 0, 0];
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/**
 * @param {HTMLCanvasElement} canvas of grey pixels
 * @returns {Promise<Blob>}
 */
export async function greyPngOf(canvas) {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const rows = new Uint8Array(height * (1 + width)); // each begins with a 0: it is not filtered
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (1 + width) + 1 + x] = data[4 * (y * width + x)];
  }
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set(GREY_8_BITS, 8);
  const packed = new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate")));
  const pixels = new Uint8Array(await packed.arrayBuffer());
  const parts = [chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", new Uint8Array())];
  return new Blob([new Uint8Array(SIGNATURE), ...parts], { type: "image/png" });
}

/** Length, name, content and checksum of the last two. */
function chunk(name, content) {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set([...name].map((letter) => letter.charCodeAt(0)), 4);
  bytes.set(content, 8);
  let rest = 0xffffffff;
  for (const byte of bytes.subarray(4, 8 + content.length)) rest = CRC_TABLE[(rest ^ byte) & 255] ^ (rest >>> 8);
  view.setUint32(8 + content.length, ~rest >>> 0);
  return bytes;
}
