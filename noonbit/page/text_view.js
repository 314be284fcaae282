/*
 * Writing a sentence, and the words that decided its answer.
 */

/** Groups of words that are listed below the sentence. */
const NGRAMS_SHOWN = 6;

class TextView {
  /**
   * @param {Object} model the page's MODEL
   * @param {function(function(): Promise<?{values: Int32Array, tokens: string[], done: string[]}>): void} ask
   * @param {Network} network
   */
  constructor(model, ask, network) {
    this.model = model;
    this.network = network;
    this.preprocessor = model.contract.preprocessor;
    this.field = byId("sentence");
    this.field.addEventListener("input", () => ask(() => this.encode(this.field.value)));
    writeAttribute(this.field, "placeholder", "sentence_hint");
    this.clearWords();
  }

  async encode(text) {
    if (!text.trim()) return null;
    return encodeSentence(text, this.preprocessor, this.model.characters);
  }

  /** Show a test item, which is its text. */
  loadItem(item) {
    this.field.value = item.input;
  }

  itemContent(item, name) {
    return [
      element("span", { dir: "auto" }, item.input),
      element("span", { class: "sample-name", dir: "auto" }, name),
    ];
  }

  showInput(input) {
    tellDone(byId("sentence-done"), input === null ? [] : doneKeys(input.done), this.preprocessor);
    if (input === null) this.clearWords();
  }

  clearWords() {
    byId("words").hidden = true;
  }

  /** Show each word with what it contributes to the answer. */
  showOutputs(input, outputs) {
    const explanation = explainSentence(input, outputs, this.model, this.network);
    byId("words").hidden = explanation === null;
    if (explanation === null) return;
    const [best] = rankClasses(outputs.probabilities);
    const name = this.model.contract.class_names[best];
    write(byId("words-help"), `words_help_${explanation.method}`, { name });
    const weights = wordWeights(explanation, best);
    const strongest = Math.max(...weights.map(Math.abs), 1e-9);
    writeWith(byId("word-weights"), "words", () => {
      byId("word-weights").replaceChildren(
        ...explanation.tokens.map((word, at) =>
          wordItem(word, weights[at], strongest, explanation.known[at]),
        ),
      );
    });
    const ngrams = ngramWeights(explanation, best).slice(0, NGRAMS_SHOWN);
    byId("ngram-part").hidden = ngrams.length === 0;
    const most = Math.max(...ngrams.map((each) => Math.abs(each.weight)), 1e-9);
    byId("ngrams").replaceChildren(
      ...ngrams.map(({ words, weight }) => wordItem(words.join(" "), weight, most, true)),
    );
  }
}

/**
 * Words with their weight, tinted and as text.
 * @param {number} strongest the weight whose tint is full
 */
function wordItem(words, weight, strongest, isKnown) {
  const sign = weight < 0 ? "against" : "for";
  const note = isKnown ? "" : ` ${translate("word_unknown")}`;
  const item = element(
    "li",
    { class: isKnown ? `word ${sign}` : `word ${sign} unknown` },
    element("span", { class: "word-text", dir: "auto" }, words),
    element("span", { class: "word-weight" }, formatSigned(weight) + note),
  );
  item.style.setProperty("--share", `${(100 * Math.abs(weight)) / strongest}%`);
  return item;
}
