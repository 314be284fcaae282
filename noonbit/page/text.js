/*
 * Sentences to word numbers, exactly as noonbit/data/preprocess/text.py has it; that module says
 * what the patterns are for.
 */

const PADDING_NUMBER = 0, UNKNOWN_NUMBER = 1, FIRST_WORD_NUMBER = 2;
const ASCII_SEPARATORS = /[^A-Za-z0-9(),!?'`]/g;
const CONTRACTIONS = /'s|'ve|n't|'re|'d|'ll/g;
const SIGNS = /[,!()?]/g;

/** What `encodeSentence` derives from a preprocessor, once: {numbers: Map, characters}. */
const SENTENCE_LOOKUPS = new WeakMap();

/**
 * The words of a text. Only spaces separate them after the first step, since that leaves no other
 * white space, and no lower case is one.
 * @param {string} text
 * @param {Characters|null} characters null where words are ASCII
 * @returns {string[]}
 */
function tokenise(text, characters) {
  const separated = characters ? characters.separate(text) : text.replace(ASCII_SEPARATORS, " ");
  const spaced = separated.replace(CONTRACTIONS, " $&").replace(SIGNS, " $& ");
  const lower = characters ? characters.lower(spaced) : spaced.toLowerCase();
  return lower.split(" ").filter((token) => token !== "");
}

/** The word numbers and characters of a preprocessor; a Map, since "constructor" is a word. */
function sentenceLookup(preprocessor, tables) {
  if (!SENTENCE_LOOKUPS.has(preprocessor)) {
    if (preprocessor.letters !== "ascii" && !tables) {
      throw new Error("The page has no table of characters for its words.");
    }
    SENTENCE_LOOKUPS.set(preprocessor, {
      numbers: new Map(preprocessor.words.map((word, at) => [word, at + FIRST_WORD_NUMBER])),
      characters: preprocessor.letters === "ascii" ? null : new Characters(tables),
    });
  }
  return SENTENCE_LOOKUPS.get(preprocessor);
}

/**
 * @param {string} text
 * @param {{length: number, words: string[], letters: string}} preprocessor of contract.json
 * @param {Object|null} tables of noonbit/page/characters.py; null where words are ASCII
 * @returns {{values: Int32Array, tokens: string[], done: string[]}} word numbers (length,), the
 *   words that they stand for, and the adjustments by Python's names, in its order
 */
function encodeSentence(text, preprocessor, tables = null) {
  const { numbers, characters } = sentenceLookup(preprocessor, tables);
  const all = tokenise(text, characters);
  const tokens = all.slice(0, preprocessor.length);
  const values = new Int32Array(preprocessor.length).fill(PADDING_NUMBER);
  tokens.forEach((token, at) => {
    values[at] = numbers.get(token) ?? UNKNOWN_NUMBER;
  });
  const unknown = tokens.filter((token) => !numbers.has(token)).length;
  const done = [];
  if (all.length > preprocessor.length) done.push("shortened");
  if (unknown === tokens.length) done.push("blank");
  else if (unknown > 0) done.push("partly unknown");
  return { values, tokens, done };
}
