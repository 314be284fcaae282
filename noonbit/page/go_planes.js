/*
 * The 48 planes of a position of Go, exactly as noonbit/data/go/planes.py and ladders.py have them;
 * planes.py says what each one is.
 */

const GO_OWN = 0, GO_OPPONENT = 1, GO_NO_STONE = 2, GO_ONES = 3;
const GO_TURNS_SINCE = 4, GO_LIBERTIES = 12, GO_CAPTURE_SIZE = 20, GO_SELF_ATARI_SIZE = 28;
const GO_LIBERTIES_AFTER = 36, GO_LADDER_CAPTURE = 44, GO_LADDER_ESCAPE = 45;
const GO_SENSIBLENESS = 46, GO_PLANE_COUNT = 48;
/** The eighth plane of a number means "8 or more". */
const GO_MOST = 8;
const GO_DIAGONALS = [-GO_STEP - 1, -GO_STEP + 1, GO_STEP - 1, GO_STEP + 1];

/** Decides ladders; see noonbit/data/go/ladders.py. */
class GoLadders {
  /** The most moves of both players; instead of a number of moves to try: the player has won. */
  static LONGEST = 200;
  static WON = -1;

  /** @param {GoRules} rules */
  constructor(rules) {
    this.rules = rules;
    const depths = GoLadders.LONGEST + 1;
    this.grids = Array.from({ length: depths }, () => new Int8Array(GO_PLACES));
    this.moves = Array.from({ length: depths }, () => new Int16Array(GO_PLACES));
    this.untried = new Int32Array(depths);
    this.kos = new Int32Array(depths);
  }

  /** Whether `colour` wins the ladder around the chain at `prey` by playing `move`. */
  wins(grid, prey, move, colour, ko) {
    const { grids, moves, untried, kos } = this;
    grids[0].set(grid);
    kos[0] = ko;
    moves[0][0] = move;
    untried[0] = 1;
    for (let depth = 0; ; ) {
      if (untried[depth] > 0) {
        const tried = moves[depth][--untried[depth]];
        const below = grids[depth + 1];
        below.set(grids[depth]);
        if (this.rules.play(below, tried, colour, kos[depth]) < 0) continue;
        depth += 1;
        colour = 3 - colour;
        kos[depth] = this.rules.ko;
        untried[depth] = this.listMoves(below, prey, colour, moves[depth]);
        if (depth === GoLadders.LONGEST) {
          untried[depth] = colour === below[prey] ? GoLadders.WON : 0;
        }
      } else if (depth === 0) {
        return untried[0] === GoLadders.WON;
      } else {
        const lost = untried[depth] !== GoLadders.WON;
        depth -= 1;
        colour = 3 - colour;
        if (lost) untried[depth] = GoLadders.WON;
      }
    }
  }

  /** Writes the moves that `colour` may try; returns how many, 0 if it lost, or WON. */
  listMoves(grid, prey, colour, moves) {
    if (colour === grid[prey]) return this.listAnswers(grid, prey, moves);
    this.rules.findChain(grid, prey, 3);
    if (this.rules.libertyCount !== 2) return this.rules.libertyCount > 2 ? 0 : GoLadders.WON;
    moves[0] = this.rules.liberties[0];
    moves[1] = this.rules.liberties[1];
    return 2;
  }

  /** Writes the moves that may save the chain at `prey`, in atari; returns how many. */
  listAnswers(grid, prey, moves) {
    this.rules.findChain(grid, prey, 2);
    const stones = this.rules.stones.slice(0, this.rules.stoneCount);
    moves[0] = this.rules.liberties[0];
    let count = 1;
    for (const stone of stones) {
      for (const step of GO_NEIGHBOURS) {
        if (grid[stone + step] !== 3 - grid[prey]) continue;
        this.rules.findChain(grid, stone + step, 2);
        if (this.rules.libertyCount !== 1) continue;
        const capture = this.rules.liberties[0];
        if (!moves.subarray(0, count).includes(capture)) moves[count++] = capture;
      }
    }
    return count;
  }
}

/** Fills the planes of one position, seen by the player who is to move. */
class GoPlaneWriter {
  /** @param {GoBoard} board */
  constructor(board) {
    this.board = board;
    this.size = board.size;
    this.grid = board.grid.slice();
    this.own = board.toPlay;
    this.ko = board.koFor(board.toPlay);
    this.rules = new GoRules();
    this.planes = new Uint8Array(GO_PLANE_COUNT * this.size * this.size);
  }

  /** @returns {Uint8Array} (48, size, size) of 0 and 1 */
  write() {
    const points = this.size * this.size;
    this.planes.fill(1, GO_ONES * points, (GO_ONES + 1) * points);
    this.writeStones();
    this.writeChains();
    this.writeMoves();
    return this.planes;
  }

