/**
 * A model of the visitor's own: opened by a button or dropped on the page, and kept in the browser
 * for the next visit. There is one at a time.
 */

import { byId } from './dom.js';
import { dropFile, keepFile, keptFiles } from './kept-files.js';

const KEPT_AS = 'model'; // backgrounds have names with a colon

/** @param {File} file */
export function isModelFile({ name }) {
  return /\.(onnx|ort|tflite|pb|pth|pt)$/i.test(name);
}

/** @param {(file: File) => void} onFile */
export function watchModelFile(onFile) {
  const input = byId('own-model-file', HTMLInputElement);
  byId('own-model', HTMLButtonElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    input.value = ''; // the same file may be chosen again
    if (file) onFile(file);
  });
}

/**
 * @param {File} file  takes the place of the one before
 * @returns {Promise<boolean>} whether it is there at the next visit
 */
export async function keepModel(file) {
  try {
    await keepFile(KEPT_AS, file);
    return true;
  } catch (error) {
    console.info('not kept:', error);
    await dropModel(); // another one would be taken for it
    return false;
  }
}

/** @returns {Promise<File | null>} of an earlier visit */
export async function keptModel() {
  return (await keptFiles()).get(KEPT_AS) ?? null;
}

export async function dropModel() {
  try {
    await dropFile(KEPT_AS);
  } catch (error) {
    console.info('nothing was kept:', error);
  }
}
