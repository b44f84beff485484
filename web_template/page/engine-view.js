/**
 * What the page shows of the engine: its figures, its state, its errors.
 *
 * @typedef {import('./matte.js').Matte} Matte
 *
 * @typedef {object} EngineViewParts
 * @property {import('./stage.js').Stage} stage
 * @property {import('./status-line.js').StatusLine} status
 * @property {import('./figures.js').Figures} figures
 * @property {import('./backend-control.js').BackendControl} backends
 * @property {() => import('./player.js').Player} player
 * @property {(error: unknown, name: string) => void} report
 * @property {() => void} onFirstMatte
 */

export class EngineView {
  #parts;

  /** @param {EngineViewParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {Matte} matte  a new one */
  listen(matte) {
    const { stage, player, report, onFirstMatte } = this.#parts;
    this.#showFigures(matte.stats);
    matte.on('stats', (stats) => this.#showFigures(stats));
    matte.on('size', (size) => stage.setSize(size));
    matte.on('progress', (progress) => stage.setProgress(progress));
    matte.on('first-matte', () => {
      stage.setMatted();
      onFirstMatte();
    });
    matte.on('ended', () => player().ended());
    matte.on('state', () => this.showState(matte));
    matte.on('error', (error) => {
      report(error, '');
      this.showState(matte, true);
    });
  }

  /**
   * @param {Matte | null} matte
   * @param {boolean} [failed]  it said so
   */
  showState(matte, failed = false) {
    const { stage, player } = this.#parts;
    const state = matte?.state ?? 'failed';
    if (state === 'running') stage.setMatted();
    else if (state === 'failed' || failed) stage.setFailed();
    else if (state === 'loading') stage.setWaiting();
    else if (player().showing.kind === 'none') stage.setEmpty();
  }

  /** @param {import('../shared/stats.js').Stats} stats */
  #showFigures(stats) {
    this.#parts.status.update(stats);
    this.#parts.figures.update(stats);
    this.#parts.backends.update(stats);
  }
}
