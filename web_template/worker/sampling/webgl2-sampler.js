/**
 * The way over the GPU: the frame becomes a texture, a shader shrinks it to the model's size, and
 * those few pixels come back through a pixel-pack buffer. A fence says when they are there, so
 * that nothing waits for the GPU: `readPixels` into memory would hold the whole worker up.
 *
 * What cannot be done throws, also when the context is lost: then the sampler goes on without this
 * way. Textures of frames are upright.
 */

import { createProgram, createTarget, createTexture, drawToTarget } from '../compositor/gl.js';
import { nextTask } from '../next-task.js';
import { uprightSize } from '../orientation.js';
import { REDUCE } from '../shaders/reduce.frag.js';

/** So many looks at the fence as message tasks; then by a timer, which leaves the processor alone. */
const EAGER_POLLS = 8;
const POLL_MS = 1;
/** A GPU that has not answered by then is not worth waiting for. */
const FENCE_LIMIT_MS = 1000;

const HDR = Object.freeze(['pq', 'hlg']);

/** @type {WebGLContextAttributes} */
const CONTEXT = {
  alpha: false,
  antialias: false,
  depth: false,
  stencil: false,
  powerPreference: 'high-performance',
};

export class Webgl2Sampler {
  #width;
  #height;
  /** @type {Reducer | null} */
  #reducer = null;

  /**
   * @param {number} width   of the model's input
   * @param {number} height
   */
  constructor(width, height) {
    this.#width = width;
    this.#height = height;
  }

  /** @param {VideoFrame} frame */
  supports(frame) {
    if (!('OffscreenCanvas' in globalThis && 'WebGL2RenderingContext' in globalThis)) return false;
    // Chromium 156 maps the tones of HDR in another way for textures than for pixels that are copied.
    return !HDR.includes(frame.colorSpace.transfer ?? '');
  }

  /**
   * @param {VideoFrame} frame  stays the caller's
   * @param {Float32Array} out  [3, height, width] RGB 0..1
   * @param {import('./frame-planes.js').Rect} [rect]  of the upright visible pixels; all of them
   * @returns {Promise<void>}
   */
  async sample(frame, out, rect) {
    this.#reducer ??= new Reducer(this.#width, this.#height);
    const { width, height } = uprightSize(frame);
    const seen = rect ?? { x: 0, y: 0, width, height };
    const region = [
      seen.x / width,
      seen.y / height,
      (seen.x + seen.width) / width,
      (seen.y + seen.height) / height,
    ];
    const bytes = await this.#reducer.reduce(frame, region);
    const size = out.length / 3;
    for (let i = 0, at = 0; i < size; i++, at += 4) {
      out[i] = bytes[at] / 255;
      out[size + i] = bytes[at + 1] / 255;
      out[2 * size + i] = bytes[at + 2] / 255;
    }
  }

  dispose() {
    this.#reducer?.dispose();
    this.#reducer = null;
  }
}

/** The context and everything in it. */
class Reducer {
  #gl;
  #program;
  #texture;
  #target;
  #buffer;
  #bytes;

  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    const gl = new OffscreenCanvas(1, 1).getContext('webgl2', CONTEXT);
    if (!gl) throw new Error('no WebGL2 context');
    this.#gl = gl;
    this.#program = createProgram(gl, REDUCE);
    this.#texture = createTexture(gl);
    this.#target = createTarget(gl, gl.RGBA8, width, height);
    this.#bytes = new Uint8Array(width * height * 4);
    this.#buffer = gl.createBuffer();
    gl.bindBuffer(gl.PIXEL_PACK_BUFFER, this.#buffer);
  }

  /**
   * @param {VideoFrame} frame
   * @param {readonly number[]} region  left, top, right, bottom, 0..1 of the picture
   * @returns {Promise<Uint8Array>} RGBA of the model's size; reused
   */
  async reduce(frame, region) {
    const gl = this.#gl;
    const { width, height } = this.#target;
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, frame);
    this.#program.use({
      frame: this.#texture,
      region,
      modelSize: [width, height],
      isCanvas: false,
    });
    drawToTarget(gl, this.#target);
    gl.bufferData(gl.PIXEL_PACK_BUFFER, this.#bytes.length, gl.STREAM_READ);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, 0);
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (!fence) throw new Error('the graphics context was lost');
    gl.flush();
    try {
      await this.#passed(fence);
    } finally {
      gl.deleteSync(fence);
    }
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, this.#bytes);
    return this.#bytes;
  }

  /** @param {WebGLSync} fence */
  async #passed(fence) {
    const gl = this.#gl;
    const limit = performance.now() + FENCE_LIMIT_MS;
    for (let polls = 0; ; polls++) {
      // Its state changes between tasks only.
      await (polls < EAGER_POLLS ? nextTask() : delay(POLL_MS));
      const status = gl.clientWaitSync(fence, 0, 0);
      if (status === gl.ALREADY_SIGNALED || status === gl.CONDITION_SATISFIED) return;
      if (status === gl.WAIT_FAILED) throw new Error('the graphics context was lost');
      if (performance.now() > limit) throw new Error('the GPU did not answer in time');
    }
  }

  dispose() {
    // Browsers allow some sixteen contexts; one that waits for garbage collection counts.
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/** @param {number} ms */
function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
