/**
 * The one error type that crosses the engine: a stable code that the page turns into a
 * sentence in the visitor's language, and English text for logs.
 *
 * @typedef {(typeof ERROR_CODES)[number]} MatteErrorCode
 * @typedef {{code: MatteErrorCode, message: string, detail: string}} WireError  what a message carries
 */

export const ERROR_CODES = /** @type {const} */ ([
  'camera-denied', // the visitor, or the browser's policy, refused the camera
  'camera-missing', // no camera, or none that fits
  'camera-busy', // another program holds the camera
  'camera-lost', // the camera was taken away while it was used
  'insecure-origin', // http on another host than localhost: browsers give no camera there
  'screen-denied', // the visitor chose no screen, or the system forbids it
  'file-unreadable', // neither a picture nor a video that this browser decodes
  'wasm-blocked', // WebAssembly is missing or forbidden by a policy
  'model-unavailable', // the model or the runtime could not be fetched, or its bytes are wrong
  'browser-too-old', // something that the engine cannot do without is missing
  'start-timeout', // the runtime, or a GPU, did not get ready in time
  'model-refused', // a model of the visitor's own that does not keep the contract; `detail` is why
  'out-of-memory', // the browser gives no more of it
  'golden-failed', // what runs the model answers wrongly on the frame whose alpha is known
  'inference-failed', // the model threw or answered with something that is no alpha
  'webgl-unavailable', // no WebGL2 context, or it was lost
  'gpu-unavailable', // WebGPU was asked for and cannot be used; `detail` is the reason's code
  'gpu-lost', // the GPU device was lost, or refuses its work
  'unknown',
]);

/** How browsers and the runtime say so; there is no error type for it. */
const NO_MEMORY =
  /out of memory|could not allocate|allocation failed|bad_alloc|cannot enlarge memory/i;

export class MatteError extends Error {
  /**
   * @param {MatteErrorCode} code
   * @param {string} message  one line: what is wrong and, where there is a remedy, what to do
   * @param {string} [detail]  the underlying error's own words
   */
  constructor(code, message, detail = '') {
    super(message);
    this.name = 'MatteError';
    /** @readonly */
    this.code = code;
    /** @readonly */
    this.detail = detail;
  }

  /**
   * Any thrown value as a MatteError; one that already is passes through, and one that tells of
   * missing memory is told as that, wherever it comes from.
   * @param {unknown} error
   * @param {MatteErrorCode} code  for anything else
   * @param {string} message
   */
  static from(error, code, message) {
    if (error instanceof MatteError) return error;
    const detail = String(error);
    if (!NO_MEMORY.test(detail)) return new MatteError(code, message, detail);
    return new MatteError('out-of-memory', `${message}: there is no memory left`, detail);
  }

  /** @returns {WireError} */
  toWire() {
    return { code: this.code, message: this.message, detail: this.detail };
  }

  /** @param {WireError} wire */
  static fromWire(wire) {
    return new MatteError(wire.code, wire.message, wire.detail);
  }
}
