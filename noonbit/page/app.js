/*
 * The page put together: it checks itself, then answers.
 */

/** The kinds of input and their views. */
const VIEWS = {
  pictures: (model, ask) => new PictureView(model.contract, ask),
  sentences: (model, ask, network) => new TextView(model, ask, network),
  boards: (model, ask) => new BoardView(model, ask),
};

/** Milliseconds of an answer after which the page says that it thinks. */
const SLOW = 200;

class App {
  /** @param {Object} model the page's MODEL */
  constructor(model) {
    this.model = model;
    this.network = null;
    this.requests = new LatestOnly((prepare, truth) =>
      this.answerTo(prepare, truth).catch(stopPage), // an old answer must not stand for a new input
    );
  }

  /** Check the network, and take inputs if it gives Python's answers. */
  async start() {
    this.tellFacts();
    this.network = new Network(this.model.network, decodeWeights(this.model));
    if (await this.checkItself()) this.open();
  }

  tellFacts() {
    const { run, contract } = this.model;
    const { input_kind: kind } = contract.preprocessor;
    const source = lastPart(run.source);
    document.title = source;
    byId("title").textContent = source;
    write(byId("subtitle"), "network_trained", { network: run.network, source });
    if (run.accuracy === null) {
      write(byId("accuracy"), "not_measured");
    } else {
      const noun = () => translate(kind);
      write(byId("accuracy"), "accuracy", { accuracy: formatAccuracy(run.accuracy), items: run.items, noun });
      const [low, high] = [run.accuracy_low, run.accuracy_high].map(formatAccuracy);
      write(byId("interval"), "interval", { low, high });
    }
    writeWith(byId("contract"), "words", () => {
      byId("contract").textContent = describeContract(contract).join(", ");
    });
    write(byId("weights-note"), `weights_${this.model.weights_dtype}`);
    this.tellRule(this.model.unfamiliar, kind);
  }

  /** Say when an input is called unlike the training data, and how often that is wrong. */
  tellRule(rule, kind) {
    if (rule === null) return;
    const threshold = formatProbability(rule.threshold);
    if (!rule.test_items) {
      write(byId("rule-note"), "rule", { threshold });
      return;
    }
    const share = formatProbability(rule.test_flagged / rule.test_items);
    const noun = () => translate(kind);
    write(byId("rule-note"), "rule_measured", { threshold, share, items: rule.test_items, noun });
  }

  /** Compare with Python's answers and say the result; false: this page must not answer. */
  async checkItself() {
    const line = byId("self-check");
    const result = await selfCheck(this.model, this.network, (number, count) =>
      write(line, "check_running", { number, count }),
    );
    const values = { agree: result.agree, count: result.count, worst: () => formatValue(result.worst) };
    line.classList.add(result.passed ? "passed" : "failed");
    write(line, result.passed ? "check_passed" : "check_failed", values);
    if (!result.passed) {
      const refusal = byId("refusal");
      refusal.replaceChildren(write(element("h2"), "refused_title"), write(element("p"), "refused", values));
      refusal.hidden = false;
    }
    return result.passed;
  }

  open() {
    const { contract } = this.model;
    const kind = contract.preprocessor.input_kind;
    byId("main").hidden = false;
    for (const part of document.querySelectorAll("[data-kind]")) {
      if (part.id === kind) part.hidden = false;
      else part.remove();
    }
    document.body.dataset.kind = kind;
    this.answer = new AnswerView(contract.class_names, { isRanked: kind === "boards" });
    this.maps = new MapsView();
    this.view = VIEWS[kind](this.model, (prepare) => this.ask(prepare, null), this.network);
    this.listItems();
  }

