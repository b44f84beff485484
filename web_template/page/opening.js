/**
 * What the visitor opens: each begins without the notices of what was before.
 *
 * @typedef {object} OpeningParts
 * @property {import('./player.js').Player} player
 * @property {import('./notices.js').Notices} notices
 * @property {import('./batch/batch-dialog.js').BatchDialog} batch
 * @property {string | null} demo  URL of the demonstration clip, where the site has one
 * @property {(file: File) => void} onModel
 */

import { isModelFile } from './own-model.js';

export class Opening {
  #parts;

  /** @param {OpeningParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  toggleCamera() {
    const { player, notices } = this.#parts;
    const { kind, waiting } = player.showing;
    if (waiting) return;
    notices.clear();
    if (kind === 'camera') player.stop();
    else player.startCamera();
  }

  /** @param {File[]} files  several pictures are cut out one after the other */
  openFiles(files) {
    const { player, notices, batch, onModel } = this.#parts;
    if (isModelFile(files[0])) {
      onModel(files[0]);
      return;
    }
    notices.clear();
    const pictures = files.filter(({ type }) => type.startsWith('image/'));
    if (pictures.length > 1) batch.open(pictures);
    else player.playFile(files[0]);
  }

  openScreen() {
    this.#parts.notices.clear();
    this.#parts.player.startScreen();
  }

  /** @param {{still?: boolean}} [options] */
  playDemo(options) {
    const { player, notices, demo } = this.#parts;
    if (!demo) return;
    notices.clear();
    player.playDemo(demo, options);
  }
}
