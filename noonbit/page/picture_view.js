/*
 * Giving the network a picture: drawn, dropped, chosen, pasted or photographed.
 */

/** A drawn figure usually takes so much of the paper, by which the pen's width is chosen. */
const USUAL_FIGURE = 0.7;
/** Of the longer side, where the training images say nothing of strokes. */
const USUAL_PEN = 0.06;
/** In the network's pixels: thinner strokes fade. */
const LEAST_PEN = 1.3;
/** Smaller pictures are enlarged without smoothing. */
const SMALL_PICTURE = 128;

class PictureView {
  /**
   * @param {Object} contract of contract.json
   * @param {function(function(): Promise<?{values: Uint8Array, done: string[]}>): void} ask called
   *   with what prepares each new picture; null where there is none
   */
  constructor({ preprocessor, mean }, ask) {
    this.preprocessor = preprocessor;
    this.ask = ask;
    byId("sees").hidden = false;
    const { width, height, channels, strokes, polarity } = preprocessor;
    // Where the training images have no polarity, the ground of grey ones is what most of them is.
    const isLight = polarity ? polarity === "light on dark" : channels === 1 && mean[0] < 0.5;
    byId("sees").style.setProperty("--aspect", String(width / height));
    this.drawing = new Drawing(
      byId("drawing"),
      { width, height, isLight },
      {
        onChange: () => this.askDrawing(),
        onPen: (isDown) => write(byId("pen-state"), isDown ? "pen_down" : "pen_up"),
      },
    );
    const pen = strokes ? USUAL_FIGURE * strokes.stroke_width[1] : Math.max(USUAL_PEN, LEAST_PEN / Math.max(width, height));
    byId("pen-width").value = String(Math.round(100 * pen));
    this.drawing.penWidth = Number(byId("pen-width").value) / 100;
    this.address = null;
    this.listen();
    // Only strokes are framed by the page; any other drawing is taken as it lies there.
    write(byId("draw-hint"), strokes ? "draw_hint" : "draw_large_hint");
    writeAttribute(byId("drawing"), "aria-label", "draw_here");
    writeAttribute(byId("photo"), "alt", "the_picture");
    writeAttribute(byId("prepared"), "aria-label", "sees_label", preprocessor);
    for (const id of ["paste-hint", "drop-hint"]) write(byId(id), "drop_here", { keys: shortcut("V") });
    write(byId("draw-help"), "draw_help", { undo: shortcut("Z") });
    // Nobody draws what a network of colour photographs knows.
    this.setMode(channels === 3 ? "waiting" : "drawing");
    this.showInput(null);
  }

