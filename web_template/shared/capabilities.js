/**
 * What this browser can do, looked at once, frozen.
 *
 * @typedef {object} Capabilities
 * @property {boolean} isolated            cross-origin isolated: SharedArrayBuffer, so threads
 * @property {number} processors           logical, at least 1
 * @property {boolean} wasm                WebAssembly is there and no policy forbids it
 * @property {boolean} wasmSimd
 * @property {boolean} jspi                WebAssembly can wait for promises by itself
 * @property {boolean} webgpu              WebGPU is known; whether there is a GPU is worker/webgpu's to find out
 * @property {boolean} secureContext       cameras and digests need one
 * @property {boolean} videoFrame          WebCodecs frames
 * @property {boolean} trackProcessor      MediaStreamTrackProcessor in this very context
 * @property {boolean} videoFrameCallback  HTMLVideoElement.requestVideoFrameCallback
 * @property {boolean} offscreenCanvas     a canvas that a worker draws to
 */

/** More threads than this bring a 144×256 network nothing, and each costs start-up time. */
const MAX_THREADS = 4;

/** An empty module: magic number and version. */
const EMPTY_MODULE = [0, 97, 115, 109, 1, 0, 0, 0];

/** A function of type () -> v128 that splats 0: valid only where SIMD is known. */
const SIMD_MODULE = [
  ...EMPTY_MODULE,
  ...[1, 5, 1, 96, 0, 1, 123], // types: () -> v128
  ...[3, 2, 1, 0], // functions: one, of type 0
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11], // code: i32.const 0, i8x16.splat, end
];

/** @type {Capabilities | undefined} */
let detected;

/** @returns {Capabilities} of the context that calls */
export function capabilities() {
  detected ??= detectCapabilities(/** @type {any} */ (globalThis));
  return detected;
}

/**
 * @param {any} scope  a global object, or a fake of one
 * @returns {Capabilities}
 */
export function detectCapabilities(scope) {
  const video = scope.HTMLVideoElement?.prototype;
  const canvas = scope.HTMLCanvasElement?.prototype;
  return Object.freeze({
    isolated: scope.crossOriginIsolated === true && 'SharedArrayBuffer' in scope,
    processors: Math.max(1, scope.navigator?.hardwareConcurrency ?? 1),
    wasm: canCompileWasm(scope.WebAssembly),
    wasmSimd: scope.WebAssembly?.validate(Uint8Array.from(SIMD_MODULE)) === true,
    jspi: 'Suspending' in (scope.WebAssembly ?? {}) && 'promising' in scope.WebAssembly,
    webgpu: !!scope.navigator?.gpu,
    secureContext: scope.isSecureContext === true,
    videoFrame: 'VideoFrame' in scope,
    trackProcessor: 'MediaStreamTrackProcessor' in scope,
    videoFrameCallback: !!video && 'requestVideoFrameCallback' in video,
    offscreenCanvas:
      'OffscreenCanvas' in scope && (!canvas || 'transferControlToOffscreen' in canvas),
  });
}

/**
 * A Content-Security-Policy without 'wasm-unsafe-eval' shows only when something is compiled.
 * @param {typeof WebAssembly | undefined} wasm
 */
function canCompileWasm(wasm) {
  if (!wasm) return false;
  try {
    return new wasm.Module(Uint8Array.from(EMPTY_MODULE)) instanceof wasm.Module;
  } catch {
    return false;
  }
}

/**
 * @param {Capabilities} caps
 * @param {number} [wanted]
 * @returns {number} threads for the runtime: 1 without isolation
 */
export function threadCount(caps, wanted) {
  if (!caps.isolated) return 1;
  const threads = wanted ?? Math.min(MAX_THREADS, caps.processors);
  return Math.max(1, Math.min(Math.floor(threads), caps.processors));
}