  set(plane, point) {
    this.planes[plane * this.size * this.size + point] = 1;
  }

  /** Sets the plane of a number at a point; `first` is the plane of 1. */
  mark(first, point, count) {
    if (count > 0) this.set(first + Math.min(count, GO_MOST) - 1, point);
  }

  /** The planes of stone colour and turns since. */
  writeStones() {
    const turns = new Int32Array(this.size * this.size).fill(GO_MOST);
    this.board.moves.slice(-GO_MOST).forEach(({ point }, index, moves) => {
      if (point !== GO_PASS) turns[point] = moves.length - index;
    });
    turns.forEach((turn, point) => {
      const colour = this.grid[goPlace(point, this.size)];
      if (colour === GO_EMPTY) {
        this.set(GO_NO_STONE, point);
      } else {
        this.set(colour === this.own ? GO_OWN : GO_OPPONENT, point);
        this.mark(GO_TURNS_SINCE, point, turn);
      }
    });
  }

  /** The planes of liberties, ladder capture and ladder escape. */
  writeChains() {
    const ladders = new GoLadders(this.rules);
    const visited = new Uint8Array(GO_PLACES);
    const saving = new Int16Array(GO_PLACES);
    for (let point = 0; point < this.size * this.size; point++) {
      const place = goPlace(point, this.size);
      if (this.grid[place] === GO_EMPTY || visited[place]) continue;
      this.rules.findChain(this.grid, place, GO_PLACES);
      const liberties = Array.from(this.rules.liberties.subarray(0, this.rules.libertyCount));
      for (const stone of this.rules.stones.subarray(0, this.rules.stoneCount)) {
        visited[stone] = 1;
        this.mark(GO_LIBERTIES, goPoint(stone, this.size), liberties.length);
      }
      if (liberties.length === 2 && this.grid[place] !== this.own) {
        this.writeLadder(ladders, GO_LADDER_CAPTURE, place, liberties);
      } else if (liberties.length === 1 && this.grid[place] === this.own) {
        const count = ladders.listAnswers(this.grid, place, saving);
        this.writeLadder(ladders, GO_LADDER_ESCAPE, place, saving.subarray(0, count));
      }
    }
  }

  /** Sets a plane at each of some moves that wins the ladder around a chain. */
  writeLadder(ladders, plane, prey, moves) {
    for (const move of moves) {
      if (ladders.wins(this.grid, prey, move, this.own, this.ko)) {
        this.set(plane, goPoint(move, this.size));
      }
    }
  }

  /** The planes of moves: each legal move is played, evaluated and undone. */
  writeMoves() {
    const before = this.grid.slice();
    for (let point = 0; point < this.size * this.size; point++) {
      const place = goPlace(point, this.size);
      const captives = this.rules.play(this.grid, place, this.own, this.ko);
      if (captives < 0) continue;
      this.rules.findChain(this.grid, place, GO_MOST);
      this.mark(GO_CAPTURE_SIZE, point, captives);
      this.mark(GO_LIBERTIES_AFTER, point, this.rules.libertyCount);
      if (this.rules.libertyCount === 1) {
        this.mark(GO_SELF_ATARI_SIZE, point, this.rules.stoneCount);
      }
      this.grid.set(before);
      if (!this.isEye(place)) this.set(GO_SENSIBLENESS, point);
    }
  }

  /** Whether an empty place is an own eye and not a false one. */
  isEye(place) {
    const isOwn = (step) => [this.own, GO_WALL].includes(this.grid[place + step]);
    if (!GO_NEIGHBOURS.every(isOwn)) return false;
    const corners = GO_DIAGONALS.map((step) => this.grid[place + step]);
    const lost = corners.filter((corner) => corner === 3 - this.own).length;
    return lost + (corners.includes(GO_WALL) ? 1 : 0) < 2;
  }
}

/**
 * @param {GoBoard} board
 * @param {{planes: number, height: number, width: number}} preprocessor of contract.json
 * @returns {{planes: Uint8Array}} (planes, height, width)
 * @throws {Error} for a network of other planes or of another board
 */
function planesOf(board, preprocessor) {
  const { planes, height, width } = preprocessor;
  if (planes !== GO_PLANE_COUNT || height !== board.size || width !== board.size) {
    throw new Error(
      `The network takes ${planes} planes of ${height}x${width} points, and the board has ` +
        `${GO_PLANE_COUNT} of ${board.size}x${board.size}.`,
    );
  }
  return { planes: new GoPlaneWriter(board).write() };
}
