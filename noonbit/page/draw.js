/*
 * Drawing by mouse, finger, pen or keyboard.
 */

/** Points of the drawing along its longer side; more than any network here takes. */
const DRAWING_SIDE = 336;
/** Of the longer side: what an arrow key moves the pen by, and with Shift. */
const PEN_STEP = 1 / 42;
const LONG_PEN_STEP = 1 / 10;

/**
 * A drawing of strokes on a canvas, with undo.
 *
 * A stroke is {width, points}; a point is [x, y, pressure], 0 to 1 of the drawing's width and height.
 * `pressure` is 1 for a mouse and a finger.
 */
class Drawing {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{width: number, height: number, isLight: boolean}} paper its shape, and whether strokes
   *   are light on dark
   * @param {{onChange: function(): void, onPen: function(boolean): void}} listeners called after each
   *   change, and when the keyboard's pen goes down (true) or up
   */
  constructor(canvas, { width, height, isLight }, { onChange, onPen }) {
    this.canvas = canvas;
    const scale = DRAWING_SIDE / Math.max(width, height);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.paper = isLight ? "#000" : "#fff";
    this.ink = isLight ? "#fff" : "#000";
    this.onChange = onChange;
    this.onPen = onPen;
    /** Of the longer side. */
    this.penWidth = 0.08;
    this.strokes = [];
    this.earlier = [];
    this.current = null;
    this.pointer = null;
    this.pen = { x: 0.5, y: 0.5, isDown: false };
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.end(event));
    canvas.addEventListener("pointercancel", (event) => this.drop(event));
    canvas.addEventListener("keydown", (event) => this.press(event));
    canvas.addEventListener("blur", () => this.lift());
    canvas.addEventListener("focus", () => this.placeCross());
    this.paint();
  }

  get isEmpty() {
    return this.strokes.length === 0 && this.current === null;
  }

  /** The drawing as pixels: {width, height, data} of RGBA. */
  pixels() {
    return this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  /** Take back the last stroke, or the clearing. */
  undo() {
    this.lift();
    if (!this.earlier.length) return;
    this.strokes = this.earlier.pop();
    this.changed();
  }

  /** Empty the paper; `undo` brings it back. */
  clear() {
    this.lift();
    if (this.strokes.length) this.keep([]);
    this.changed();
  }

  begin(event) {
    if (this.pointer !== null || event.button !== 0) return;
    this.lift();
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.current = { width: this.penWidth, points: [this.pointOf(event)] };
    this.changed();
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of events.length ? events : [event]) this.current.points.push(this.pointOf(each));
    this.changed();
  }

  end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.finish();
  }

  drop(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.current = null;
    this.changed();
  }

  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    // A pen's pressure rests at about a half; mice and fingers have none to speak of.
    const pressure = event.pointerType === "pen" && event.pressure > 0 ? 0.4 + 1.2 * event.pressure : 1;
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, pressure];
  }

  press(event) {
    const step = event.shiftKey ? LONG_PEN_STEP : PEN_STEP;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) this.step(...moves[event.key]);
    else if (event.key === " " || event.key === "Enter") this.togglePen();
    else if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else if (event.key === "Escape" && this.pen.isDown) this.lift();
    else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) this.undo();
    else return;
    event.preventDefault();
  }

  step(right, down) {
    const longer = Math.max(this.canvas.width, this.canvas.height);
    this.pen.x = Math.min(Math.max(this.pen.x + (right * longer) / this.canvas.width, 0), 1);
    this.pen.y = Math.min(Math.max(this.pen.y + (down * longer) / this.canvas.height, 0), 1);
    if (this.pen.isDown) this.current.points.push([this.pen.x, this.pen.y, 1]);
    this.placeCross();
    if (this.pen.isDown) this.changed();
  }

  togglePen() {
    if (this.pen.isDown) {
      this.lift();
      return;
    }
    this.pen.isDown = true;
    this.current = { width: this.penWidth, points: [[this.pen.x, this.pen.y, 1]] };
    this.placeCross();
    this.onPen(true);
    this.changed();
  }

  /** Lift the keyboard's pen, which ends its stroke. */
  lift() {
    if (!this.pen.isDown) return;
    this.pen.isDown = false;
    this.placeCross();
    this.onPen(false);
    this.finish();
  }

  finish() {
    this.keep([...this.strokes, this.current]);
    this.current = null;
    this.changed();
  }

  keep(strokes) {
    this.earlier.push(this.strokes);
    this.strokes = strokes;
  }

  changed() {
    this.paint();
    this.onChange();
  }

  /** Show where the keyboard's pen is, beside the drawing and not in it. */
  placeCross() {
    const cross = this.canvas.parentElement.querySelector(".pen-cross");
    if (!cross) return;
    cross.style.left = `${100 * this.pen.x}%`;
    cross.style.top = `${100 * this.pen.y}%`;
    cross.classList.toggle("down", this.pen.isDown);
  }

  paint() {
    const { context, canvas } = this;
    context.fillStyle = this.paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = this.ink;
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const stroke of this.strokes) this.paintStroke(stroke);
    if (this.current) this.paintStroke(this.current);
  }

  paintStroke({ width, points }) {
    const { context, canvas } = this;
    const full = width * Math.max(canvas.width, canvas.height);
    const at = ([x, y]) => [x * canvas.width, y * canvas.height];
    let [lastX, lastY] = at(points[0]);
    // A width for each piece, since a pen's pressure changes on the way. A dot is a piece too.
    for (const point of points.length > 1 ? points.slice(1) : points) {
      const [x, y] = at(point);
      context.lineWidth = Math.max(1, full * point[2]);
      context.beginPath();
      context.moveTo(lastX, lastY);
      context.lineTo(x + 0.01, y); // a piece without length may not be drawn at all
      context.stroke();
      [lastX, lastY] = [x, y];
    }
  }
}
