/**
 * The matte on the GPU: its alpha as a texture of bytes (filtered by every WebGL2, and cheaper than
 * floats where GL is software), and the rectangles of its regions as a vertex buffer.
 *
 * @typedef {import('../mask-filter.js').Matte} Matte
 */

import { createTexture } from './gl.js';
import { MatteBytes } from './matte-bytes.js';

/** Meaning none: it does not rise. */
const NO_RAMP = [1, 0];

/** @param {WebGL2RenderingContext} gl */
export function createAlphaMap(gl) {
  const texture = createTexture(gl);
  const buffer = gl.createBuffer();
  const inBytes = new MatteBytes();
  let counts = { background: 0, person: 0, edge: 0 };

  return {
    /** @param {import('../../shared/looks.js').Looks} looks */
    setLooks(looks) {
      inBytes.looks = looks;
    },
    /**
     * @param {Matte} matte
     * @returns {Record<string, import('./gl.js').UniformValue>} what a shader needs to read it
     */
    upload(matte) {
      const { rects, background, person, edge } = inBytes.update(matte);
      const { width, height, bytes, area, threshold, ramp } = inBytes;
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, width, height, 0, gl.RED, gl.UNSIGNED_BYTE, bytes);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
      counts = { background, person, edge };
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      const length = 4 * (background + person + edge);
      gl.bufferData(gl.ARRAY_BUFFER, rects, gl.STREAM_DRAW, 0, length);
      return { alphaMap: texture, area, threshold, ramp: ramp ?? NO_RAMP };
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
