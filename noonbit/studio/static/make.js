/*
 * <picture-sets texts="{...}">: classes with names, and pictures for each, which are drawn,
 * photographed or chosen. They stay in the browser until they are saved as a data set.
 *
 * The pad is `Drawing` of the exported page (/pad.js).
 */

import { Camera } from "./camera.js";
import { element, setHidden, setText } from "./elements.js";
import { greyPngOf } from "./grey_png.js";
import { PictureClass } from "./picture_class.js";
import { sendFiles, speak, viewAddress } from "./upload.js";

/** Pixels of a side of a drawing as it is saved: MNIST's, with which any network is trained in no time. */
const SAVED_SIDE = 28;
const USUAL_PEN = 0.08;
const WAYS = ["draw", "camera", "files"];

class PictureSets extends HTMLElement {
  connectedCallback() {
    const texts = JSON.parse(this.getAttribute("texts"));
    this.say = (key, values) => speak(texts, key, values);
    this.classes = [];
    this.build();
    this.addClass();
    this.addClass();
    this.choose(this.classes[0]);
    this.setWay("draw");
    this.guard = (event) => {
      if (!this.isSaved && this.classes.some((each) => each.pictures.length)) event.preventDefault();
    };
    addEventListener("beforeunload", this.guard);
  }

  disconnectedCallback() {
    removeEventListener("beforeunload", this.guard);
    this.camera.stop();
  }

  build() {
    const { say } = this;
    this.name = element("input", { type: "text", value: say("make.default_name"), maxlength: "80" });
    this.list = element("div", { class: "picture-classes" });
    this.problem = element("p", { class: "warning", role: "alert", hidden: "" });
    this.saveButton = element("button", { type: "button", class: "plain primary", onclick: () => this.save() }, say("make.save"));
    const tools = element("section", { class: "panel", "aria-label": say("make.ways") }, this.buildWays(), ...this.buildTools());
    const classes = element(
      "section",
      { class: "panel", "aria-labelledby": "make-classes" },
      element("label", { class: "field" }, element("span", {}, say("make.name")), this.name),
      element("h2", { id: "make-classes" }, say("make.classes")),
      this.list,
      element("button", { type: "button", class: "plain", onclick: () => this.choose(this.addClass(), true) }, say("make.add_class")),
      element("p", { class: "aside" }, say("make.save_help")),
      this.problem,
      this.saveButton,
    );
    this.append(element("div", { class: "make-columns" }, tools, classes));
  }

  buildWays() {
    this.ways = WAYS.map((way) =>
      element("button", { type: "button", "aria-pressed": "false", onclick: () => this.setWay(way) }, this.say(`make.${way}`)),
    );
    return element("div", { class: "choice", role: "group", "aria-label": this.say("make.ways") }, ...this.ways);
  }