  listen() {
    byId("undo").addEventListener("click", () => this.drawing.undo());
    byId("clear").addEventListener("click", () => this.drawing.clear());
    byId("pen-width").addEventListener("input", (event) => {
      this.drawing.penWidth = Number(event.target.value) / 100;
    });
    byId("back-to-drawing").addEventListener("click", () => {
      this.setMode("drawing");
      this.drawing.clear();
      byId("drawing").focus({ preventScroll: true });
    });
    byId("choose").addEventListener("click", () => byId("file").click());
    byId("photograph").addEventListener("click", () => this.photograph());
    for (const id of ["file", "capture"]) {
      byId(id).addEventListener("change", (event) => {
        if (event.target.files.length) this.takeFile(event.target.files[0]);
        event.target.value = ""; // so that the same file can be chosen again
      });
    }
    document.addEventListener("paste", (event) => this.takeFrom(event, event.clipboardData));
    document.addEventListener("drop", (event) => {
      byId("stage").classList.remove("dropping");
      this.takeFrom(event, event.dataTransfer);
    });
    document.addEventListener("dragover", (event) => {
      event.preventDefault(); // a browser would open what is dropped
      byId("stage").classList.add("dropping");
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) byId("stage").classList.remove("dropping");
    });
  }

  /** Take the first file that was dropped or pasted. */
  takeFrom(event, transfer) {
    event.preventDefault();
    const file = transfer && transfer.files[0];
    if (file) this.takeFile(file);
    else this.complain("no_picture");
  }

  /** @param {Blob} file */
  takeFile(file) {
    this.showPhoto(URL.createObjectURL(file));
    this.ask(async () => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { pixels, done } = await preparePicture(bytes, this.preprocessor);
      return { values: pixels, done };
    });
  }

  /** Show a test item, which holds the prepared pixels. */
  loadItem(item) {
    this.showPhoto(`data:image/png;base64,${item.input}`);
  }

  /** What a button for a test item shows. */
  itemContent(item, name) {
    return [
      element("img", { src: `data:image/png;base64,${item.input}`, alt: "" }),
      element("span", { class: "sample-name", dir: "auto" }, name),
    ];
  }

  showPhoto(address) {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = address.startsWith("blob:") ? address : null;
    const photo = byId("photo");
    photo.onload = () => {
      const isSmall = Math.max(photo.naturalWidth, photo.naturalHeight) <= SMALL_PICTURE;
      photo.style.imageRendering = isSmall ? "pixelated" : "auto";
    };
    photo.src = address;
    this.setMode("photo");
  }

  askDrawing() {
    const { drawing } = this;
    byId("draw-hint").hidden = !drawing.isEmpty;
    this.complain(null);
    this.ask(async () => {
      if (drawing.isEmpty) return null;
      const { pixels, done } = prepareImage(pictureOfDrawing(drawing.pixels()), this.preprocessor);
      return { values: pixels, done: done.filter((each) => each !== "made colour") };
    });
  }

  /** @param {"drawing"|"photo"|"waiting"} mode what lies on the stage */
  setMode(mode) {
    byId("drawing").hidden = mode !== "drawing";
    byId("draw-hint").hidden = mode !== "drawing" || !this.drawing.isEmpty;
    byId("photo").hidden = mode !== "photo";
    byId("drop-hint").hidden = mode !== "waiting";
    byId("stage").classList.toggle("waiting", mode === "waiting");
    for (const id of ["drawing-tools", "draw-help"]) byId(id).hidden = mode !== "drawing";
    byId("paste-hint").hidden = mode === "waiting";
    byId("back-to-drawing").hidden = mode === "drawing";
    byId("back-to-drawing").classList.toggle("primary", mode === "photo" && this.preprocessor.channels === 1);
    byId("choose").classList.toggle("primary", mode === "waiting");
    this.complain(null);
  }

  /** Say what is wrong with a picture; null: nothing. */
  complain(key, details) {
    byId("picture-problem").hidden = key === null;
    if (key !== null) write(byId("picture-problem"), key, details);
  }

  /** @param {InputRefused} error */
  refuse(error) {
    const key = `refused.${error.reason}`;
    this.complain(hasText(key) ? key : "no_picture", error.details);
    if (this.address) this.setPhotoless();
  }

  /** A browser has nothing to show of what is no picture. */
  setPhotoless() {
    byId("photo").hidden = true;
    byId("drop-hint").hidden = false;
    byId("stage").classList.add("waiting");
    byId("paste-hint").hidden = true;
  }

  /** Show the prepared pixels and what was done for them; null: nothing yet. */
  showInput(input) {
    const canvas = byId("prepared");
    if (input === null) {
      const { width, height } = this.preprocessor;
      canvas.width = width;
      canvas.height = height;
    } else {
      paintPixels(canvas, input.values, this.preprocessor);
    }
    tellDone(byId("done"), input === null ? ["sees_nothing"] : doneKeys(input.done), this.preprocessor);
  }

  async photograph() {
    const isPhone = window.matchMedia("(pointer: coarse)").matches;
    if (isPhone || !navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) {
      byId("capture").click(); // a phone's own camera; elsewhere the file chooser
      return;
    }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      this.complain("camera_failed");
      return;
    }
    await this.shoot(stream);
  }

  /** Show what the camera sees until a photo is taken, or not. */
  async shoot(stream) {
    const [dialog, video] = [byId("camera-dialog"), byId("video")];
    video.srcObject = stream;
    dialog.showModal();
    await video.play();
    const wanted = await new Promise((resolve) => {
      byId("shoot").onclick = () => resolve(true);
      byId("camera-cancel").onclick = () => resolve(false);
      dialog.onclose = () => resolve(false);
    });
    let photo = null;
    if (wanted) {
      const canvas = element("canvas", { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext("2d").drawImage(video, 0, 0);
      photo = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    }
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    dialog.close();
    if (photo) this.takeFile(photo);
  }
}

/** The texts of some adjustments; those that warn are said with the answer. */
function doneKeys(done) {
  const keys = done.map((each) => `done.${each}`).filter(hasText);
  return keys.length || done.length ? keys : ["done.none"];
}

/** List some texts, in each language. */
function tellDone(list, keys, values) {
  writeWith(list, "list", () => {
    list.replaceChildren(...keys.map((key) => element("li", {}, translate(key, values))));
  });
}
