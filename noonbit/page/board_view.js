/*
 * A Go board to play on, with the network's most probable moves numbered.
 */

/** Moves that get a number. */
const MOVES_NUMBERED = 5;
/** A point with a lower probability is not tinted. */
const LEAST_TINT = 0.005;
/** Between two lines, and from the edge to the first line, in units of the drawing. */
const CELL = 28;
const MARGIN = 40;

class BoardView {
  /**
   * @param {Object} model the page's MODEL
   * @param {function(function(): Promise<{values: Uint8Array, done: string[]}>): void} ask
   */
  constructor(model, ask) {
    this.preprocessor = model.contract.preprocessor;
    this.names = model.contract.class_names;
    this.size = this.preprocessor.height;
    this.ask = () => ask(async () => this.input());
    this.begin(new GoBoard(this.size), { black: 0, white: 0 });
    this.cursor = Math.floor((this.size * this.size) / 2);
    this.probabilities = null;
    this.element = byId("board");
    writeAttribute(this.element, "aria-label", "board_label", { size: this.size });
    write(byId("board-help"), "board_help", { undo: shortcut("Z") });
    this.listen();
    this.changed();
  }

  /** Go on from this board; `setup` counts the stones before its first move. */
  begin(board, setup) {
    this.board = board;
    this.setup = setup;
  }

  input() {
    return { values: planesOf(this.board, this.preprocessor).planes, done: [] };
  }

  listen() {
    this.element.addEventListener("click", (event) => {
      const point = this.pointAt(event);
      if (point !== null) this.play(point);
    });
    this.element.addEventListener("keydown", (event) => this.press(event));
    byId("board-undo").addEventListener("click", () => this.undo());
    byId("board-pass").addEventListener("click", () => this.pass());
    byId("board-new").addEventListener("click", () => {
      this.begin(new GoBoard(this.size), { black: 0, white: 0 });
      this.tell("to_move", { colour: () => translate("black") });
      this.changed();
    });
  }

  press(event) {
    const row = Math.floor(this.cursor / this.size);
    const column = this.cursor % this.size;
    const last = this.size - 1;
    if (event.key === "ArrowLeft") this.moveTo(row, Math.max(column - 1, 0));
    else if (event.key === "ArrowRight") this.moveTo(row, Math.min(column + 1, last));
    else if (event.key === "ArrowUp") this.moveTo(Math.max(row - 1, 0), column);
    else if (event.key === "ArrowDown") this.moveTo(Math.min(row + 1, last), column);
    else if (event.key === "Enter" || event.key === " ") this.play(this.cursor);
    else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) this.undo();
    else if (event.key.toLowerCase() === "p" && !event.ctrlKey && !event.metaKey) this.pass();
    else return;
    event.preventDefault();
  }

  moveTo(row, column) {
    this.cursor = row * this.size + column;
    this.render();
    const point = this.names[this.cursor];
    const stone = this.board.stones[this.cursor];
    const rank = this.bestMoves().indexOf(this.cursor) + 1;
    if (stone !== GO_EMPTY) this.tell("point_stone", { point, colour: () => colourName(stone) });
    else if (rank === 0) this.tell("point_empty", { point });
    else this.tell("point_ranked", { point, rank, probability: formatProbability(this.probabilities[this.cursor]) });
  }

  play(point) {
    this.cursor = point;
    const refusal = this.board.refusal(point);
    if (refusal !== null) {
      this.tell(`illegal.${refusal}`, { point: this.names[point] });
      this.render();
      return;
    }
    const colour = this.board.toPlay;
    this.board.play(point);
    this.tell("played", { colour: () => colourName(colour), point: this.names[point] });
    this.changed();
  }

  pass() {
    const colour = this.board.toPlay;
    this.board.pass();
    this.tell("passed", { colour: () => colourName(colour) });
    this.changed();
  }

  undo() {
    if (!this.board.undo()) {
      this.tell("nothing_to_undo");
      return;
    }
    this.tell("to_move", { colour: () => colourName(this.board.toPlay) });
    this.changed();
  }

  tell(key, values) {
    write(byId("board-state"), key, values);
  }

  /** Show a test item, which is a position with the moves before it. */
  loadItem(item) {
    const { black, white } = item.input;
    this.begin(GoBoard.fromItem(item.input), { black: black.length, white: white.length });
    byId("board-state").textContent = "";
    this.probabilities = null;
    this.describe();
    this.render();
  }

  itemContent(item, name, number) {
    const caption = write(element("span", { class: "sample-name" }), "sample_board", { number });
    return [smallBoard(GoBoard.fromItem(item.input)), caption];
  }

  /** After each move: the old answer goes, a new one is asked for. */
  changed() {
    this.probabilities = null;
    this.describe();
    this.render();
    this.ask();
  }

  describe() {
    const { board } = this;
    const toMove = byId("to-move");
    toMove.className = board.toPlay === GO_BLACK ? "black" : "white";
    write(toMove, "to_move", { colour: () => colourName(board.toPlay) });
    write(byId("moves-played"), "moves_played", { count: board.moves.length });
    write(byId("captured"), "captured", capturesOf(board, this.setup));
  }

  showInput() {}

  showOutputs(_, { probabilities }) {
    this.probabilities = probabilities;
    this.render();
  }

  /** The points that get a number, the most probable first. */
  bestMoves() {
    if (this.probabilities === null) return [];
    return rankClasses(this.probabilities)
      .slice(0, MOVES_NUMBERED)
      .filter((point) => this.probabilities[point] > 0);
  }

  /** The point that was clicked; null beside the board. */
  pointAt(event) {
    const box = this.element.getBoundingClientRect();
    const units = (2 * MARGIN + (this.size - 1) * CELL) / box.width;
    const column = Math.round(((event.clientX - box.left) * units - MARGIN) / CELL);
    const row = Math.round(((event.clientY - box.top) * units - MARGIN) / CELL);
    const isInside = row >= 0 && column >= 0 && row < this.size && column < this.size;
    return isInside ? row * this.size + column : null;
  }

  render() {
    const side = 2 * MARGIN + (this.size - 1) * CELL;
    this.element.replaceChildren(
      svgElement(
        "svg",
        { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true" },
        svgElement("rect", { width: side, height: side, class: "wood" }),
        ...this.tints(),
        ...boardLines(this.size),
        ...boardLabels(this.size, this.names),
        ...this.stones(),
        ...this.numbers(),
        this.cursorMark(),
      ),
    );
  }

  tints() {
    if (this.probabilities === null) return [];
    const shown = Array.from(this.probabilities.keys()).filter((each) => this.probabilities[each] >= LEAST_TINT);
    return shown.map((point) => {
      const [x, y] = this.placeOf(point);
      const opacity = Math.sqrt(this.probabilities[point]).toFixed(2); // makes a few percent visible
      const square = { x: x - CELL / 2, y: y - CELL / 2, width: CELL, height: CELL };
      return svgElement("rect", { ...square, class: "heat", "fill-opacity": opacity });
    });
  }

  stones() {
    const { stones, lastPoint } = this.board;
    const drawn = [];
    stones.forEach((stone, point) => {
      if (stone === GO_EMPTY) return;
      const [cx, cy] = this.placeOf(point);
      const colour = stone === GO_BLACK ? "black" : "white";
      drawn.push(svgElement("circle", { cx, cy, r: 13.2, class: `stone ${colour}` }));
      if (point === lastPoint) drawn.push(svgElement("circle", { cx, cy, r: 6.5, class: `last ${colour}` }));
    });
    return drawn;
  }

  numbers() {
    return this.bestMoves().flatMap((point, index) => {
      const [x, y] = this.placeOf(point);
      return [
        svgElement("circle", { cx: x, cy: y, r: 11, class: "rank" }),
        svgElement("text", { x, y: y + 5, class: "rank-text" }, String(index + 1)),
      ];
    });
  }

  cursorMark() {
    const [x, y] = this.placeOf(this.cursor);
    return svgElement("rect", { x: x - 13, y: y - 13, width: 26, height: 26, rx: 4, class: "cursor" });
  }

  placeOf(point) {
    return [MARGIN + (point % this.size) * CELL, MARGIN + Math.floor(point / this.size) * CELL];
  }
}

