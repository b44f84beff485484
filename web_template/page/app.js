/**
 * The page: joins the controls to the engine. Everything it knows of the engine is its public
 * API; everything it says is in locales/.
 */

import { ActionBar } from './action-bar.js';
import { askedBackend, BackendControl } from './backend-control.js';
import { BatchDialog } from './batch/batch-dialog.js';
import { CommentsControl } from './comments-control.js';
import { Compare } from './compare.js';
import { DevicesControl } from './devices-control.js';
import { byId, readData } from './dom.js';
import { watchDrops } from './drop-zone.js';
import { EffectControls } from './effect-controls.js';
import { restoreOwnModel, useOwnModel, watchEngineChoices } from './engine-choices.js';
import { EngineHost } from './engine-host.js';
import { EngineView } from './engine-view.js';
import { Figures } from './figures.js';
import { site, translator } from './language.js';
import { watchLanguage } from './language-switch.js';
import { LooksControl } from './looks-control.js';
import { ModelControl } from './model-control.js';
import { Notices, noticeCode } from './notices.js';
import { Offline } from './offline.js';
import { Opening } from './opening.js';
import { watchModelFile } from './own-model.js';
import { Player } from './player.js';
import { loadSettings, onSettings, saveSettings, siteDefaults } from './settings.js';
import { writeLink } from './share-link.js';
import { watchShortcuts } from './shortcuts.js';
import { SourceView } from './source-view.js';
import { Stage } from './stage.js';
import { StatusLine } from './status-line.js';
import { TakeAway, toggleFullscreen } from './taking/take-away.js';

/** @typedef {import('./matte.js').Matte} Matte */

/** The folder of index.html, seen from <engine>/page/app.js. */
const SITE_ROOT = new URL('../../', import.meta.url);

/** @type {import('../shared/manifest.js').Manifest} */
const manifest = readData('manifest');
const settings = loadSettings();

const notices = new Notices(translator);
const stage = new Stage(translator);
const models = new ModelControl(manifest, translator, settings.model);
/** Which backend the address asks for, until the visitor chooses one. */
let asked = askedBackend(location.search);
const backends = new BackendControl(translator, asked ?? settings.backend);
const status = new StatusLine(translator, (name) => models.titleOf(name || models.name));
const figures = new Figures({
  translator,
  titleOf: (name) => models.titleOf(name || models.name),
  version: site.version,
  onCopied: () => notices.announce(translator.text('announce.report')),
  onRefused: (error) => {
    console.info('not copied:', error);
    notices.show('clipboard-refused');
  },
});
const effects = new EffectControls({
  settings,
  translator,
  onChange: (effect) => host.current?.setEffect(effect),
  onError: report,
  onNotKept: (code) => notices.show(code),
});

const looks = new LooksControl(settings.looks, translator, (changed) => {
  saveSettings({ looks: changed });
  host.current?.setLooks(changed);
});
const comments = new CommentsControl(settings.comments, {
  translator,
  onChange: (changed) => host.current?.setComments(changed),
  onSave: (changed) => saveSettings({ comments: changed }),
});

const offline = new Offline(SITE_ROOT);
const engineView = new EngineView({
  ...{ stage, status, figures, backends, report },
  player: () => player,
  onFirstMatte: () => offline.keepLater(),
});

/** The engine, for those who look at the page from the console or a test. */
export const host = new EngineHost({
  canvas: byId('canvas', HTMLCanvasElement),
  manifest,
  wishes: () => ({
    effect: effects.startEffect,
    model: models.wish,
    looks: looks.looks,
    backend: backends.wish,
  }),
  onStart: listen,
});

const sourceView = new SourceView({
  ...{ translator, settings, notices, stage, effects, comments, host },
  later: () => ({ player, devices, compare, takeAway, actions }),
});

/** What is shown, for the same people. */
export const player = new Player({
  host,
  home: byId('clips', HTMLElement),
  camera: () => devices.constraints,
  onChange: (showing) => sourceView.show(showing),
  onError: report,
});

const devices = new DevicesControl(settings, translator, () => {
  if (player.showing.kind === 'camera') player.startCamera();
});
const compare = new Compare(() => host.current);
const takeAway = new TakeAway({
  ...{ notices, translator, settings },
  matte: () => host.current,
  isMirrored: () => sourceView.isMirrored(player.showing),
});
const batch = new BatchDialog({
  translator,
  wishes: () => ({ manifest, model: models.wish, looks: looks.looks }),
  onError: (error) => report(error, ''),
});

const opening = new Opening({
  ...{ player, notices, batch },
  demo: manifest.demo ? new URL(manifest.demo.file, SITE_ROOT).href : null,
  onModel: (file) => useOwnModel(choices, file),
});

const actions = new ActionBar(translator, {
  camera: () => opening.toggleCamera(),
  open: (files) => opening.openFiles(files),
  screen: () => opening.openScreen(),
  demo: () => opening.playDemo(),
  pause: () => player.togglePause(),
  flip: () => devices.flip(player.showing.facingAway),
  mirror: () => sourceView.toggleMirror(),
  snapshot: () => takeAway.save(),
  fullscreen: toggleFullscreen,
  retry: restart,
});

const choices = {
  ...{ host, models, backends, notices, translator, report },
  onBackendChosen: () => {
    asked = null;
  },
  restart: () => void restart(),
};

/** @param {Matte} matte */
function listen(matte) {
  engineView.listen(matte);
  matte.setComments(comments.comments);
  effects.apply(); // a picture that was not there yet when the engine started
}

/**
 * @param {unknown} error
 * @param {string} name  of the file that it is about
 */
function report(error, name) {
  notices.show(noticeCode(error), name);
  console.warn(error); // its detail is for those who look
  if (!host.current) engineView.showState(null);
}

async function restart() {
  notices.clear();
  await takeAway.stop();
  stage.setWaiting();
  player.restart();
}

watchModelFile((file) => useOwnModel(choices, file));
watchEngineChoices(choices);
restoreOwnModel(choices, settings.ownModel);

onSettings((changes) => {
  Object.assign(settings, changes);
  history.replaceState(null, '', location.pathname + writeLink(settings, siteDefaults(), asked));
});
translator.onChange(() => sourceView.show(player.showing));
watchLanguage(translator);
watchDrops({
  open: (files) => opening.openFiles(files),
  useAsBackground: (file) => effects.useOwnBackdrop(file),
});
watchShortcuts({
  ...actions.keys,
  ...takeAway.keys,
  b: () => comments.toggle(),
  escape: () => notices.dismissLast(),
  ...Object.fromEntries(
    effects.kinds.map((kind, index) => [String(index + 1), () => effects.choose(kind)]),
  ),
});

offline.start();

const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
if (manifest.demo) opening.playDemo({ still: isCalm });
else stage.setEmpty();

document.documentElement.dataset.started = ''; // see assets/watchdog.js
