/** Stand-ins for what browsers have and node has not. */

/**
 * A VideoFrame over plain bytes, laid out tightly plane by plane, that knows whether it was closed.
 */
export class FakeFrame {
  /** Frames that were made and not closed yet. @type {Set<FakeFrame>} */
  static open = new Set();

  isClosed = false;

  /**
   * @param {{format?: string | null, width?: number, height?: number, codedWidth?: number,
   *   codedHeight?: number, x?: number, y?: number, bytes?: Uint8Array, timestamp?: number,
   *   matrix?: string | null, fullRange?: boolean | null, convert?: boolean,
   *   rotation?: 0 | 90 | 180 | 270, flip?: boolean}} [options]
   */
  constructor(options = {}) {
    const { width = 4, height = 4, x = 0, y = 0 } = options;
    this.options = options;
    this.format = options.format === undefined ? 'RGBA' : options.format;
    this.codedWidth = options.codedWidth ?? x + width;
    this.codedHeight = options.codedHeight ?? y + height;
    this.visibleRect = { x, y, width, height };
    this.rotation = options.rotation ?? 0;
    this.flip = options.flip ?? false;
    const isOnItsSide = this.rotation % 180 !== 0;
    this.displayWidth = isOnItsSide ? height : width;
    this.displayHeight = isOnItsSide ? width : height;
    this.timestamp = options.timestamp ?? 0;
    this.colorSpace = { matrix: options.matrix ?? null, fullRange: options.fullRange ?? null };
    this.bytes = options.bytes ?? new Uint8Array(this.codedWidth * this.codedHeight * 4);
    FakeFrame.open.add(this);
  }

  /**
   * As the WebCodecs specification has it: a rectangle on whole samples, a layout for each plane.
   * @param {ArrayBufferView} destination
   * @param {{rect?: {x: number, y: number, width: number, height: number},
   *   layout: {offset: number, stride: number}[], format?: string}} options
   */
  async copyTo(destination, { rect = this.visibleRect, layout, format }) {
    if (this.isClosed) throw new Error('the frame is closed');
    if (format && format !== this.format && !this.options.convert) {
      throw new DOMException('no conversion', 'NotSupportedError');
    }
    const out = new Uint8Array(destination.buffer, destination.byteOffset, destination.byteLength);
    const planes = planesOf(/** @type {string} */ (this.format), this.codedWidth, this.codedHeight);
    if (layout.length !== planes.length) throw new TypeError('a layout for each plane');
    for (const [i, plane] of planes.entries()) copyPlane(this.bytes, out, plane, rect, layout[i]);
    return layout;
  }

  clone() {
    if (this.isClosed) throw new Error('the frame is closed');
    return new FakeFrame(this.options);
  }

  close() {
    this.isClosed = true;
    FakeFrame.open.delete(this);
  }

  /** As the type that the engine expects. @returns {VideoFrame} */
  get asVideoFrame() {
    return /** @type {VideoFrame} */ (/** @type {unknown} */ (this));
  }
}

/**
 * @param {Uint8Array} from
 * @param {Uint8Array} to
 * @param {{offset: number, stride: number, sampleX: number, sampleY: number, bytes: number}} plane
 * @param {{x: number, y: number, width: number, height: number}} rect
 * @param {{offset: number, stride: number}} layout
 */
function copyPlane(from, to, { offset, stride, sampleX, sampleY, bytes }, rect, layout) {
  if (rect.x % sampleX || rect.y % sampleY) throw new TypeError('the rectangle splits a sample');
  const rowBytes = Math.ceil(rect.width / sampleX) * bytes;
  const rows = Math.ceil(rect.height / sampleY);
  if (layout.stride < rowBytes) throw new TypeError('the stride is too small');
  for (let row = 0; row < rows; row++) {
    const at = offset + (rect.y / sampleY + row) * stride + (rect.x / sampleX) * bytes;
    to.set(from.subarray(at, at + rowBytes), layout.offset + row * layout.stride);
  }
}

/**
 * @param {string} format
 * @param {number} width   coded
 * @param {number} height
 */
export function planesOf(format, width, height) {
  const half = { sampleX: 2, sampleY: 2, bytes: 1 };
  const full = { sampleX: 1, sampleY: 1, bytes: 1 };
  const packed = [{ ...full, bytes: 4 }];
  /** @type {Record<string, {sampleX: number, sampleY: number, bytes: number}[]>} */
  const shapes = {
    I420: [full, half, half],
    I420A: [full, half, half, full],
    I422: [full, { ...half, sampleY: 1 }, { ...half, sampleY: 1 }],
    I444: [full, full, full],
    NV12: [full, { ...half, bytes: 2 }],
    RGBA: packed,
    RGBX: packed,
    BGRA: packed,
    BGRX: packed,
  };
  let offset = 0;
  return shapes[format].map((shape) => {
    const stride = Math.ceil(width / shape.sampleX) * shape.bytes;
    const plane = { ...shape, offset, stride };
    offset += stride * Math.ceil(height / shape.sampleY);
    return plane;
  });
}

/**
 * The same numbers each time: a linear congruential generator (Numerical Recipes' constants).
 * @param {number} seed
 * @returns {() => number} 0..1
 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * @param {() => boolean} condition
 * @returns {Promise<void>} when it holds; refused after two seconds
 */
export async function until(condition) {
  const limit = performance.now() + 2000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
