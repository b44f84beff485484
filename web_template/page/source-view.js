/**
 * What the page shows of its source: the badge, the buttons, the mirrored view, what is announced.
 *
 * @typedef {import('./player.js').Showing} Showing
 * @typedef {import('./player.js').SourceKind} SourceKind
 *
 * @typedef {object} SourceViewParts
 * @property {import('./i18n.js').Translator} translator
 * @property {import('./settings.js').Settings} settings
 * @property {import('./notices.js').Notices} notices
 * @property {import('./stage.js').Stage} stage
 * @property {import('./effect-controls.js').EffectControls} effects
 * @property {import('./comments-control.js').CommentsControl} comments
 * @property {import('./engine-host.js').EngineHost} host
 * @property {() => SourceViewLater} later  what is made after the player
 *
 * @typedef {object} SourceViewLater
 * @property {import('./player.js').Player} player
 * @property {import('./devices-control.js').DevicesControl} devices
 * @property {import('./compare.js').Compare} compare
 * @property {import('./taking/take-away.js').TakeAway} takeAway
 * @property {import('./action-bar.js').ActionBar} actions
 */

import { saveSettings } from './settings.js';

export class SourceView {
  #parts;
  /** @type {SourceKind} */
  #announced = 'none';

  /** @param {SourceViewParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {Showing} showing */
  show(showing) {
    const { translator, settings, notices, stage, effects, comments, host } = this.#parts;
    const { player, devices, compare, takeAway, actions } = this.#parts.later();
    const mirrored = this.isMirrored(showing);
    stage.setMirrored(mirrored);
    effects.setMirrored(mirrored);
    comments.setMirrored(mirrored);
    compare.setSource(player.input);
    takeAway.setAvailable(showing.kind !== 'none' && !!host.current);
    actions.show(showing, settings.mirrored);
    const { kind, name } = showing;
    const ownName = kind === 'screen' ? '' : name; // a screen's is a number
    stage.setBadge(kind, ownName || translator.text(`source.${sourceName(showing)}`));
    if (kind === 'none' && host.current) stage.setEmpty();
    if (kind === this.#announced) return;
    this.#announced = kind;
    if (kind === 'camera') devices.refresh(); // their names are told now
    notices.announce(this.#announcement(kind, name));
    if (kind === 'camera') notices.dismiss('camera-lost'); // it is back
  }

  /** @param {Showing} showing */
  isMirrored({ kind, facingAway }) {
    return kind === 'camera' && !facingAway && this.#parts.settings.mirrored;
  }

  toggleMirror() {
    const { settings, later } = this.#parts;
    settings.mirrored = !settings.mirrored;
    saveSettings({ mirrored: settings.mirrored });
    this.show(later().player.showing);
  }

  /**
   * @param {SourceKind} kind
   * @param {string} name
   */
  #announcement(kind, name) {
    const { translator } = this.#parts;
    if (kind === 'none') return translator.text('announce.stopped');
    if (kind === 'camera') return translator.text('announce.camera');
    if (kind === 'screen') return translator.text('announce.screen');
    if (kind === 'demo') return translator.text('announce.demo');
    return translator.text('announce.file', { name });
  }
}

/** @param {Showing} showing  without a name of its own */
function sourceName({ kind, silent }) {
  if (kind === 'camera') return silent ? 'cameraSilent' : 'camera';
  return kind === 'none' || kind === 'screen' ? kind : 'demo';
}
