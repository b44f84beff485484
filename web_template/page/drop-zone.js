/**
 * Files that are dropped anywhere on the page or pasted into it.
 *
 * @typedef {object} DropActions
 * @property {(files: File[]) => void} open  at least one
 * @property {(file: File) => void} useAsBackground
 */

import { byId } from './dom.js';

/**
 * @param {DropActions} actions
 */
export function watchDrops({ open, useAsBackground }) {
  const zone = byId('drop-zone', HTMLElement);
  const background = byId('drop-background', HTMLElement);
  let depth = 0; // dragenter and dragleave come in pairs, for every element under the pointer

  const show = (/** @type {boolean} */ shown) => {
    zone.hidden = !shown;
    if (!shown) background.classList.remove('is-over');
  };
  document.addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    depth++;
    show(true);
  });
  document.addEventListener('dragleave', (event) => {
    if (!carriesFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(false);
  });
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    background.classList.toggle('is-over', isOver(event, background));
  });
  document.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    const toBackground = !zone.hidden && isOver(event, background);
    show(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    if (toBackground) useAsBackground(files[0]);
    else open(files);
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    open(files);
  });
}

/** @param {DragEvent} event */
function carriesFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/**
 * @param {Event} event
 * @param {Element} element
 */
function isOver(event, element) {
  return event.target instanceof Node && element.contains(event.target);
}
