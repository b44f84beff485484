/** The buttons that change the language; the choice is remembered. */

import { all, byId } from './dom.js';
import { saveSettings } from './settings.js';

/** @param {import('./i18n.js').Translator} translator */
export function watchLanguage(translator) {
  const buttons = all(byId('languages', HTMLElement), 'button', HTMLButtonElement);
  const render = () => {
    for (const button of buttons) {
      button.setAttribute('aria-pressed', String(button.dataset.locale === translator.locale));
    }
  };
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const locale = button.dataset.locale ?? '';
      saveSettings({ locale });
      translator.setLocale(locale);
    });
  }
  translator.onChange(render);
  render();
}
