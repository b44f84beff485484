/**
 * A model of the visitor's own: an ONNX file that keeps the contract, `frame` float32 [1, 3, H, W]
 * RGB 0..1 → `alpha` float32 [1, 1, H, W] 0..1. `livematte convert` makes one from most others.
 *
 * @typedef {import('./manifest.js').ModelSpec} ModelSpec
 *
 * @typedef {object} OwnModel  one that has been checked
 * @property {string} name     of the file
 * @property {Blob} file
 * @property {number} width    of the model's input, pixels
 * @property {number} height
 * @property {number} inferMs  what one frame took on one thread when it was checked
 *
 * @typedef {(typeof REFUSALS)[number]} Refusal
 */

/** Why a file is not taken: the `detail` of an error 'model-refused'. */
export const REFUSALS = Object.freeze(
  /** @type {const} */ ([
    'too-large', // of bytes
    'no-model', // the runtime does not load it: no ONNX, damaged, or with an op that it has not
    'input', // not one `frame`, float32 [1, 3, H, W]
    'output', // not one `alpha`, float32 [1, 1, H, W] of the same size
    'size', // a size that is not fixed, or not sensible
    'range', // answers outside 0..1, or no numbers: logits, most likely
    'too-slow', // no answer in time
  ]),
);

/** The largest that fits into a 32-bit WebAssembly memory beside its own buffers. */
export const MAX_BYTES = 512e6;

/** Sides of the model's input, pixels. */
const MIN_SIDE = 16;
const MAX_SIDE = 2048;

/** Rounding may leave the range by so much. */
const SLACK = 0.01;

const STATE = /^state\d+_(in|out)$/;

/**
 * @typedef {{name: string, isTensor?: boolean, type?: string, shape?: readonly (number | string)[]}} Port
 *   an input or output, as the runtime tells of it
 */

/**
 * The size of a model that keeps the contract.
 * @param {readonly Port[]} inputs
 * @param {readonly Port[]} outputs
 * @returns {{width: number, height: number} | {refusal: Refusal, message: string}}
 */
export function readContract(inputs, outputs) {
  const [frame, alpha] = [only(inputs, 'frame'), only(outputs, 'alpha')];
  if (!frame) return refused('input', `it takes ${told(inputs)} instead of frame [1, 3, H, W]`);
  if (!alpha) return refused('output', `it answers ${told(outputs)} instead of alpha [1, 1, H, W]`);
  const shape = frame.shape ?? [];
  if (frame.type !== 'float32' || shape.length !== 4 || shape[0] !== 1 || shape[1] !== 3) {
    return refused('input', `its input is ${told([frame])} instead of float32 [1, 3, H, W]`);
  }
  const [height, width] = [Number(shape[2]), Number(shape[3])];
  if (![height, width].every((side) => side >= MIN_SIDE && side <= MAX_SIDE)) {
    return refused(
      'size',
      `H and W of ${told([frame])} are not fixed at ${MIN_SIDE} to ${MAX_SIDE}`,
    );
  }
  // A shape that the model leaves open shows in the rehearsal.
  const answered = (alpha.shape ?? []).map(Number);
  const isOther = [1, 1, height, width].some((size, at) => answered[at] !== size);
  if (alpha.type !== 'float32' || (answered.every((size) => size > 0) && isOther)) {
    return refused(
      'output',
      `its output is ${told([alpha])} instead of [1, 1, ${height}, ${width}]`,
    );
  }
  return { width, height };
}

/**
 * @param {Float32Array} alpha  what was answered
 * @param {{width: number, height: number}} size
 * @returns {{refusal: Refusal, message: string} | null} null when it is an alpha
 */
export function checkAlpha(alpha, { width, height }) {
  if (alpha.length !== width * height) {
    return refused('output', `it answers ${alpha.length} values instead of ${width} × ${height}`);
  }
  for (const value of alpha) {
    if (!(value >= -SLACK && value <= 1 + SLACK)) {
      return refused('range', `it answers ${value}, which is no alpha from 0 to 1`);
    }
  }
  return null;
}

/**
 * @param {OwnModel} model
 * @returns {ModelSpec}
 */
export function ownSpec({ name, file, width, height }) {
  return {
    name,
    variant: 'own',
    url: '',
    sha256: '',
    bytes: file.size,
    width,
    height,
    threshold: 0.5,
    ramp: null,
    golden: null,
    file,
  };
}

/**
 * @param {readonly Port[]} ports
 * @param {string} name
 */
function only(ports, name) {
  const [port, ...others] = ports.filter((each) => !STATE.test(each.name));
  return port?.name === name && others.length === 0 ? port : null;
}

/** @param {readonly Port[]} ports */
function told(ports) {
  return ports
    .map(({ name, type, shape }) => `${name} ${type} [${shape?.join(', ')}]`)
    .join(' and ');
}

/**
 * @param {Refusal} refusal
 * @param {string} message
 */
function refused(refusal, message) {
  return { refusal, message };
}
