/**
 * One frame three ways, side by side: as it comes in, its matte, the result. The engine hands out
 * all three of them together, so they belong to each other; only while it is asked for.
 */

import { byId } from './dom.js';

/** Frames are looked at here, not watched: a rate that leaves the time to the engine. */
const PAUSE_MS = 100;
const PANES = /** @type {const} */ (['raw', 'mask', 'result']);

/** @typedef {import('../shared/messages.js').Capture} Capture */

export class Panes {
  #view = byId('panes', HTMLElement);
  #canvases = PANES.map((name) => byId(`pane-${name}`, HTMLCanvasElement));
  #matte;
  /** Ends the pictures of the turn before. */
  #turn = 0;

  /** @param {() => import('./matte.js').Matte | null} matte */
  constructor(matte) {
    this.#matte = matte;
  }

  /** @param {boolean} isOn */
  turn(isOn) {
    const turn = ++this.#turn;
    this.#view.hidden = !isOn;
    if (isOn) this.#run(turn);
    else this.#clear();
  }

  /** @param {number} turn */
  async #run(turn) {
    while (turn === this.#turn) {
      try {
        const captured = await this.#matte()?.capture({ picture: 'image/webp' });
        const result = captured?.picture && (await createImageBitmap(captured.picture));
        if (turn === this.#turn && captured && result) this.#paint(captured, result);
        result?.close();
      } catch (error) {
        console.info('no frame to show:', error); // while the engine has no matte
        if (turn === this.#turn) this.#clear();
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /**
   * @param {Capture} captured
   * @param {ImageBitmap} result
   */
  #paint({ width, height, rgba, ...matte }, result) {
    const contexts = this.#canvases.map((canvas) => {
      Object.assign(canvas, { width, height }); // clears it, too
      return canvas.getContext('2d');
    });
    const [raw, mask, shown] = contexts;
    raw?.putImageData(new ImageData(rgba, width, height), 0, 0);
    shown?.drawImage(result, 0, 0, width, height);
    if (!mask) return;
    mask.fillRect(0, 0, width, height);
    const { x, y, width: across, height: down } = matte.alphaRect;
    mask.drawImage(greyPicture(matte), x, y, across, down);
  }

  /** Nothing of the raw picture stays. */
  #clear() {
    for (const canvas of this.#canvases) Object.assign(canvas, { width: 1, height: 1 });
  }
}

/**
 * @param {Pick<Capture, 'alpha' | 'alphaWidth' | 'alphaHeight'>} matte
 * @returns {OffscreenCanvas} white is person
 */
function greyPicture({ alpha, alphaWidth, alphaHeight }) {
  const canvas = new OffscreenCanvas(alphaWidth, alphaHeight);
  const grey = Uint8ClampedArray.from({ length: 4 * alpha.length }, (_, index) =>
    index % 4 === 3 ? 255 : 255 * alpha[index >> 2],
  );
  canvas.getContext('2d')?.putImageData(new ImageData(grey, alphaWidth, alphaHeight), 0, 0);
  return canvas;
}
