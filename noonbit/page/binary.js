/*
 * Bytes of the page file: base64, checksums, and the numbers of the weights.
 *
 * Weights lie one after the other, each as float16, float32 or int32, little endian. A float16 is
 * multiplied by 2 to the power of its tensor's exponent, so the range of a network's weights does
 * not matter (noonbit/page/weights.py chooses it).
 */

/**
 * Decode base64.
 * @param {string} text
 * @returns {Uint8Array}
 */
function decodeBase64(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

const CHECKSUM_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/**
 * The CRC-32 of bytes, as zlib and PNG have it.
 * @param {Uint8Array} bytes
 * @returns {number} from 0 to 2^32 - 1
 */
function checksumOf(bytes) {
  let rest = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    rest = (rest >>> 8) ^ CHECKSUM_TABLE[(rest ^ bytes[i]) & 255];
  }
  return (rest ^ 0xffffffff) >>> 0;
}

/**
 * The number that 16 bits of IEEE 754 stand for.
 * @param {number} bits
 * @returns {number}
 */
function float16Value(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Read all weights.
 * @param {{name: string, dtype: string, count: number, offset: number, exponent: number}[]} index
 * @param {Uint8Array} bytes
 * @returns {Object<string, Float32Array|Int32Array>} by name
 */
function readWeights(index, bytes) {
  // 65,536 values once are faster than taking millions of numbers apart.
  const values = Float32Array.from({ length: 65536 }, (_, bits) => float16Value(bits));
  const weights = Object.create(null);
  for (const { name, dtype, count, offset, exponent } of index) {
    if (dtype === "float16") {
      const factor = 2 ** exponent;
      const numbers = new Float32Array(count);
      for (let i = 0, at = offset; i < count; i++, at += 2) {
        numbers[i] = values[bytes[at] | (bytes[at + 1] << 8)] * factor;
      }
      weights[name] = numbers;
    } else {
      const part = bytes.slice(offset, offset + 4 * count).buffer;
      weights[name] = dtype === "int32" ? new Int32Array(part) : new Float32Array(part);
    }
  }
  return weights;
}

/**
 * The weights of the page.
 * @param {Object} model the page's MODEL
 * @returns {Object<string, Float32Array|Int32Array>} by name
 * @throws {Error} if a byte is not the one that was written
 */
function decodeWeights(model) {
  const bytes = decodeBase64(model.weights);
  if (checksumOf(bytes) !== model.weights_checksum) {
    throw new Error("its weights are damaged: they are not those that were exported.");
  }
  return readWeights(model.network.weights, bytes);
}
