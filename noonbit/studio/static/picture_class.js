/*
 * One class of a data set in the making: its name, and its pictures as thumbnails.
 */

import { element, setText } from "./elements.js";

export class PictureClass {
  /**
   * @param {number} number from 1
   * @param {function(string, Object=): string} say texts of the page
   * @param {{onChoose: function(), onRename: function(), onRemove: function()}} listeners
   */
  constructor(number, say, { onChoose, onRename, onRemove }) {
    this.say = say;
    /** {blob, ending, address, item} of each. */
    this.pictures = [];
    this.nameField = element("input", {
      type: "text",
      value: say("make.default_class", { number }),
      maxlength: "80",
      "aria-label": say("make.class_name", { number }),
      onfocus: onChoose,
    });
    this.nameField.addEventListener("input", () => {
      this.relabel();
      onRename();
    });
    this.chooseButton = element("button", { type: "button", class: "choose-class", onclick: onChoose });
    this.removeButton = element("button", { type: "button", class: "plain", onclick: onRemove }, "✕");
    this.count = element("span", { class: "aside number" });
    this.thumbnails = element("ul", { class: "thumbnails" });
    this.element = element(
      "div",
      { class: "picture-class" },
      element("div", { class: "class-head" }, this.chooseButton, this.nameField, this.count, this.removeButton),
      this.thumbnails,
    );
    this.relabel();
  }

  get name() {
    return this.nameField.value.trim();
  }

  /** Show whether new pictures go here. */
  showChosen(isChosen) {
    this.element.classList.toggle("chosen", isChosen);
    this.chooseButton.setAttribute("aria-pressed", String(isChosen));
  }

  /** @param {Blob} blob @param {string} ending of its file */
  add(blob, ending) {
    const address = URL.createObjectURL(blob);
    const picture = { blob, ending, address };
    const button = element("button", { type: "button", onclick: () => this.remove(picture) }, element("img", { src: address, alt: "" }));
    picture.item = element("li", {}, button);
    this.pictures.push(picture);
    this.thumbnails.append(picture.item);
    this.relabel();
  }

  remove(picture) {
    const index = this.pictures.indexOf(picture);
    this.pictures.splice(index, 1);
    URL.revokeObjectURL(picture.address);
    picture.item.remove();
    this.relabel();
    const next = this.pictures[Math.min(index, this.pictures.length - 1)];
    (next ? next.item.firstChild : this.nameField).focus();
  }

  relabel() {
    const { name } = this;
    setText(this.count, this.say("make.count", { count: this.pictures.length }));
    this.chooseButton.setAttribute("aria-label", this.say("make.choose_class", { name }));
    this.removeButton.setAttribute("aria-label", this.say("make.remove_class", { name }));
    this.pictures.forEach(({ item }, index) => {
      const label = this.say("make.delete", { number: index + 1, name });
      item.firstChild.setAttribute("aria-label", label);
      item.firstChild.title = label;
    });
  }

  /** The pictures as files in a folder of the class's name: {path, blob}. */
  files() {
    const folder = this.name.replace(/[/\\]/g, "-").replace(/^\.+/, "");
    return this.pictures.map(({ blob, ending }, index) => ({
      path: `${folder}/${String(index + 1).padStart(4, "0")}.${ending}`,
      blob,
    }));
  }

  destroy() {
    for (const { address } of this.pictures) URL.revokeObjectURL(address);
    this.element.remove();
  }
}
