/**
 * The replacement background beneath the canvas: the same that the engine draws, so the page has
 * a picture before the engine is there, and nothing flashes when it comes.
 */

import { byId } from './dom.js';

/**
 * @param {string} kind  the effect's
 * @param {{color: string, image: string}} look  image: a URL or ''
 */
export function paintBackdrop(kind, { color, image }) {
  const layer = byId('backdrop', HTMLElement);
  byId('frame', HTMLElement).dataset.effect = kind;
  layer.style.backgroundColor = kind === 'color' ? color : '';
  layer.style.backgroundImage = kind === 'image' && image ? `url("${image}")` : '';
}

/**
 * The picture of a tile of the picker.
 * @param {ParentNode} root
 * @param {string} name  of a backdrop; the first one stands for one that is not there
 * @returns {HTMLImageElement | null}
 */
export function backdropImage(root, name) {
  const tile =
    root.querySelector(`input[name="backdrop"][value="${CSS.escape(name)}"]`) ??
    root.querySelector('input[name="backdrop"]');
  const image = tile?.parentElement?.querySelector('img');
  return image ?? null;
}
