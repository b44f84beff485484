/**
 * Comments on the GPU: one rectangle with a texture of its own for each, blended over what has been
 * drawn by one minus the matte, or under it where the effect leaves the background transparent.
 *
 * @typedef {import('../comments/comment-layer.js').PlacedSprite} PlacedSprite
 * @typedef {import('../comments/sprites.js').Sprite} Sprite
 * @typedef {import('./gl.js').UniformValue} UniformValue
 */

import { COMMENT, COMMENT_ALONE } from '../shaders/comment.frag.js';
import { createProgram, createTexture, drawRect } from './gl.js';

/** @param {WebGL2RenderingContext} gl */
export function createCommentQuads(gl) {
  const behind = createProgram(gl, COMMENT);
  const alone = createProgram(gl, COMMENT_ALONE);
  /** @type {Map<Sprite, WebGLTexture>} */
  const textures = new Map();

  /** @param {Sprite} sprite */
  const textureOf = (sprite) => {
    const kept = textures.get(sprite);
    if (kept) return kept;
    const texture = createTexture(gl);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, sprite.canvas);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    textures.set(sprite, texture);
    return texture;
  };
  const forgetUnused = (/** @type {readonly PlacedSprite[]} */ placed) => {
    const used = new Set(placed.map(({ sprite }) => sprite));
    for (const [sprite, texture] of textures) {
      if (used.has(sprite)) continue;
      gl.deleteTexture(texture);
      textures.delete(sprite);
    }
  };

  return {
    /**
     * @param {readonly PlacedSprite[]} placed
     * @param {{width: number, height: number}} size  of the canvas, pixels
     * @param {Record<string, UniformValue> | null} matte  what a shader needs to read it; null: nobody
     *   is shown, or the alpha that was drawn says where
     * @param {boolean} isUnder
     */
    draw(placed, { width, height }, matte, isUnder) {
      forgetUnused(placed);
      if (placed.length === 0) return;
      const program = matte && !isUnder ? behind : alone;
      gl.enable(gl.BLEND);
      if (isUnder) gl.blendFunc(gl.ONE_MINUS_DST_ALPHA, gl.ONE);
      else gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      for (const { sprite, x, y, opacity } of placed) {
        const [left, top] = [x / width, y / height];
        const [right, bottom] = [(x + sprite.width) / width, (y + sprite.height) / height];
        const place = [left, top, right, bottom];
        program.use({ ...matte, sprite: textureOf(sprite), place, opacity, isCanvas: true });
        drawRect(gl, left, top, right, bottom);
      }
      gl.disable(gl.BLEND);
    },
    dispose() {
      for (const texture of textures.values()) gl.deleteTexture(texture);
      behind.dispose();
      alone.dispose();
    },
  };
}