  buildTools() {
    const { say } = this;
    this.keep = element("button", { type: "button", class: "plain primary", onclick: () => this.keepDrawing() });
    this.shoot = element("button", { type: "button", class: "plain primary", onclick: () => this.takePhoto() });
    this.pick = element("button", { type: "button", class: "plain primary", onclick: () => this.chooser.click() });
    this.chooser = element("input", { type: "file", accept: "image/*", multiple: "", hidden: "", onchange: (event) => this.takeChosen(event) });
    this.camera = new Camera(say("make.camera_view"));
    this.hint = element("p", { class: "warning", role: "alert", hidden: "" });
    this.tools = {
      draw: element("div", { class: "rows" }, ...this.buildPad()),
      camera: element("div", { class: "rows" }, this.camera.video, this.shoot),
      files: element("div", { class: "rows file-place" }, this.pick, this.chooser, element("p", { class: "aside" }, say("make.drop"))),
    };
    this.addEventListener("dragover", (event) => event.preventDefault()); // a browser would open what is dropped
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.addFiles([...event.dataTransfer.files]);
    });
    return [...Object.values(this.tools), this.hint];
  }

  buildPad() {
    const { say } = this;
    const canvas = element("canvas", { class: "pad", tabindex: "0", role: "application", "aria-label": say("make.pad"), "aria-describedby": "pad-help" });
    const state = element("p", { class: "spoken-only", role: "status" });
    const stage = element("div", { class: "pad-stage" }, canvas, element("span", { class: "pen-cross", "aria-hidden": "true" }));
    this.drawing = new Drawing(
      canvas,
      { width: SAVED_SIDE, height: SAVED_SIDE, isLight: false },
      {
        onChange: () => setHidden(this.hint, true),
        onPen: (isDown) => setText(state, say(isDown ? "make.pen_down" : "make.pen_up")),
      },
    );
    this.drawing.penWidth = USUAL_PEN;
    const width = element("input", { type: "range", min: "2", max: "20", value: String(100 * USUAL_PEN) });
    width.addEventListener("input", () => (this.drawing.penWidth = Number(width.value) / 100));
    const tools = element(
      "div",
      { class: "side-by-side" },
      element("button", { type: "button", class: "plain", onclick: () => this.drawing.undo() }, say("make.undo")),
      element("button", { type: "button", class: "plain", onclick: () => this.drawing.clear() }, say("make.clear")),
      element("label", { class: "pen-width" }, element("span", {}, say("make.pen_width")), width),
    );
    const help = element("p", { class: "aside", id: "pad-help" }, say("make.pad_help"));
    return [stage, tools, this.keep, help, state];
  }

  addClass() {
    const number = this.classes.length + 1;
    const made = new PictureClass(number, this.say, {
      onChoose: () => this.choose(made),
      onRename: () => this.showChosen(),
      onRemove: () => this.removeClass(made),
    });
    this.classes.push(made);
    this.list.append(made.element);
    this.showRemovable();
    return made;
  }

  removeClass(gone) {
    gone.destroy();
    this.classes = this.classes.filter((each) => each !== gone);
    this.showRemovable();
    this.choose(gone === this.chosen ? this.classes[0] : this.chosen);
  }

  /** A data set has two classes at least. */
  showRemovable() {
    for (const each of this.classes) setHidden(each.removeButton, this.classes.length <= 2);
  }

  /** Let new pictures go to a class. */
  choose(chosen, isNew = false) {
    this.chosen = chosen;
    this.showChosen();
    if (isNew) chosen.nameField.select();
  }

  showChosen() {
    for (const each of this.classes) each.showChosen(each === this.chosen);
    const { name } = this.chosen;
    setText(this.keep, this.say("make.keep", { name }));
    setText(this.shoot, this.say("make.shoot", { name }));
    setText(this.pick, this.say("make.choose", { name }));
  }

  async setWay(way) {
    this.way = way;
    WAYS.forEach((each, index) => {
      this.ways[index].setAttribute("aria-pressed", String(each === way));
      setHidden(this.tools[each], each !== way);
    });
    this.complainHere(null);
    if (way !== "camera") return this.camera.stop();
    try {
      await this.camera.start();
      if (this.way !== "camera") this.camera.stop(); // another way was chosen meanwhile
    } catch {
      this.complainHere(this.say("make.camera_failed"));
    }
  }

  async keepDrawing() {
    if (this.drawing.isEmpty) return this.complainHere(this.say("make.nothing_drawn"));
    const { chosen } = this;
    const small = element("canvas", { width: SAVED_SIDE, height: SAVED_SIDE });
    const context = small.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(this.drawing.canvas, 0, 0, SAVED_SIDE, SAVED_SIDE);
    this.drawing.clear();
    chosen.add(await greyPngOf(small), "png");
  }

  async takePhoto() {
    const { chosen } = this;
    const photo = this.camera.photograph();
    if (photo === null) this.complainHere(this.say("make.camera_failed"));
    else chosen.add(await pngOf(photo), "png");
  }

  takeChosen(event) {
    this.addFiles([...event.target.files]);
    event.target.value = ""; // so that the same can be chosen again
  }

  /** Add files as they are, those that are pictures. */
  async addFiles(files) {
    const { chosen } = this;
    const bad = [];
    for (const file of files) {
      try {
        (await createImageBitmap(file)).close();
        chosen.add(file, /\.(\w{1,5})$/.exec(file.name)?.[1].toLowerCase() ?? "png");
      } catch {
        bad.push(file.name);
      }
    }
    this.complainHere(bad.length ? this.say("make.no_pictures", { names: bad.join(", ") }) : null);
  }

  complainHere(sentence) {
    setHidden(this.hint, sentence === null);
    setText(this.hint, sentence ?? "");
  }

  /** What keeps the classes from being a data set; null: nothing. */
  reasonAgainst() {
    const names = this.classes.map((each) => each.name);
    if (names.includes("")) return this.say("make.no_class_name");
    const twice = names.find((name, index) => names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) !== index);
    if (twice !== undefined) return this.say("make.same_names", { name: twice });
    const empty = this.classes.find((each) => !each.pictures.length);
    return empty === undefined ? null : this.say("make.too_few", { name: empty.name });
  }

  async save() {
    const reason = this.reasonAgainst();
    setHidden(this.problem, reason === null);
    setText(this.problem, reason ?? "");
    if (reason !== null) return;
    this.saveButton.disabled = true;
    try {
      const source = await sendFiles(this.name.value.trim(), this.classes.flatMap((each) => each.files()));
      this.isSaved = true;
      location.assign(viewAddress(source));
    } catch (error) {
      setHidden(this.problem, false);
      setText(this.problem, error.message === "null" ? this.say("drop.failed") : error.message);
      this.saveButton.disabled = false;
    }
  }
}

function pngOf(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

customElements.define("picture-sets", PictureSets);
