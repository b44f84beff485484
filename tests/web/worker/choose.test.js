import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createCompositor } from '../../../web_template/worker/compositor/choose.js';

/** @param {string | null} renderer  null: no WebGL2 at all */
function withRenderer(renderer) {
  /** @type {any} */ (globalThis).ImageData = class {
    data = new Uint8ClampedArray(4);
  };
  /** @type {any} */ (globalThis).OffscreenCanvas = class {
    getContext() {
      if (renderer === null) return null;
      return {
        RENDERER: 1,
        getExtension: (/** @type {string} */ name) =>
          name === 'WEBGL_debug_renderer_info' ? { UNMASKED_RENDERER_WEBGL: 2 } : null,
        getParameter: (/** @type {number} */ what) => (what === 2 ? renderer : 'WebKit WebGL'),
      };
    }
  };
}

/**
 * Which kind of context the canvas was asked for.
 * @param {'auto' | 'webgl2' | 'cpu'} [choice]
 */
function contextOf(choice) {
  let asked = '';
  const canvas = {
    width: 1,
    height: 1,
    getContext(/** @type {string} */ kind) {
      asked = kind;
      return kind === '2d' ? {} : null;
    },
  };
  const effect = /** @type {const} */ ({ kind: 'cutout' });
  try {
    createCompositor({ choice, canvas: /** @type {any} */ (canvas), effect, onRestored() {} });
  } catch (error) {
    assert.equal(/** @type {any} */ (error).code, 'webgl-unavailable');
  }
  return asked;
}

afterEach(() => {
  for (const name of ['OffscreenCanvas', 'ImageData']) Reflect.deleteProperty(globalThis, name);
});

for (const [renderer, expected] of /** @type {[string | null, string][]} */ ([
  ['ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11 vs_5_0 ps_5_0)', 'webgl2'],
  ['Apple GPU', 'webgl2'],
  ['ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)', '2d'],
  ['llvmpipe (LLVM 15.0.7, 256 bits)', '2d'],
  ['ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11)', '2d'],
  [null, '2d'],
])) {
  test(`${renderer ?? 'no WebGL2'}: ${expected}`, () => {
    withRenderer(renderer);
    assert.equal(contextOf(), expected);
    assert.equal(contextOf('auto'), expected);
  });
}

test('a choice is a choice', () => {
  withRenderer('SwiftShader');
  assert.equal(contextOf('webgl2'), 'webgl2');
  withRenderer('Apple GPU');
  assert.equal(contextOf('cpu'), '2d');
});
