/**
 * Many pictures, one after the other, as cut-outs in one archive. An engine of its own does it, so
 * what the page shows goes on.
 *
 * @typedef {object} BatchOptions
 * @property {readonly File[]} files
 * @property {import('../matte.js').MatteOptions} wishes  model and looks
 * @property {(done: number, name: string) => void} onProgress  before each picture
 * @property {AbortSignal} signal
 *
 * @typedef {{archive: Blob, done: number, failed: string[]}} BatchResult  failed: names of files
 */

import { createMatte } from '../matte.js';
import { uniqueNames, ZipWriter } from './zip.js';

/** A picture that takes longer has a fault. */
const PATIENCE_MS = 60_000;

/**
 * @param {BatchOptions} options
 * @returns {Promise<BatchResult>}
 * @throws {import('../matte.js').MatteError} when the engine cannot start
 * @throws {DOMException} AbortError: it was called off
 */
export async function cutOutAll({ files, wishes, onProgress, signal }) {
  const matte = await createMatte({ ...wishes, effect: { kind: 'cutout' }, signal });
  const zip = new ZipWriter();
  /** @type {string[]} */
  const failed = [];
  const names = uniqueNames(files.map(({ name }) => `${name.replace(/\.[^.]+$/, '')}.png`));
  try {
    await matte.ready;
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      onProgress(index, file.name);
      try {
        const blob = await cutOut(matte, file, signal);
        await zip.add({ name: names[index], blob, date: new Date(file.lastModified) });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof RangeError) throw error;
        console.warn(file.name, error);
        failed.push(file.name);
      }
    }
    return { archive: zip.finish(), done: files.length - failed.length, failed };
  } finally {
    matte.dispose();
  }
}

/**
 * @param {import('../matte.js').Matte} matte
 * @param {File} file
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>} PNG
 */
async function cutOut(matte, file, signal) {
  const bitmap = await createImageBitmap(file);
  try {
    const matted = mattedOnce(matte, signal);
    await Promise.all([matte.attach(bitmap), matted]);
    return await matte.snapshot('image/png');
  } finally {
    bitmap.close();
  }
}

/**
 * @param {import('../matte.js').Matte} matte
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function mattedOnce(matte, signal) {
  return new Promise((resolve, reject) => {
    const offs = [
      matte.on('first-matte', () => settle(resolve)),
      matte.on('error', (error) => settle(() => reject(error))),
    ];
    const onAbort = () => settle(() => reject(signal.reason));
    const timer = setTimeout(() => settle(() => reject(new Error('no matte'))), PATIENCE_MS);
    signal.addEventListener('abort', onAbort);
    const settle = (/** @type {() => void} */ then) => {
      for (const off of offs) off();
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      then();
    };
  });
}