  /** Answer to an input soon. */
  ask(prepare, truth) {
    this.answer.hush();
    for (const button of byId("samples").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(truth !== null && button.value === String(truth.number)));
    }
    this.requests.ask(prepare, truth);
  }

  async answerTo(prepare, truth) {
    let input = null;
    try {
      input = await prepare();
      this.view.showInput(input);
    } catch (error) {
      if (!(error instanceof InputRefused)) throw error;
      this.view.showInput(null);
      this.view.refuse(error);
    }
    if (input === null) {
      this.answer.clear();
      this.maps.clear();
      return;
    }
    const slow = setTimeout(() => this.answer.think(), SLOW);
    const outputs = await this.network.answer(input.values).finally(() => clearTimeout(slow));
    const warnings = this.warningsOf(input.done, outputs.probabilities);
    const threshold = this.model.contract.unknown_below;
    const isUnknown = threshold !== null && isUnfamiliar(outputs.probabilities, input.done, { threshold });
    this.answer.show(outputs.probabilities, { warnings, truth, isUnknown });
    this.maps.show(outputs.maps);
    if (this.view.showOutputs) this.view.showOutputs(input, outputs);
  }

  /** Why an answer means little, as keys of language.js. */
  warningsOf(done, probabilities) {
    if (done.includes("blank")) return ["warn.blank"];
    if (done.includes("unlike")) return ["warn.unlike"];
    return isUnfamiliar(probabilities, done, this.model.unfamiliar) ? ["warn.unsure"] : [];
  }

  listItems() {
    const { items, contract } = this.model;
    const list = byId("samples");
    const kind = contract.preprocessor.input_kind;
    list.append(
      ...items.map((item, index) => {
        const number = index + 1;
        const name = contract.class_names[item.label];
        const content = this.view.itemContent(item, name, number);
        const button = element("button", { type: "button", value: number, "aria-pressed": "false" }, ...content);
        if (kind === "pictures") writeAttribute(button, "aria-label", "sample_picture", { number, name });
        button.addEventListener("click", () => {
          this.view.loadItem(item);
          byId("answer").scrollIntoView({ block: "nearest" });
          this.ask(() => inputOfItem(item, this.model), { kind, number, label: item.label });
        });
        return element("li", {}, button);
      }),
    );
  }
}

/** What the network takes and names, in words of this language. */
function describeContract({ preprocessor, class_names: names }) {
  const classes = translate("contract.classes", { count: names.length });
  if (preprocessor.input_kind === "sentences") {
    const values = { length: preprocessor.length, words: preprocessor.words.length };
    return [translate("contract.words", values), classes];
  }
  if (preprocessor.input_kind === "boards") return [translate("contract.planes", preprocessor)];
  const { channels, polarity, strokes, fit_mode: fitMode } = preprocessor;
  const parts = [translate("contract.pixels", preprocessor)];
  parts.push(translate(channels === 1 ? "contract.grey" : "contract.colour"));
  if (polarity) parts.push(translate(`contract.${polarity}`));
  if (strokes) {
    const [height, width] = strokes.box.map(Math.round);
    parts.push(translate(`contract.${strokes.centred}`, { width, height }));
  }
  return [...parts, translate(`contract.${fitMode}`), classes];
}

/** The name of a file or folder, without where it lay on somebody's machine. */
function lastPart(path) {
  return path.split(/[\\/]/).filter(Boolean).pop() ?? path;
}

/** Take the theme that was asked for, now and whenever it changes; without one, the system's. */
function startTheme() {
  const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
  const dark = rules.filter((rule) => rule.media?.mediaText.includes("prefers-color-scheme"));
  const media = { dark: "all", light: "not all" };
  const take = () => {
    for (const rule of dark) rule.media.mediaText = media[asked("theme")] ?? "(prefers-color-scheme: dark)";
    document.documentElement.style.colorScheme = asked("theme") in media ? asked("theme") : "";
  };
  addEventListener("hashchange", take);
  take();
}

/** Label all that has a text from the beginning, and the switch of languages. */
function startLanguages() {
  const codes = Object.keys(TEXTS);
  const buttons = codes.map((code) => {
    const button = element("button", { type: "button", lang: code }, LANGUAGE_NAMES[code]);
    button.addEventListener("click", () => setLanguage(code));
    return button;
  });
  byId("languages").replaceChildren(...buttons);
  byId("languages").hidden = askedLanguage() !== null; // who asked has a switch
  setLanguage(preferredLanguage());
  for (const labelled of document.querySelectorAll("[data-text]")) write(labelled, labelled.dataset.text);
  writeAttribute(byId("languages"), "aria-label", "language");
  writeWith(byId("languages"), "pressed", () => {
    buttons.forEach((button, index) =>
      button.setAttribute("aria-pressed", String(codes[index] === currentLanguage)),
    );
  });
}

/** Tell the page that shows this one in a frame how high it is, so that nobody scrolls in two places. */
function tellHeight() {
  if (window.parent === window) return;
  const tell = () => window.parent.postMessage({ height: document.body.getBoundingClientRect().height }, "*");
  new ResizeObserver(tell).observe(document.body);
}

/** Start the page. */
async function startPage(model) {
  tellHeight();
  startTheme();
  startLanguages();
  try {
    await new App(model).start();
  } catch (error) {
    stopPage(error);
  }
}

/** Say what went wrong, since nobody looks at the console, and answer no more. */
function stopPage(error) {
  byId("main").hidden = true;
  byId("refusal").replaceChildren(write(element("p"), "broken", { reason: error.message }));
  byId("refusal").hidden = false;
  throw error;
}
