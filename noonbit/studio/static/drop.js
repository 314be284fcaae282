/*
 * <file-drop texts="{...}" limits="{...}">: files and folders, dropped or chosen, become a data set.
 */

import { element } from "./elements.js";
import { sendFiles, speak, viewAddress } from "./upload.js";

const ENDINGS = /(\.tar)?\.\w{1,8}$/i;
const GIB = 2 ** 30;

class FileDrop extends HTMLElement {
  connectedCallback() {
    this.texts = JSON.parse(this.getAttribute("texts"));
    this.limits = JSON.parse(this.getAttribute("limits"));
    const say = (key, values) => speak(this.texts, key, values);
    const chooser = (attributes) =>
      element("input", { type: "file", multiple: "", hidden: "", onchange: (event) => this.choose(event), ...attributes });
    this.files = chooser({ "data-choose": "files" });
    this.folder = chooser({ "data-choose": "folder", webkitdirectory: "" });
    this.progress = element("progress", { max: "1", value: "0", hidden: "", "aria-label": say("drop.progress") });
    this.problem = element("p", { class: "warning", role: "alert", hidden: "" });
    this.buttons = [
      element("button", { type: "button", class: "plain", onclick: () => this.files.click() }, say("drop.files")),
      element("button", { type: "button", class: "plain", onclick: () => this.folder.click() }, say("drop.folder")),
    ];
    const limits = { size: size(this.limits.bytes), files: this.limits.files };
    this.append(
      element("p", { class: "drop-help" }, say("drop.help")),
      element("div", { class: "side-by-side" }, ...this.buttons, this.files, this.folder),
      element("p", { class: "aside" }, say("drop.help_more", limits)),
      this.progress,
      this.problem,
    );
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.classList.add("dropping");
    });
    this.addEventListener("dragleave", (event) => {
      if (!this.contains(event.relatedTarget)) this.classList.remove("dropping");
    });
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      this.classList.remove("dropping");
      // They have to be asked for at once: afterwards the event holds nothing. A script drops files
      // that are no entries of a disk.
      const entries = [...event.dataTransfer.items]
        .map((item) => item.webkitGetAsEntry() ?? item.getAsFile())
        .filter(Boolean);
      this.send(() => filesOfEntries(entries));
    });
  }

  choose(event) {
    const files = [...event.target.files].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
    event.target.value = ""; // so that the same can be chosen again
    this.send(async () => files);
  }

  /** Send what `find` finds, and go to where it is looked at. */
  async send(find) {
    this.complain(null);
    for (const button of this.buttons) button.disabled = true;
    try {
      const { name, files } = named((await find()).filter(({ path }) => !isHidden(path)));
      const reason = this.reasonAgainst(files);
      if (reason !== null) return this.complain(reason);
      this.progress.hidden = false;
      const source = await sendFiles(name, files, (share) => (this.progress.value = share));
      location.assign(viewAddress(source));
    } catch (error) {
      this.complain(error.message === "null" ? speak(this.texts, "drop.failed") : error.message);
    } finally {
      this.progress.hidden = true;
      for (const button of this.buttons) button.disabled = false;
    }
  }

  reasonAgainst(files) {
    const bytes = files.reduce((sum, { blob }) => sum + blob.size, 0);
    const { bytes: mostBytes, files: mostFiles } = this.limits;
    if (!files.length) return speak(this.texts, "drop.nothing");
    if (bytes > mostBytes) return speak(this.texts, "drop.too_large", { size: size(bytes), most: size(mostBytes) });
    if (files.length > mostFiles) return speak(this.texts, "drop.too_many", { count: files.length, most: mostFiles });
    return null;
  }

  complain(sentence) {
    this.problem.hidden = sentence === null;
    this.problem.textContent = sentence ?? "";
  }
}

/** `4 GiB`, `1.3 GiB`. */
function size(bytes) {
  return `${Number((bytes / GIB).toFixed(1))} GiB`;
}

/** What systems leave beside files: .DS_Store, and the like. */
function isHidden(path) {
  return path.split("/").some((piece) => piece.startsWith("."));
}

/** Take the name from the one file or folder that was given; the folder itself is left out. */
function named(files) {
  const tops = new Set(files.map(({ path }) => path.split("/")[0]));
  if (tops.size !== 1) return { name: "", files };
  const [top] = tops;
  if (files.length === 1 && files[0].path === top) return { name: top.replace(ENDINGS, "") || top, files };
  return { name: top, files: files.map(({ path, blob }) => ({ path: path.slice(top.length + 1), blob })) };
}

/** All files in dropped files and folders. */
async function filesOfEntries(entries) {
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) {
      found.push({ path: entry.name, blob: entry });
    } else if (entry.isFile) {
      const blob = await new Promise((resolve, reject) => entry.file(resolve, reject));
      found.push({ path: entry.fullPath.replace(/^\//, ""), blob });
    } else {
      found.push(...(await filesOfEntries(await entriesIn(entry))));
    }
  }
  return found;
}

/** The entries of a folder, which a browser gives a hundred at a time. */
async function entriesIn(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

customElements.define("file-drop", FileDrop);
