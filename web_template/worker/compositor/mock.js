/**
 * The compositor without a GPU, for tests: it keeps a record of what it was told to draw.
 *
 * @typedef {import('./compositor.js').Compositor} Compositor
 * @typedef {{frame: VideoFrame | null, matte: import('../mask-filter.js').Matte | null}} Drawn
 */

import { DEFAULT_LOOKS } from '../../shared/looks.js';

/**
 * @param {Pick<import('./compositor.js').CompositorOptions, 'effect'>} options
 * @returns {Compositor & {drawn: Drawn[], effect: import('../../shared/effects.js').Effect,
 *   looks: import('../../shared/looks.js').Looks,
 *   size: {width: number, height: number}, isDisposed: boolean, failure: Error | null}}
 *   set `failure` to make render throw
 */
export function createMockCompositor({ effect }) {
  const mock = {
    kind: /** @type {const} */ ('mock'),
    drawn: /** @type {Drawn[]} */ ([]),
    effect,
    looks: DEFAULT_LOOKS,
    size: { width: 0, height: 0 },
    isDisposed: false,
    failure: /** @type {Error | null} */ (null),
    /** @type {Compositor['prepare']} */
    async prepare() {
      if (mock.failure) throw mock.failure;
    },
    /** @type {Compositor['render']} */
    render(frame, matte) {
      if (mock.failure) throw mock.failure;
      const isWhole = frame && matte;
      mock.drawn.push(isWhole ? { frame, matte } : { frame: null, matte: null });
    },
    /** @type {Compositor['resize']} */
    resize(width, height) {
      mock.size = { width, height };
    },
    /** @type {Compositor['setEffect']} */
    setEffect(next) {
      mock.effect = next;
    },
    /** @type {Compositor['setLooks']} */
    setLooks(looks) {
      mock.looks = looks;
    },
    /** @type {Compositor['snapshot']} */
    async snapshot(type) {
      return new Blob([], { type });
    },
    dispose() {
      mock.isDisposed = true;
    },
  };
  return mock;
}