function colourName(colour) {
  return translate(colour === GO_BLACK ? "black" : "white");
}

/**
 * How many stones each side has captured: those of the other that were put down and are gone.
 * @param {GoBoard} board
 * @param {{black: number, white: number}} setup the stones before the first move
 */
function capturesOf(board, setup) {
  const { stones } = board;
  const lost = (colour, before) => {
    const played = board.moves.filter((move) => move.colour === colour && move.point !== GO_PASS).length;
    return before + played - stones.filter((stone) => stone === colour).length;
  };
  return { black: lost(GO_WHITE, setup.white), white: lost(GO_BLACK, setup.black) };
}

function boardLines(size) {
  const last = MARGIN + (size - 1) * CELL;
  let path = "";
  for (let at = MARGIN; at <= last; at += CELL) path += `M${MARGIN} ${at}H${last}M${at} ${MARGIN}V${last}`;
  const dots = starPoints(size).map(([row, column]) =>
    svgElement("circle", { cx: MARGIN + column * CELL, cy: MARGIN + row * CELL, r: 3.2, class: "star" }),
  );
  return [svgElement("path", { d: path, class: "lines" }), ...dots];
}

/** Letters and numbers on all sides, from the points' names. */
function boardLabels(size, names) {
  const last = MARGIN + (size - 1) * CELL;
  const labels = [];
  for (let index = 0; index < size; index++) {
    const name = names[index * size + index];
    const at = MARGIN + index * CELL;
    for (const edge of [18, last + 31]) labels.push(svgElement("text", { x: at, y: edge }, name[0]));
    for (const edge of [15, last + 27]) labels.push(svgElement("text", { x: edge, y: at + 4 }, name.slice(1)));
  }
  return labels;
}

/** Corners, sides and centre, as many as fit: [row, column]. */
function starPoints(size) {
  if (size < 7) return [];
  const near = size > 11 ? 3 : 2;
  const far = size - 1 - near;
  const middle = (size - 1) / 2;
  const along = size % 2 && size > 13 ? [near, middle, far] : [near, far];
  const points = along.flatMap((row) => along.map((column) => [row, column]));
  if (size % 2 && along.length === 2) points.push([middle, middle]);
  return points;
}

/** A position as a small picture. */
function smallBoard({ size, stones }) {
  const circles = [];
  stones.forEach((stone, point) => {
    if (stone === GO_EMPTY) return;
    const [cx, cy] = [(point % size) + 0.5, Math.floor(point / size) + 0.5];
    circles.push(svgElement("circle", { cx, cy, r: 0.45, class: stone === GO_BLACK ? "small black" : "small white" }));
  });
  const ground = svgElement("rect", { width: size, height: size, class: "wood" });
  return svgElement("svg", { viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" }, ground, ...circles);
}
