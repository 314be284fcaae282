/*
 * The answer: the most probable class in large letters, and bars of the classes.
 */

/** Up to so many classes all are shown, in their own order, so that the bars stay in place. */
const MOST_BARS_IN_ORDER = 12;
/** Of more classes, the most probable ones; and so many after "show more". */
const FEW_BARS = 5;
const MANY_BARS = 50;
/** Milliseconds of calm before a screen reader is told, so that a drawing hand is not talked over. */
const CALM = 700;

/** The answer to an input of no class, as noonbit predict gives it. */
const UNKNOWN = "unknown";

/** Class numbers by falling probability. */
function rankClasses(probabilities) {
  return Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
}

class AnswerView {
  /**
   * @param {string[]} names of the classes
   * @param {{isRanked: boolean}} how isRanked: numbered by falling probability, as moves of Go
   */
  constructor(names, { isRanked = false } = {}) {
    this.names = names;
    this.isRanked = isRanked;
    this.keepsOrder = !isRanked && names.length <= MOST_BARS_IN_ORDER;
    this.barCount = FEW_BARS;
    this.rows = [];
    this.timer = 0;
    this.probabilities = null;
    byId("more-classes").addEventListener("click", () => {
      this.barCount = this.barCount === FEW_BARS ? MANY_BARS : FEW_BARS;
      this.renderBars();
    });
    this.clear();
  }

  /** Say no more of an answer whose input has changed. */
  hush() {
    clearTimeout(this.timer);
    writeWith(byId("spoken"), "text", () => {
      byId("spoken").textContent = "";
    });
  }

  /** Say that an answer is on its way. */
  think() {
    write(byId("certainty"), "thinking");
  }

  /** Show that there is no answer. */
  clear() {
    this.hush();
    this.probabilities = null;
    byId("winner").textContent = "";
    write(byId("certainty"), "no_answer");
    this.warn([]);
    byId("truth").hidden = true;
    byId("answer").classList.remove("doubtful");
    this.renderBars();
  }

  /**
   * @param {Float32Array} probabilities (classes,)
   * @param {{warnings: string[], isUnknown: boolean, truth: {kind: string, number: number, label: number}|null}} about
   *   keys of language.js, and which test item it is
   */
  show(probabilities, { warnings = [], truth = null, isUnknown = false } = {}) {
    this.probabilities = probabilities;
    const order = rankClasses(probabilities);
    const [best] = order;
    const chance = (index) => () => formatProbability(probabilities[index]);
    const name = isUnknown ? UNKNOWN : this.names[best];
    byId("winner").textContent = name;
    byId("winner").classList.toggle("long", Array.from(name).length > 12);
    write(byId("certainty"), isUnknown ? "certainty_unknown" : "certainty", {
      name: this.names[best],
      probability: chance(best) });
    this.warn(warnings);
    this.tellTruth(truth, order);
    this.renderBars();
    this.hush();
    this.timer = setTimeout(() => {
      writeWith(byId("spoken"), "text", () => {
        byId("spoken").textContent = this.spoken(order, chance, warnings, isUnknown);
      });
    }, CALM);
  }

  /** The answer as one sentence for a screen reader, warnings first. */
  spoken([best, next], chance, warnings, isUnknown) {
    const warned = warnings.map((key) => `${translate(key)} `).join("");
    const values = { name: this.names[best], probability: chance(best) };
    if (isUnknown) return warned + translate("spoken_unknown", values);
    if (next === undefined) return warned + translate("spoken_alone", values);
    const second = { next: this.names[next], next_probability: chance(next) };
    return warned + translate("spoken", { ...values, ...second });
  }

  warn(keys) {
    writeWith(byId("warnings"), "list", () => {
      byId("warnings").replaceChildren(
        ...keys.map((key) => element("p", { class: "warning" }, translate(key))),
      );
    });
    byId("answer").classList.toggle("doubtful", keys.length > 0);
  }

  tellTruth(truth, order) {
    byId("truth").hidden = truth === null;
    if (truth === null) return;
    write(byId("truth"), `truth.${truth.kind}`, {
      number: truth.number,
      name: this.names[truth.label],
      verdict: () => translate(truth.label === order[0] ? "right" : "wrong"),
      rank: order.indexOf(truth.label) + 1,
    });
  }

  renderBars() {
    const { names, probabilities } = this;
    const ranked = probabilities ? rankClasses(probabilities) : Array.from(names.keys());
    const shown = this.keepsOrder ? Array.from(names.keys()) : ranked.slice(0, this.barCount);
    this.makeRows(shown.length);
    shown.forEach((label, at) => {
      const { row, name, bar, number } = this.rows[at];
      const isBest = probabilities !== null && label === ranked[0];
      const text = this.isRanked ? `${at + 1}. ${names[label]}` : names[label];
      if (name.textContent !== text) {
        name.textContent = text;
        name.title = names[label];
      }
      bar.style.width = probabilities ? `${100 * probabilities[label]}%` : "0";
      number.textContent = probabilities ? formatProbability(probabilities[label]) : "";
      row.classList.toggle("best", isBest);
    });
    const more = byId("more-classes");
    more.hidden = this.keepsOrder || names.length <= FEW_BARS || probabilities === null;
    more.setAttribute("aria-expanded", String(this.barCount === MANY_BARS));
    if (this.barCount === MANY_BARS) write(more, "fewer_classes");
    else write(more, "more_classes", { count: Math.min(MANY_BARS, names.length) - FEW_BARS });
  }

  /** As many rows as are shown; they are kept, so that the bars move. */
  makeRows(count) {
    const list = byId("bars");
    while (this.rows.length < count) {
      const name = element("span", { class: "bar-name", dir: "auto" });
      const bar = element("span", { class: "bar" });
      const number = element("span", { class: "bar-number" });
      const track = element("span", { class: "bar-track", "aria-hidden": "true" }, bar);
      const row = element("li", {}, name, track, number);
      this.rows.push({ row, name, bar, number });
      list.append(row);
    }
    while (this.rows.length > count) this.rows.pop().row.remove();
  }
}
