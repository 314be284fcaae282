/*
 * The words that decided the answer to a sentence.
 *
 * For Kim's networks exactly, as noonbit/explain/ngrams.py has it: max-pooling keeps each
 * filter's value of one n-gram and the last layer is linear, so a logit is a bias plus what the
 * n-grams add. For any other network the words are left out one at a time: a word's contribution is
 * what the logits lose without it, which costs an answer for each word and sums up to nothing.
 */

/** Filters whose contributions to all logits are at most this are left out. */
const NEGLIGIBLE_CONTRIBUTION = 1e-6;
/** What leaving words out may cost, some three seconds; else nothing is explained. */
const MOST_OCCLUSION_MULTIPLY_ADDS = 2e9;

/**
 * @typedef {Object} Explanation
 * @property {"ngrams"|"occlusion"} method exact n-grams, or one word left out at a time
 * @property {string[]} tokens the sentence as the network reads it
 * @property {boolean[]} known whether each token is in the vocabulary
 * @property {number[]} logits one per class; of "ngrams", the biases plus all contributions
 * @property {number[]|null} biases one per class, with filters whose maximum lies in the padding
 *   alone; null for "occlusion"
 * @property {{first: number, words: string[], contributions: number[]}[]} ngrams in the order of
 *   the sentence, with what each contributes to each class; single words for "occlusion"
 */

/**
 * Explain an answer.
 * @param {{values: Int32Array, tokens: string[]}} input of `encodeSentence`
 * @param {{logits: Float32Array}} outputs the network's answer to it, given last
 * @param {Object} model the page's MODEL; its `ngrams` is what noonbit/page/ngrams.py finds
 * @param {Network} network
 * @returns {Explanation|null} null without any word, and where leaving words out takes too long
 */
function explainSentence(input, outputs, model, network) {
  const { values, tokens } = input;
  if (tokens.length === 0) return null;
  const found = model.ngrams
    ? explainByNgrams(tokens, model.ngrams, network.results)
    : explainByOcclusion(input, outputs, model, network);
  if (found === null) return null;
  return { tokens, known: tokens.map((_, at) => values[at] !== UNKNOWN_NUMBER), ...found };
}

/** The contributions of n-grams to the answer whose results the network still holds. */
function explainByNgrams(tokens, layers, results) {
  const { before, filters, widths, responses } = layers;
  const features = results[layers.features], weight = results[layers.weight];
  const biases = Array.from(results[layers.bias]);
  const ngrams = new Map();
  for (let filter = 0; filter < features.length; filter++) {
    const group = Math.floor(filter / filters);
    const first = firstOfMaximum(results[responses[group]], filter % filters, filters) - before;
    const begin = Math.max(0, first), end = Math.min(tokens.length, first + widths[group]);
    const contributions = biases.map(
      (_, label) => weight[label * features.length + filter] * features[filter],
    );
    if (begin >= end) {
      contributions.forEach((each, label) => { biases[label] += each; });
    } else if (Math.max(...contributions.map(Math.abs)) > NEGLIGIBLE_CONTRIBUTION) {
      const key = begin * (tokens.length + 1) + end;
      const ngram = ngrams.get(key)
        ?? { first: begin, words: tokens.slice(begin, end), contributions: biases.map(() => 0) };
      contributions.forEach((each, label) => { ngram.contributions[label] += each; });
      ngrams.set(key, ngram);
    }
  }
  const sorted = [...ngrams.keys()].sort((one, other) => one - other).map((key) => ngrams.get(key));
  const logits = biases.map((bias, label) =>
    sorted.reduce((sum, each) => sum + each.contributions[label], bias));
  return { method: "ngrams", logits, biases, ngrams: sorted };
}

/** The window at which a filter is largest, the first of equals; of (windows, filters). */
function firstOfMaximum(responses, filter, filters) {
  let best = 0;
  for (let window = 1; window < responses.length / filters; window++) {
    if (responses[window * filters + filter] > responses[best * filters + filter]) best = window;
  }
  return best;
}

/** What the logits lose without each word, the others moving together. */
function explainByOcclusion({ values, tokens }, outputs, model, network) {
  if (tokens.length * model.network.multiply_adds > MOST_OCCLUSION_MULTIPLY_ADDS) return null;
  const logits = Array.from(outputs.logits);
  const ngrams = tokens.map((token, at) => {
    const without = new Int32Array(values.length).fill(PADDING_NUMBER);
    without.set(values.subarray(0, at));
    without.set(values.subarray(at + 1), at);
    const answer = network.run(without).logits;
    const contributions = logits.map((logit, label) => logit - answer[label]);
    return { first: at, words: [token], contributions };
  });
  network.run(values); // its maps are of this sentence again
  return { method: "occlusion", logits, biases: null, ngrams };
}

/** A contribution to a class beside the mean of all classes: a logit means nothing alone. */
function contributionOverMean(contributions, label) {
  const sum = contributions.reduce((total, each) => total + each, 0);
  return contributions[label] - sum / contributions.length;
}

/**
 * The weight of each token for a class: those of its n-grams, split evenly over their words.
 * @param {Explanation} explanation
 * @param {number} label
 * @returns {number[]}
 */
function wordWeights(explanation, label) {
  const weights = explanation.tokens.map(() => 0);
  for (const { first, words, contributions } of explanation.ngrams) {
    const share = contributionOverMean(contributions, label) / words.length;
    words.forEach((_, at) => { weights[first + at] += share; });
  }
  return weights;
}

/**
 * The n-grams with their weight for a class, largest magnitude first; none for "occlusion", where
 * the words themselves have the weights.
 * @param {Explanation} explanation
 * @param {number} label
 * @returns {{words: string[], first: number, weight: number}[]}
 */
function ngramWeights(explanation, label) {
  if (explanation.method !== "ngrams") return [];
  return explanation.ngrams
    .map(({ words, first, contributions }) => (
      { words, first, weight: contributionOverMean(contributions, label) }
    ))
    .sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight));
}
