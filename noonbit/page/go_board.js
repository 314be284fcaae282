/*
 * The rules of Go, exactly as noonbit/data/go/board.py has them: simple ko, no superko, suicide is
 * illegal. The grid is that module's: a board of at most 19x19 points in a wall.
 */

const GO_LARGEST = 19;
const GO_EMPTY = 0, GO_BLACK = 1, GO_WHITE = 2, GO_WALL = 3;
/** Added to the value of a place during a search. */
const GO_VISITED = 4;
const GO_STEP = GO_LARGEST + 2;
const GO_PLACES = GO_STEP * GO_STEP;
const GO_NEIGHBOURS = [-GO_STEP, -1, 1, GO_STEP];
/** A place in the wall; stands for no place, as when there is no ko. */
const GO_NOWHERE = 0;
const GO_PASS = -1;
/** What `GoRules.play` returns instead of a number of captives. */
const GO_OCCUPIED = -1, GO_KO = -2, GO_SUICIDE = -3;
const GO_REFUSALS = { [GO_OCCUPIED]: "occupied", [GO_KO]: "ko", [GO_SUICIDE]: "suicide" };

/** @returns {number} the place of a point of the board in a grid */
function goPlace(point, size) {
  return (Math.floor(point / size) + 1) * GO_STEP + (point % size) + 1;
}

/** @returns {number} the point of the board of a place in a grid */
function goPoint(place, size) {
  return (Math.floor(place / GO_STEP) - 1) * size + (place % GO_STEP) - 1;
}

/** The rules on a grid, with the memory that searches need; made once, for many calls. */
class GoRules {
  constructor() {
    /** Of the chain found last. */
    this.stones = new Int16Array(GO_PLACES);
    this.liberties = new Int16Array(GO_PLACES);
    this.stoneCount = 0;
    this.libertyCount = 0;
    /** What ko forbids after the move played last. */
    this.ko = GO_NOWHERE;
  }

  /**
   * Finds the stones and liberties of the chain at `start`. The search stops as soon as it has
   * found `mostLiberties`; not all stones may be counted then.
   */
  findChain(grid, start, mostLiberties) {
    const { stones, liberties } = this;
    const colour = grid[start];
    stones[0] = start;
    grid[start] += GO_VISITED;
    let stoneCount = 1, libertyCount = 0;
    for (let visited = 0; visited < stoneCount && libertyCount < mostLiberties; visited++) {
      for (const step of GO_NEIGHBOURS) {
        const place = stones[visited] + step;
        if (grid[place] === colour) {
          stones[stoneCount++] = place;
          grid[place] += GO_VISITED;
        } else if (grid[place] === GO_EMPTY) {
          liberties[libertyCount++] = place;
          grid[place] += GO_VISITED;
        }
      }
    }
    for (let i = 0; i < stoneCount; i++) grid[stones[i]] = colour;
    for (let i = 0; i < libertyCount; i++) grid[liberties[i]] = GO_EMPTY;
    this.stoneCount = stoneCount;
    this.libertyCount = libertyCount;
  }

  /**
   * Plays a stone; returns the number of captives and sets `ko`. For an illegal move it returns
   * GO_OCCUPIED, GO_KO or GO_SUICIDE and leaves the grid unchanged.
   */
  play(grid, place, colour, ko) {
    this.ko = ko;
    if (grid[place] !== GO_EMPTY) return GO_OCCUPIED;
    if (place === ko) return GO_KO;
    grid[place] = colour;
    let captives = 0, captive = GO_NOWHERE;
    for (const step of GO_NEIGHBOURS) {
      if (grid[place + step] !== 3 - colour) continue;
      this.findChain(grid, place + step, 1);
      if (this.libertyCount > 0) continue;
      for (let i = 0; i < this.stoneCount; i++) grid[this.stones[i]] = GO_EMPTY;
      captives += this.stoneCount;
      captive = place + step;
    }
    this.findChain(grid, place, 2);
    if (this.libertyCount === 0) {
      grid[place] = GO_EMPTY;
      return GO_SUICIDE;
    }
    const isKo = captives === 1 && this.stoneCount === 1 && this.libertyCount === 1;
    this.ko = isKo ? captive : GO_NOWHERE;
    return captives;
  }
}

