/*
 * The item that goes through the network, and items that it does not learn from with its answers.
 */

import { element, setAttribute, setHidden, setLabel, setText } from "./elements.js";
import { Sheet } from "./sheet.js";
import { formatRange, formatShare, formatValue } from "./texts.js";

const ITEM_SIDE = 160;
const TEST_SIDE = 96;
const BARS = 3;
const LONGEST_NAME = 10;
const LONG_LABEL = 8;

/** Pictures are grey or in colour; what has a sign is in the colours of the maps. */
function paintPicture(sheet, frame, tile, palette, { space, side, density }) {
  sheet.reserve(tile, { space, side, density, most: side });
  sheet.paint(frame, tile, palette, tile.signed ? palette.signed : palette.grey);
}

export class ItemView {
  /** @param {{keep: function(number)}} view called with the item to stay with, or null for the training's own */
  constructor(view) {
    this.picture = new Sheet();
    this.gradient = new Sheet();
    for (const { canvas } of [this.picture, this.gradient]) canvas.setAttribute("role", "img");
    this.heading = element("h3");
    this.label = element("p", { class: "lv-label" });
    this.captions = [element("figcaption"), element("figcaption")];
    this.gradientRange = element("span", { class: "lv-range" });
    this.gradientFigure = element("figure", {}, this.gradient.canvas, this.captions[1], this.gradientRange);
    this.text = element("p", { class: "lv-text" });
    this.kept = false;
    this.keep = element("button", { type: "button", class: "lv-button", onclick: () => view.keep(this.kept ? null : this.item.number) });
    this.pictureFigure = element("figure", {}, this.picture.canvas, this.captions[0]);
    this.element = element(
      "section",
      { class: "lv-item" },
      element("header", {}, this.heading, this.label),
      this.text,
      element("div", { class: "lv-pictures" }, this.pictureFigure, this.gradientFigure),
      this.keep,
    );
  }

  take({ item }) {
    this.item = item;
    setHidden(this.gradientFigure, !item.gradient);
    setHidden(this.pictureFigure, !item.picture);
    setHidden(this.text, !item.text);
    setText(this.text, item.text ?? "");
  }

  paint(frame, palette, density) {
    const size = { space: Math.min(2 * ITEM_SIDE, document.documentElement.clientWidth - 48), side: ITEM_SIDE, density };
    if (this.item.picture) paintPicture(this.picture, frame, this.item.picture, palette, size);
    if (this.item.gradient) paintPicture(this.gradient, frame, this.item.gradient, palette, size);
  }

  writeTexts(words, kept) {
    const { item } = this;
    this.kept = kept;
    setText(this.heading, words.say("item"));
    setText(this.label, words.say("item_number", { ...item, number: String(item.number) }));
    setText(this.captions[0], words.say("input"));
    setText(this.captions[1], words.say("input_gradient"));
    this.captions[1].title = words.say("input_gradient_help");
    setText(this.keep, words.say(kept ? "release" : "keep"));
    setLabel(this.picture.canvas, words.say("picture_label", { ...item, number: String(item.number) }));
    if (!item.gradient) return;
    const range = { low: formatValue(item.gradient.low), high: formatValue(item.gradient.high) };
    setText(this.gradientRange, formatRange(words, item.gradient));
    setLabel(this.gradient.canvas, words.say("gradient_label", range));
  }
}

class TestCard {
  constructor() {
    this.sheet = new Sheet();
    this.sheet.canvas.setAttribute("role", "img");
    this.text = element("p", { class: "lv-text" });
    this.verdict = element("span", { class: "lv-verdict" });
    this.label = element("span", { class: "lv-truth" });
    this.bars = Array.from({ length: BARS }, () => {
      const part = (name) => element("span", { class: `lv-bar-${name}` });
      const bar = { mark: part("mark"), name: part("name"), share: part("share"), fill: element("i") };
      bar.element = element("li", {}, bar.mark, bar.name, element("span", { class: "lv-bar" }, bar.fill), bar.share);
      return bar;
    });
    this.element = element(
      "li",
      { class: "lv-test" },
      this.sheet.canvas,
      element("p", {}, this.label, this.verdict),
      this.text,
      element("ul", { class: "lv-bars" }, ...this.bars.map((bar) => bar.element)),
    );
  }

  take(test, classes) {
    this.test = test;
    this.right = test.top[0]?.[0] === test.label;
    this.classes = classes;
    this.verdict.classList.toggle("lv-right", this.right);
    setHidden(this.sheet.canvas, !test.picture);
    setHidden(this.text, !test.text);
    setText(this.text, test.text ?? "");
    this.bars.forEach((bar, rank) => {
      const pair = test.top[rank];
      setHidden(bar.element, pair === undefined);
      if (pair === undefined) return;
      const isTruth = pair[0] === test.label;
      bar.element.classList.toggle("lv-right", isTruth);
      setText(bar.mark, isTruth ? "✓" : "✗");
      setText(bar.name, classes[pair[0]]);
      setAttribute(bar.name, "title", classes[pair[0]]);
      bar.fill.style.width = `${100 * pair[1]}%`;
      setText(bar.share, formatShare(pair[1]));
    });
  }

  paint(frame, palette, density) {
    if (!this.test.picture) return;
    paintPicture(this.sheet, frame, this.test.picture, palette, { space: 2 * TEST_SIDE, side: TEST_SIDE, density });
  }

  writeTexts(words) {
    const { test } = this;
    const label = this.classes[test.label];
    setText(this.label, label);
    setAttribute(this.label, "title", label);
    this.label.classList.toggle("lv-long", label.length > LONG_LABEL);
    setText(this.verdict, this.right ? `✓ ${words.say("right")}` : `✗ ${words.say("wrong")}`);
    setLabel(this.sheet.canvas, words.say("test_label", { number: String(test.number), label }));
    this.bars.forEach((bar, rank) => {
      const pair = test.top[rank];
      if (pair === undefined) return;
      const values = { name: this.classes[pair[0]], share: formatShare(pair[1]) };
      setAttribute(bar.element, "aria-label", words.say(pair[0] === test.label ? "answer_right" : "answer_wrong", values));
    });
  }
}

export class TestsView {
  constructor() {
    this.heading = element("h3");
    this.accuracy = element("p", { class: "lv-label" });
    this.note = element("p", { class: "lv-note" });
    this.cards = [];
    this.list = element("ul", { class: "lv-tests-list" });
    this.element = element("section", { class: "lv-tests" }, element("header", {}, this.heading, this.accuracy), this.list, this.note);
  }

  take({ tests, classes }) {
    this.tests = tests;
    // The bars stand still while the names beside them change.
    const longest = Math.max(...classes.map((name) => name.length));
    this.list.style.setProperty("--lv-longest-name", Math.min(longest, LONGEST_NAME));
    if (this.cards.length !== tests.items.length) {
      this.cards = tests.items.map(() => new TestCard());
      this.list.replaceChildren(...this.cards.map((card) => card.element));
    }
    this.cards.forEach((card, index) => card.take(tests.items[index], classes));
  }

  paint(frame, palette, density) {
    for (const card of this.cards) card.paint(frame, palette, density);
  }

  writeTexts(words) {
    const { correct, of, split } = this.tests;
    const key = split === "training" ? "tests_training" : "tests";
    setText(this.heading, words.say(key));
    setText(this.accuracy, of > 0 ? words.say("accuracy", { share: formatShare(correct / of), of }) : "");
    setText(this.note, words.say(`${key}_note`));
    for (const card of this.cards) card.writeTexts(words);
  }
}
