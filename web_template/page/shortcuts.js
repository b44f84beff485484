/** Single keys for what the page does; they can be switched off, for those who dictate. */

import { all, byId } from './dom.js';
import { loadSettings, saveSettings } from './settings.js';

/** @typedef {Record<string, () => void>} Keys  KeyboardEvent.key, in lower case → what it does */

/** Elements that use letters or digits themselves. */
const TYPING = 'input:not([type="radio"], [type="checkbox"], [type="range"]), select, textarea';

/**
 * @param {Keys} keys
 */
export function watchShortcuts(keys) {
  const dialog = byId('help', HTMLDialogElement);
  const enabled = byId('shortcuts-enabled', HTMLInputElement);
  enabled.checked = loadSettings().shortcuts;
  enabled.addEventListener('change', () => saveSettings({ shortcuts: enabled.checked }));
  byId('open-help', HTMLButtonElement).addEventListener('click', () => dialog.showModal());
  for (const close of all(dialog, '[data-close]', HTMLElement)) {
    close.addEventListener('click', () => dialog.close());
  }
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
  });
  document.addEventListener('keydown', (event) => {
    if (!enabled.checked || !isPlainKey(event) || document.querySelector('dialog[open]')) return;
    const act = event.key === '?' ? () => dialog.showModal() : keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** @param {KeyboardEvent} event */
function isPlainKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) {
    return false;
  }
  return !(event.target instanceof Element && event.target.matches(TYPING));
}
