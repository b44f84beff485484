/**
 * The matte on the GPU: its alpha as a texture of bytes (filtered by every WebGL2, and cheaper than
 * floats where GL is software), and the rectangles of its regions as a vertex buffer.
 *
 * @typedef {import('../mask-filter.js').Matte} Matte
 */

import { createTexture } from './gl.js';
import { kindsOfBytes, RegionFinder } from './matte-regions.js';

/** Meaning none: it does not rise. */
const NO_RAMP = [1, 0];
/** @type {import('../mask-filter.js').Area} */
const ALL = [0, 0, 1, 1];

/** @param {WebGL2RenderingContext} gl */
export function createAlphaMap(gl) {
  const texture = createTexture(gl);
  const buffer = gl.createBuffer();
  let width = 0;
  let height = 0;
  let bytes = new Uint8Array(0);
  let finder = new RegionFinder(1, 1);
  let kindsKey = '';
  /** @type {Uint8Array} */
  let kinds = new Uint8Array(256);
  let counts = { background: 0, person: 0, edge: 0 };

  const fit = (/** @type {Matte} */ matte) => {
    const { threshold, ramp } = matte;
    if (matte.width !== width || matte.height !== height) {
      ({ width, height } = matte);
      bytes = new Uint8Array(width * height);
      finder = new RegionFinder(width, height);
    }
    const key = `${threshold} ${ramp}`;
    if (key !== kindsKey) {
      kindsKey = key;
      kinds = kindsOfBytes(inside(threshold), ramp);
    }
  };

  return {
    /**
     * @param {Matte} matte
     * @returns {Record<string, import('./gl.js').UniformValue>} what a shader needs to read it
     */
    upload(matte) {
      fit(matte);
      for (let i = 0; i < bytes.length; i++) bytes[i] = matte.alpha[i] * 255 + 0.5;
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, width, height, 0, gl.RED, gl.UNSIGNED_BYTE, bytes);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
      const area = matte.area ?? ALL;
      const { rects, background, person, edge } = finder.find(bytes, kinds, area);
      counts = { background, person, edge };
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      const length = 4 * (background + person + edge);
      gl.bufferData(gl.ARRAY_BUFFER, rects, gl.STREAM_DRAW, 0, length);
      return {
        alphaMap: texture,
        area,
        threshold: inside(matte.threshold),
        ramp: matte.ramp ?? NO_RAMP,
      };
    },
    /** @returns {{background: number, person: number, edge: number}} how many, in this order */
    bindRegions() {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      return counts;
    },
    dispose() {
      gl.deleteTexture(texture);
      gl.deleteBuffer(buffer);
    },
  };
}

/**
 * The shape divides by the threshold and by what is left of it.
 * @param {number} threshold
 */
function inside(threshold) {
  return Math.min(Math.max(threshold, 1e-3), 1 - 1e-3);
}
