/** What the tests of the processor's compositor draw, and on what. */

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { FakeFrame, seededRandom } from './fakes.js';

/** @typedef {import('../../web_template/worker/mask-filter.js').Matte} Matte */

export const [WIDTH, HEIGHT] = [96, 54];
export const [SMALL_WIDTH, SMALL_HEIGHT] = [24, 16];

/** A 2D context that keeps what was put on it. */
class FakeContext {
  /** @type {ImageData | null} */
  shown = null;
  /** @param {ImageData} image */
  putImageData(image) {
    this.shown = image;
  }
}

export class FakeCanvas {
  context = new FakeContext();
  constructor(width = WIDTH, height = HEIGHT) {
    this.width = width;
    this.height = height;
  }
  getContext() {
    return this.context;
  }
}

before(() => {
  /** @type {any} */ (globalThis).ImageData = class {
    /** @param {number} width @param {number} height */
    constructor(width, height) {
      Object.assign(this, { width, height, data: new Uint8ClampedArray(4 * width * height) });
    }
  };
});

after(() => {
  Reflect.deleteProperty(globalThis, 'ImageData');
  assert.equal(FakeFrame.open.size, 0);
});

/** @param {number} seed */
export function noisyFrame(seed) {
  const random = seededRandom(seed);
  const bytes = Uint8Array.from({ length: 4 * WIDTH * HEIGHT }, (_, i) =>
    i % 4 === 3 ? 255 : Math.floor(random() * 256),
  );
  return new FakeFrame({ width: WIDTH, height: HEIGHT, bytes });
}

/**
 * A soft disc that touches the right edge of the map.
 * @param {Partial<Matte>} [changes]
 * @returns {Matte}
 */
export function discMatte(changes) {
  const alpha = Float32Array.from({ length: SMALL_WIDTH * SMALL_HEIGHT }, (_, i) => {
    const [x, y] = [i % SMALL_WIDTH, Math.floor(i / SMALL_WIDTH)];
    const soft = (8 - Math.hypot(x - 17, y - 8)) / 3 + 0.5;
    return Math.round(255 * Math.min(1, Math.max(0, soft))) / 255;
  });
  const size = { width: SMALL_WIDTH, height: SMALL_HEIGHT };
  return { alpha, ...size, threshold: 0.5, ramp: [0.2, 0.8], ...changes };
}

/** @param {FakeCanvas} canvas */
export function shown(canvas) {
  assert.ok(canvas.context.shown);
  return canvas.context.shown.data;
}
