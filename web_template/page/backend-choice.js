/**
 * Which backend runs the model, and why.
 *
 * A first visit starts on wasm at once, so that the first matte comes soon. Where the browser has
 * a real GPU, WebGPU is then tried beside it: it has to answer the golden frame and to win a race
 * on the visitor's own frames, and the verdict is remembered. A backend that breaks down while it
 * is used is not used again in this session.
 *
 * @typedef {import('../shared/messages.js').Backend} Backend
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./backend-memory.js').BackendMemory} BackendMemory
 * @typedef {(typeof BACKEND_WISHES)[number]} BackendWish
 * @typedef {Pick<Stats, 'fps' | 'stages'>} Figures
 *
 * Why the backend is the one that it is:
 * @typedef {'' | 'untried' | 'only-candidate' | 'remembered' | 'forced' | 'race-won' | 'race-lost'
 *   | 'golden-failed' | 'start-timeout' | 'trial-failed'
 *   | 'no-webgpu' | 'no-adapter' | 'fallback-adapter' | 'limits' | 'no-device'
 *   | `failed-over:${string}`} BackendReason
 */

/** What can be asked for. */
export const BACKEND_WISHES = Object.freeze(/** @type {const} */ (['auto', 'wasm', 'webgpu']));

/** What takes so much less of the other's time has won clearly: noise alone is half of it. */
const CLEAR_WIN = 0.8;

/** A winner keeps up with the frames as well as the one that ran before. */
const KEEPS_UP = 0.95;

/** Errors that would come again at the next visit. */
const OF_THE_GPU = ['gpu-unavailable', 'gpu-lost', 'inference-failed'];

export class BackendChoice {
  #memory;
  #hasGpuBuild;
  /** @type {BackendWish} */
  #wish;
  /** @type {Backend} */
  #backend = 'wasm';
  /** @type {BackendReason} */
  #reason = '';
  #adapter = '';
  #isOpen = false;

  /**
   * @param {{memory: BackendMemory, hasGpuBuild: boolean, wish?: BackendWish}} options
   *   hasGpuBuild: the site carries a WebGPU runtime for this browser
   */
  constructor({ memory, hasGpuBuild, wish = 'auto' }) {
    this.#memory = memory;
    this.#hasGpuBuild = hasGpuBuild;
    this.#wish = wish;
    this.choose(wish);
  }

  get wish() {
    return this.#wish;
  }

  get backend() {
    return this.#backend;
  }

  get reason() {
    return this.#reason;
  }

  /** Whether the browser's word on its GPU is still awaited; see `heard`. */
  get isOpen() {
    return this.#isOpen;
  }

  /**
   * @param {BackendWish} wish
   * @returns {() => void} takes it back
   * @throws {TypeError} when it is none
   */
  choose(wish) {
    const [was, isOpen, backend, reason] = [this.#wish, this.#isOpen, this.#backend, this.#reason];
    this.#wish = checkBackend(wish);
    this.#isOpen = false;
    if (wish !== 'auto') this.#settle(wish, 'forced');
    else if (!this.#hasGpuBuild) this.#settle('wasm', 'only-candidate');
    else if (this.#memory.failure()) this.#settle('wasm', `failed-over:${this.#memory.failure()}`);
    else this.#chooseFromMemory();
    return () => {
      this.#wish = was;
      this.#isOpen = isOpen;
      this.#settle(backend, reason);
    };
  }

  #chooseFromMemory() {
    const known = this.#memory.recall();
    if (known?.backend === 'webgpu') {
      this.#adapter = known.adapter;
      this.#settle('webgpu', 'remembered');
    } else {
      this.#settle('wasm', known ? /** @type {BackendReason} */ (known.reason) : 'untried');
    }
    this.#isOpen = true; // whether it is still the same adapter is asked once there is time
  }

  /**
   * What the browser says of its GPU.
   * @param {{reason: BackendReason | null, name: string}} answer
   * @returns {Backend | null} which backend is to be brought up instead of the one that runs
   */
  heard({ reason, name }) {
    if (!this.#isOpen) return null;
    if (this.#reason === 'remembered') return this.#isStillTheOne(name) ? null : 'wasm';
    this.#adapter = name;
    const known = this.#memory.recall();
    if (!reason && known?.adapter !== name) return 'webgpu';
    this.#isOpen = false;
    this.#settle('wasm', reason ?? /** @type {BackendReason} */ (known?.reason));
    return null;
  }

  /** @param {string} name  of the adapter that a remembered winner runs on */
  #isStillTheOne(name) {
    this.#isOpen = false;
    if (name === this.#adapter) return true;
    this.#memory.forget();
    this.#chooseFromMemory();
    return false;
  }

  /**
   * The end of a race.
   * @param {Figures} wasm
   * @param {Figures} webgpu
   * @returns {boolean} whether WebGPU has won
   */
  judge(wasm, webgpu) {
    const hasRun = webgpu.stages.totalMs.p50 > 0;
    const isFaster = hasRun && webgpu.stages.totalMs.p50 < CLEAR_WIN * wasm.stages.totalMs.p50;
    const hasWon = isFaster && webgpu.fps >= KEEPS_UP * wasm.fps;
    this.#conclude(hasWon ? 'webgpu' : 'wasm', hasWon ? 'race-won' : 'race-lost');
    return hasWon;
  }

  /**
   * WebGPU did not come as far as the race.
   * @param {string} code  of the error
   */
  trialFailed(code) {
    if (code === 'golden-failed' || code === 'start-timeout') this.#conclude('wasm', code);
    else if (OF_THE_GPU.includes(code)) this.#conclude('wasm', 'trial-failed');
    else {
      // A file did not arrive, or the camera went: the next visit tries again.
      this.#isOpen = false;
      this.#settle('wasm', 'trial-failed');
    }
  }

  /**
   * What runs has broken down.
   * @param {string} code  of the error
   * @returns {boolean} whether there is another backend to go on with
   */
  failed(code) {
    if (this.#backend !== 'webgpu') return false;
    this.#isOpen = false;
    this.#memory.noteFailure(code);
    this.#memory.forget();
    this.#settle('wasm', `failed-over:${code}`);
    return true;
  }

  /**
   * @param {Backend} backend
   * @param {BackendReason} reason
   */
  #conclude(backend, reason) {
    this.#isOpen = false;
    this.#settle(backend, reason);
    this.#memory.remember({ adapter: this.#adapter, backend, reason });
  }

  /**
   * @param {Backend} backend
   * @param {BackendReason} reason
   */
  #settle(backend, reason) {
    this.#backend = backend;
    this.#reason = reason;
  }
}

/**
 * @param {unknown} wish
 * @returns {BackendWish}
 * @throws {TypeError}
 */
export function checkBackend(wish) {
  const known = BACKEND_WISHES.find((each) => each === wish);
  if (known) return known;
  throw new TypeError(`no backend ${String(wish)}: use one of ${BACKEND_WISHES.join(', ')}`);
}
