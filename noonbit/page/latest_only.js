/*
 * Work that follows a hand: done at most once a frame, and never so often that the page can't breathe.
 */

/** Calls `work` with the latest arguments only; what came meanwhile is left out. */
class LatestOnly {
  /** @param {function(...*): void} work */
  constructor(work) {
    this.work = work;
    this.waiting = null;
    this.timer = 0;
    this.rest = 0;
  }

  /** Ask for the work; a request that is still waiting is replaced. */
  ask(...given) {
    this.waiting = given;
    if (!this.timer) this.timer = setTimeout(() => this.run(), this.rest);
  }

  async run() {
    const begun = performance.now();
    const given = this.waiting;
    this.waiting = null;
    try {
      await this.work(...given);
    } finally {
      // As long a rest as the work took leaves half of the time to drawing and scrolling.
      this.rest = Math.min(performance.now() - begun, 500);
      this.timer = 0;
      if (this.waiting) this.ask(...this.waiting);
    }
  }
}
