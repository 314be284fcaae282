/*
 * The picture of a training: the item and its gradient, items with their answers, and every layer's
 * activations, filters and gradients. It needs layers.css and the modules beside it, and nothing else.
 *
 *   const view = new LayersView(container, { language: "ko" });
 *   view.onShow = ({ layers, item }) => socket.send(...);   // what a person wants to see
 *   socket.onmessage = ({ data }) => view.show(data);       // an ArrayBuffer, see frame.js
 *
 * Frames may come faster than they can be painted: the latest is painted, the others are dropped. Only
 * what is on the screen is painted. After the first frame of a network nothing is made any more: no
 * elements, no canvases, no buffers, as long as the shapes stay the same.
 */

import { Palette } from "./colours.js";
import { element, setHidden, setText } from "./elements.js";
import { DamagedFrame, decodeFrame } from "./frame.js";
import { ItemView, TestsView } from "./items_view.js";
import { LayerRow } from "./layer_row.js";
import { Legend } from "./legend.js";
import { Lens } from "./lens.js";
import { Strip } from "./strip.js";
import { Words } from "./texts.js";

/** From so many layers on, maps are drawn small until one asks for all of a layer. */
const COMPACT_LAYERS = 13;
/**
 * Numbers that change ten times a second cannot be read; they follow the pictures this often. They are
 * written with a picture, so that the page is laid out and painted once for both, and by themselves
 * only if no picture comes any more.
 */
const TEXT_MILLISECONDS = 400;
const REDUCED_MOTION_MILLISECONDS = 1000;

export class LayersView {
  /** Called with `{ layers, item }`, which a person wants to see: names of layers to be shown whole, and an item's number or null. */
  onShow = () => {};

  /** Frames that came, that were painted, and that were passed over; the last painting's milliseconds. */
  statistics = { shown: 0, painted: 0, dropped: 0, milliseconds: 0 };