/** One game: its position, its moves, and the way back. */
class GoBoard {
  /**
   * @param {number} size points along one side, at most 19
   * @param {ArrayLike<number>|null} setup the stones before the first move, size * size of
   *   GO_EMPTY, GO_BLACK and GO_WHITE; null for none
   */
  constructor(size, setup = null) {
    this.size = size;
    this.rules = new GoRules();
    this.grid = new Int8Array(GO_PLACES).fill(GO_WALL);
    for (let point = 0; point < size * size; point++) {
      this.grid[goPlace(point, size)] = setup ? setup[point] : GO_EMPTY;
    }
    this.ko = GO_NOWHERE;
    /** Whose move it is; may be set, as when White follows handicap stones. */
    this.toPlay = GO_BLACK;
    /** The moves played, {colour, point}, with the point or GO_PASS. */
    this.moves = [];
    /** What `undo` brings back, one before each move. */
    this.earlier = [];
  }

  /** A position of a test item; noonbit/page/items.py says what it holds. */
  static fromItem(item) {
    const setup = new Int8Array(item.size * item.size);
    for (const point of item.black) setup[point] = GO_BLACK;
    for (const point of item.white) setup[point] = GO_WHITE;
    const board = new GoBoard(item.size, setup);
    for (const [colour, point] of item.moves) board.play(point, colour);
    board.toPlay = item.to_play;
    return board;
  }

  /** A copy of the stones, size * size of GO_EMPTY, GO_BLACK and GO_WHITE. */
  get stones() {
    const stones = new Int8Array(this.size * this.size);
    return stones.map((_, point) => this.grid[goPlace(point, this.size)]);
  }

  /** The point played last; null before the first move and after a pass. */
  get lastPoint() {
    const last = this.moves.at(-1);
    return last === undefined || last.point === GO_PASS ? null : last.point;
  }

  /** The place forbidden to a player: ko binds the one who did not move last. */
  koFor(colour) {
    return this.moves.at(-1)?.colour === colour ? GO_NOWHERE : this.ko;
  }

  /** Why a point may not be played: "occupied", "ko" or "suicide"; null where it may. */
  refusal(point, colour = this.toPlay) {
    const place = goPlace(point, this.size);
    const captives = this.rules.play(this.grid.slice(), place, colour, this.koFor(colour));
    return captives < 0 ? GO_REFUSALS[captives] : null;
  }

  /** Whether a point may be played. */
  legal(point, colour = this.toPlay) {
    return this.refusal(point, colour) === null;
  }

  /**
   * Plays a stone or GO_PASS; it is the other player's turn then.
   * @returns {number} captives
   * @throws {RangeError} where the move is illegal; the board is left unchanged
   */
  play(point, colour = this.toPlay) {
    const before = { grid: this.grid.slice(), ko: this.ko, toPlay: this.toPlay };
    let captives = 0, ko = GO_NOWHERE;
    if (point !== GO_PASS) {
      const place = goPlace(point, this.size);
      captives = this.rules.play(this.grid, place, colour, this.koFor(colour));
      if (captives < 0) throw new RangeError(`A move is illegal: ${GO_REFUSALS[captives]}.`);
      ko = this.rules.ko;
    }
    this.earlier.push(before);
    this.moves.push({ colour, point });
    this.ko = ko;
    this.toPlay = 3 - colour;
    return captives;
  }

  /** Passes. */
  pass(colour = this.toPlay) {
    this.play(GO_PASS, colour);
  }

  /** Takes the last move back. @returns {boolean} whether there was one */
  undo() {
    const before = this.earlier.pop();
    if (before === undefined) return false;
    this.moves.pop();
    Object.assign(this, before);
    return true;
  }
}
