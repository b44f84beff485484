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

import { dropModel, keepModel, keptModel } from './own-model.js';
import { saveSettings } from './settings.js';

/** @param {EngineChoicesParts} parts */
export function watchEngineChoices(parts) {
  parts.models.onChange((name) => changeModel(parts, name));
  parts.models.onRemove((wasChosen) => {
    dropModel();
    if (wasChosen) changeModel(parts, parts.models.name);
  });
  parts.backends.onChange((backend) => changeBackend(parts, backend));
}

/**
 * @param {EngineChoicesParts} parts
 * @param {string} name
 */
async function changeModel(parts, name) {
  const { host, models, report } = parts;
  const { untried } = models;
  if (untried) {
    await runOwnModel(parts, untried);
    return;
  }
  const isOwn = typeof models.wish === 'object';
  saveSettings(isOwn ? { ownModel: true } : { ownModel: false, model: name });
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

/** @typedef {Pick<EngineChoicesParts, 'host' | 'models' | 'notices' | 'translator' | 'report'>} Parts */

/**
 * @param {Parts} parts
 * @param {File} file  a model of the visitor's own, from now on
 */
export async function useOwnModel(parts, file) {
  const { models, notices, translator } = parts;
  notices.clear();
  if (!(await runOwnModel(parts, file))) return;
  notices.announce(translator.text('announce.ownModel', { name: file.name }));
  const isKept = await keepModel(file);
  models.setKept(isKept);
  if (!isKept) notices.show('model-not-kept');
}

/**
 * The model of an earlier visit can be chosen again; where it was left running it runs.
 * @param {Parts} parts
 * @param {boolean} isWanted
 */
export async function restoreOwnModel(parts, isWanted) {
  const file = await keptModel();
  if (!file) return;
  parts.models.offerOwn(file);
  if (isWanted) await runOwnModel(parts, file);
}

/**
 * @param {Parts} parts
 * @param {File} file
 * @returns {Promise<boolean>} whether it runs; why not has been told
 */
async function runOwnModel({ host, models, notices, report }, file) {
  try {
    const matte = await host.get();
    await models.tryOwn(file, () => matte.setModel(file));
    return typeof models.wish === 'object';
  } catch (error) {
    const { code, detail } = /** @type {any} */ (error);
    if (code === 'model-refused') notices.show(code, file.name, `refusal.${detail}`);
    else report(error, file.name);
    if (models.untried) models.show(host.current?.stats.model ?? '');
    return false;
  } finally {
    saveSettings({ ownModel: typeof models.wish === 'object' });
  }
}
