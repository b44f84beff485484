/**
 * What is known of the backends from before, in the browser's own storage: which one won here, or
 * why one cannot be used. It holds for this build, this browser and this graphics adapter only, so
 * that after any change all is tried anew.
 *
 * @typedef {import('../shared/messages.js').Backend} Backend
 * @typedef {{adapter: string, backend: Backend, reason: string}} Verdict  on WebGPU with an adapter
 *
 * @typedef {object} BackendMemory
 * @property {() => Verdict | null} recall  the verdict of an earlier visit
 * @property {(verdict: Verdict) => void} remember
 * @property {() => void} forget
 * @property {() => string} failure  why WebGPU broke down in this session; '' when it has not
 * @property {(code: string) => void} noteFailure
 */

import { useStorage } from './storage.js';

const VERDICT = 'livematte.backend';
const FAILURE = 'livematte.backend.failure';

/**
 * @param {{fingerprint: string, browser?: string}} where  the build, and the browser with its version
 * @returns {BackendMemory}
 */
export function createBackendMemory({
  fingerprint,
  browser = globalThis.navigator?.userAgent ?? '',
}) {
  return {
    recall() {
      const stored = useStorage('localStorage', (storage) => storage.getItem(VERDICT));
      const known = parsed(stored);
      const isOfHere = known?.fingerprint === fingerprint && known?.browser === browser;
      return isOfHere && isVerdict(known) ? known : null;
    },
    remember({ adapter, backend, reason }) {
      const record = JSON.stringify({ fingerprint, browser, adapter, backend, reason });
      useStorage('localStorage', (storage) => storage.setItem(VERDICT, record));
    },
    forget() {
      useStorage('localStorage', (storage) => storage.removeItem(VERDICT));
    },
    failure: () => useStorage('sessionStorage', (storage) => storage.getItem(FAILURE)) ?? '',
    noteFailure(code) {
      useStorage('sessionStorage', (storage) => storage.setItem(FAILURE, code));
    },
  };
}

/**
 * It may be of an older version, or damaged.
 * @param {string | null} stored
 * @returns {any}
 */
function parsed(stored) {
  try {
    return JSON.parse(stored ?? 'null');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** @param {any} known @returns {boolean} */
function isVerdict({ adapter, backend, reason }) {
  const isBackend = backend === 'wasm' || backend === 'webgpu';
  return isBackend && typeof adapter === 'string' && typeof reason === 'string';
}