  /**
   * @param {HTMLElement} container is filled
   * @param {{language?: string}} options
   */
  constructor(container, { language = "en" } = {}) {
    this.words = new Words(language);
    this.item = null;
    this.frame = null;
    this.waitingFrame = null;
    this.damage = null;
    this.version = 0;
    this.structure = "";
    this.rows = [];
    this.parts = new Map(); // element -> { part, visible, painted: the version that it shows }
    this.takenAt = -Infinity;
    this.writtenAt = -Infinity;

    this.message = element("p", { class: "lv-message", role: "status" });
    this.waiting = element("p", { class: "lv-waiting" });
    this.itemView = new ItemView({ keep: (number) => this.#keep(number) });
    this.testsView = new TestsView();
    this.legend = new Legend();
    this.lens = new Lens({ repaint: () => this.#touch() });
    this.stripPlace = element("div", { class: "lv-strip-place" });
    this.rowsPlace = element("div", { class: "lv-rows" });
    this.body = element(
      "div",
      { class: "lv-body" },
      element("div", { class: "lv-top" }, this.itemView.element, this.testsView.element),
      this.stripPlace,
      this.legend.element,
      this.rowsPlace,
    );
    this.body.hidden = true;
    this.root = element("div", { class: "layers-view" }, this.message, this.waiting, this.body, this.lens.element);
    container.append(this.root);
    this.palette = new Palette(this.root);

    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
    this.seen = new IntersectionObserver((entries) => this.#noteVisible(entries), { rootMargin: "120px" });
    this.reached = new IntersectionObserver((entries) => this.#noteReached(entries), { rootMargin: "-15% 0px -60% 0px" });
    this.sized = new ResizeObserver((entries) => this.#noteSizes(entries));
    // layers.css gives the palette's colours a transition of a moment, which tells of any other theme.
    this.root.addEventListener("transitionend", (event) => {
      if (event.target === this.root && this.palette.refresh()) this.#touch();
    });
    this.onResize = () => this.#touch();
    addEventListener("resize", this.onResize);
    this.#register(this.itemView.element, this.itemView);
    this.#register(this.testsView.element, this.testsView);
    this.#writeTexts();
  }

  /**
   * Show a frame as soon as there is time for it.
   * @param {ArrayBuffer} frame as frame.js describes it; a damaged one is refused in words, and the last picture stays
   */
  show(frame) {
    this.statistics.shown++;
    if (this.waitingFrame !== null) this.statistics.dropped++;
    this.waitingFrame = frame;
    this.#schedule();
  }

  /** @param {string} code `en` or `ko` */
  setLanguage(code) {
    this.words = new Words(code);
    this.#writeTexts();
  }

  /** Whether all that came is painted and written. */
  get idle() {
    return this.waitingFrame === null && !this.request && !this.textTimer;
  }

  /** Take the view away, and stop all that observes and waits. */
  destroy() {
    cancelAnimationFrame(this.request);
    clearTimeout(this.frameTimer);
    clearTimeout(this.textTimer);
    this.seen.disconnect();
    this.reached.disconnect();
    this.sized.disconnect();
    removeEventListener("resize", this.onResize);
    this.destroyed = true;
    this.root.remove();
  }

  #schedule() {
    if (this.request || this.destroyed) return;
    this.request = requestAnimationFrame((now) => this.#tick(now));
  }

  /** Paint the same frame again: other sizes, colours, or places. */
  #touch() {
    this.version++;
    this.#schedule();
  }

  #tick(now) {
    this.request = 0;
    if (this.waitingFrame !== null) {
      // Painting never takes more than a third of the page's time.
      const pause = this.motion.matches ? REDUCED_MOTION_MILLISECONDS : 2 * this.statistics.milliseconds;
      const rest = this.takenAt + pause - now;
      if (rest <= 0) {
        this.takenAt = now;
        this.#take();
      } else {
        clearTimeout(this.frameTimer);
        this.frameTimer = setTimeout(() => this.#schedule(), rest);
      }
    }
    if (this.frame === null) return;
    const begun = performance.now();
    if (this.#paint()) this.statistics.milliseconds = performance.now() - begun;
    this.#writeTextsSoon(now);
  }

  #take() {
    const buffer = this.waitingFrame;
    this.waitingFrame = null;
    try {
      this.frame = decodeFrame(buffer);
      this.damage = null;
    } catch (error) {
      if (!(error instanceof DamagedFrame)) throw error;
      this.damage = error;
      this.#writeMessage();
      return;
    }
    const { frame } = this;
    const structure = JSON.stringify(frame.layers.map(({ name, kind, output }) => [name, kind, output]));
    if (structure !== this.structure) this.#build(frame);
    this.structure = structure;
    setHidden(this.body, false);
    for (const part of [this.itemView, this.testsView, this.legend, this.lens]) part.take(frame);
    frame.layers.forEach((layer, index) => {
      this.rows[index].take(layer);
      this.strip.thumbnails[index].take(layer);
    });
    this.version++;
    this.statistics.painted++;
  }

  /** The elements of a network's layers, made once. */
  #build({ layers }) {
    for (const { element: each } of this.rows) this.reached.unobserve(each);
    for (const each of this.parts.keys()) if (this.rowsPlace.contains(each) || this.stripPlace.contains(each)) this.#forget(each);
    if (this.lens.element.open) this.lens.element.close();
    const groups = groupLayers(layers);
    this.strip = new Strip(groups, (index) => this.#goTo(index));
    this.stripPlace.replaceChildren(this.strip.element);
    for (const thumbnail of this.strip.thumbnails) this.#register(thumbnail.element, thumbnail);
    this.rows = [];
    this.groupHeadings = [];
    this.rowsPlace.replaceChildren(
      ...groups.map(({ name, layers: members }) => {
        const rows = members.map((layer) => this.#makeRow(layer, name));
        if (name === "") return rows[0].element;
        return this.#makeGroup(name, rows);
      }),
    );
  }

  #makeRow(layer, group) {
    const index = this.rows.length;
    const shortName = group === "" ? layer.name : layer.name.slice(group.length + 1);
    const row = new LayerRow(layer, shortName, {
      observer: this.sized,
      register: (target, part) => this.#register(target, part),
      enlarge: (panel, map) => this.lens.open(index, panel, map),
      toggle: (open) => this.#toggle(row, open),
    });
    this.rows.push(row);
    this.reached.observe(row.element);
    return row;
  }

  #makeGroup(name, rows) {
    const place = element("div", { class: "lv-group-rows" }, ...rows.map((row) => row.element));
    const count = element("span", { class: "lv-note" });
    const button = element("button", { type: "button", class: "lv-fold", "aria-expanded": "true" }, element("span", {}, name), " ", count);
    button.addEventListener("click", () => {
      place.hidden = !place.hidden;
      button.setAttribute("aria-expanded", !place.hidden);
    });
    this.groupHeadings.push({ count, layers: rows.length });
    return element("section", { class: "lv-group" }, element("h3", {}, button), place);
  }

  #register(target, part) {
    this.parts.set(target, { part, visible: false, painted: -1 });
    this.seen.observe(target);
  }

  #forget(target) {
    this.parts.delete(target);
    this.seen.unobserve(target);
    this.sized.unobserve(target);
  }

  #noteVisible(entries) {
    for (const { target, isIntersecting } of entries) {
      const noted = this.parts.get(target);
      if (noted) noted.visible = isIntersecting;
    }
    this.#schedule();
  }

  #noteReached(entries) {
    for (const { target, isIntersecting } of entries) target.toggleAttribute("data-reached", isIntersecting);
    this.strip?.mark(this.rows.findIndex((row) => row.element.hasAttribute("data-reached")));
  }

  #noteSizes(entries) {
    let changed = false;
    for (const { target, contentRect } of entries) {
      const part = this.parts.get(target)?.part;
      if (!part || contentRect.width === 0 || part.space === contentRect.width) continue;
      part.space = contentRect.width;
      changed = true;
    }
    if (changed) this.#touch();
  }

