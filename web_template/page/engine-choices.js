/**
 * The visitor's choice of model and backend, brought to the engine.
 *
 * @typedef {object} EngineChoicesParts
 * @property {import('./engine-host.js').EngineHost} host
 * @property {import('./model-control.js').ModelControl} models
 * @property {import('./backend-control.js').BackendControl} backends
 * @property {import('./notices.js').Notices} notices
 * @property {import('./i18n.js').Translator} translator
 * @property {(error: unknown, name: string) => void} report
 * @property {() => void} onBackendChosen  before anything else
 * @property {() => void} restart
 */

import { saveSettings } from './settings.js';

/** @param {EngineChoicesParts} parts */
export function watchEngineChoices(parts) {
  parts.models.onChange((name) => changeModel(parts, name));
  parts.backends.onChange((backend) => changeBackend(parts, backend));
}

/**
 * @param {EngineChoicesParts} parts
 * @param {string} name
 */
async function changeModel({ host, models, report }, name) {
  if (typeof models.wish === 'string') saveSettings({ model: name });
  const matte = host.current;
  if (!matte) return;
  try {
    await matte.setModel(models.wish);
  } catch (error) {
    report(error, '');
    models.show(matte.stats.model);
  }
}

/**
 * @param {EngineChoicesParts} parts
 * @param {import('./backend-choice.js').BackendWish} backend
 */
async function changeBackend(parts, backend) {
  const { host, backends, notices, report, onBackendChosen, restart } = parts;
  onBackendChosen();
  saveSettings({ backend });
  const matte = host.current;
  if (!matte) return restart(); // it may be the reason why there is none
  try {
    await matte.setBackend(backend);
    notices.clear();
  } catch (error) {
    if (matte.backend !== backend) backends.show(matte.backend);
    saveSettings({ backend: matte.backend });
    report(error, '');
  }
}

/**
 * @param {Pick<EngineChoicesParts, 'host' | 'models' | 'notices' | 'translator' | 'report'>} parts
 * @param {File} file  a model of the visitor's own
 */
export async function useOwnModel({ host, models, notices, translator, report }, file) {
  notices.clear();
  try {
    const matte = await host.get();
    await models.tryOwn(() => matte.setModel(file));
    notices.announce(translator.text('announce.ownModel', { name: file.name }));
  } catch (error) {
    const { code, detail } = /** @type {any} */ (error);
    if (code === 'model-refused') notices.show(code, file.name, `refusal.${detail}`);
    else report(error, file.name);
  }
}
