/**
 * A model of the visitor's own: opened by a button or dropped on the page. It is not kept: after a
 * reload the site's own runs again.
 */

import { byId } from './dom.js';

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