  /** @returns {boolean} whether anything was painted */
  #paint() {
    const density = devicePixelRatio;
    const compact = this.rows.length >= COMPACT_LAYERS;
    this.rowsPlace.classList.toggle("lv-compact", compact);
    for (const row of this.rows) row.reserve(compact, density);
    let painted = false;
    for (const noted of this.parts.values()) {
      if (!noted.visible || noted.painted === this.version) continue;
      noted.part.paint(this.frame, this.palette, density);
      noted.painted = this.version;
      painted = true;
    }
    this.lens.paint(this.frame, this.palette, density);
    return painted;
  }

  /** Texts of the items go with their pictures; numbers of layers wait until they can be read. */
  #writeTextsSoon(now) {
    this.testsView.writeTexts(this.words);
    this.itemView.writeTexts(this.words, this.item !== null);
    this.lens.writeTexts(this.words);
    clearTimeout(this.textTimer);
    this.textTimer = 0;
    const rest = this.writtenAt + TEXT_MILLISECONDS - now;
    if (rest <= 0) {
      this.writtenAt = now;
      this.#writeTexts();
    } else {
      this.textTimer = setTimeout(() => {
        this.textTimer = 0;
        this.#schedule();
      }, rest + TEXT_MILLISECONDS);
    }
  }

  #writeTexts() {
    const { words } = this;
    this.root.lang = words.language;
    setText(this.waiting, words.say("waiting"));
    setHidden(this.waiting, this.frame !== null);
    this.#writeMessage();
    if (this.frame === null) return;
    if (this.palette.refresh()) this.#touch();
    this.itemView.writeTexts(words, this.item !== null);
    this.testsView.writeTexts(words);
    this.legend.writeTexts(words);
    this.lens.writeTexts(words);
    this.strip.writeTexts(words);
    for (const { count, layers } of this.groupHeadings) setText(count, words.say("group_layers", { count: layers }));
    for (const row of this.rows) row.writeTexts(words);
  }

  #writeMessage() {
    const text = this.damage === null ? "" : this.words.say(this.damage.key, this.damage.values);
    setText(this.message, text);
    this.message.classList.toggle("lv-empty", text === "");
  }

  #goTo(index) {
    const { element: target } = this.rows[index];
    const group = target.closest(".lv-group-rows");
    if (group?.hidden) group.previousElementSibling.querySelector("button").click();
    target.scrollIntoView({ block: "start", behavior: this.motion.matches ? "auto" : "smooth" });
    target.focus({ preventScroll: true });
  }

  #toggle(row, open) {
    row.open = open;
    row.take(row.layer);
    row.writeTexts(this.words);
    this.#touch();
    this.#tell();
  }

  #keep(number) {
    this.item = number;
    this.itemView.writeTexts(this.words, number !== null);
    this.#tell();
  }

  #tell() {
    const layers = this.rows.filter((row) => row.open).map((row) => row.layer.name);
    this.onShow({ layers, item: this.item });
  }
}

/** `features.3.path.0.conv` belongs to the block `features.3`; a layer without a block stands by itself. */
function groupLayers(layers) {
  const groups = [];
  for (const layer of layers) {
    const parts = layer.name.split(".");
    const name = parts.length > 2 ? parts.slice(0, 2).join(".") : "";
    const last = groups.at(-1);
    if (name !== "" && last?.name === name) last.layers.push(layer);
    else groups.push({ name, layers: [layer] });
  }
  // A block of one layer needs no heading: its whole name stands in its row.
  return groups.map((group) => (group.layers.length === 1 ? { ...group, name: "" } : group));
}
