/*
 * What the Python that collected the vocabulary knows of characters; noonbit/page/characters.py
 * makes the tables and says why they are needed.
 */

/** Bits of `Characters.flags`. */
const KEPT_CHARACTER = 1, CASED_CHARACTER = 2, IGNORABLE_CHARACTER = 4;
const CAPITAL_SIGMA = 0x3a3, SMALL_SIGMA = "\u03c3", FINAL_SIGMA = "\u03c2";
const CODE_POINTS = 0x110000;

/** Which characters belong to words, and their lower case. */
class Characters {
  /**
   * @param {{kept: number[], lower: Object<string, string>, cased: number[],
   *   ignorable: number[]}} tables
   */
  constructor(tables) {
    this.flags = new Uint8Array(CODE_POINTS);
    this.markRuns(tables.kept, KEPT_CHARACTER);
    this.markRuns(tables.cased, CASED_CHARACTER);
    this.markRuns(tables.ignorable, IGNORABLE_CHARACTER);
    this.lowerCases = new Map(Object.entries(tables.lower));
  }

  /** Sets a bit for every second run of code points. */
  markRuns(runs, bit) {
    let code = 0;
    runs.forEach((length, index) => {
      if (index % 2) {
        for (let marked = code; marked < code + length; marked++) this.flags[marked] |= bit;
      }
      code += length;
    });
  }

  /** Whether a character, a string of one code point, has a bit; false for none (undefined). */
  has(character, bit) {
    return character !== undefined && (this.flags[character.codePointAt(0)] & bit) !== 0;
  }

  /** Replaces by a space what separates words. */
  separate(text) {
    return Array.from(text, (each) => (this.has(each, KEPT_CHARACTER) ? each : " ")).join("");
  }

  /** Python's `str.lower` of a text of kept characters and spaces. */
  lower(text) {
    const characters = Array.from(text);
    return characters
      .map((each, index) =>
        each.codePointAt(0) === CAPITAL_SIGMA
          ? this.lowerSigma(characters, index)
          : (this.lowerCases.get(each) ?? each),
      )
      .join("");
  }

  /** The last sigma of a word has a form of its own. */
  lowerSigma(characters, index) {
    return this.meetsCased(characters, index, -1) && !this.meetsCased(characters, index, 1)
      ? FINAL_SIGMA
      : SMALL_SIGMA;
  }

  /** Whether the next character in a direction that is not passed over is cased. */
  meetsCased(characters, index, direction) {
    let at = index + direction;
    while (this.has(characters[at], IGNORABLE_CHARACTER)) at += direction;
    return this.has(characters[at], CASED_CHARACTER);
  }
}
