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
import { EngineHost } from './engine-host.js';
import { Figures } from './figures.js';
import { site, translator } from './language.js';
import { watchLanguage } from './language-switch.js';
import { LooksControl } from './looks-control.js';
import { ModelControl } from './model-control.js';
import { Notices, noticeCode } from './notices.js';
import { Offline } from './offline.js';
import { isModelFile, watchModelFile } from './own-model.js';
import { Player } from './player.js';
import { loadSettings, onSettings, saveSettings, siteDefaults } from './settings.js';
import { writeLink } from './share-link.js';
import { watchShortcuts } from './shortcuts.js';
import { Stage } from './stage.js';
import { StatusLine } from './status-line.js';
import { TakeAway, toggleFullscreen } from './taking/take-away.js';

/** @typedef {import('./matte.js').Matte} Matte */

/** The folder of index.html, seen from <engine>/page/app.js. */
const SITE_ROOT = new URL('../../', import.meta.url);

/** After the first picture, so that nothing takes time from it. */
const KEEP_AFTER_MS = 2000;

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

/** What is shown, for the same people. */
export const player = new Player({
  host,
  home: byId('clips', HTMLElement),
  camera: () => devices.constraints,
  onChange: show,
  onError: report,
});

const devices = new DevicesControl(settings, translator, () => {
  if (player.showing.kind === 'camera') player.startCamera();
});
const compare = new Compare();
const takeAway = new TakeAway({
  ...{ notices, translator, settings },
  matte: () => host.current,
  isMirrored: () => isMirrored(player.showing),
});
const batch = new BatchDialog({
  translator,
  wishes: () => ({ manifest, model: models.wish, looks: looks.looks }),
  onError: (error) => report(error, ''),
});

const actions = new ActionBar(translator, {
  camera: toggleCamera,
  open: openFiles,
  screen: () => openScreen(),
  demo: () => playDemo(),
  pause: () => player.togglePause(),
  flip: () => devices.flip(player.showing.facingAway),
  mirror: toggleMirror,
  snapshot: () => takeAway.save(),
  fullscreen: toggleFullscreen,
  retry: restart,
});

/** @param {Matte} matte */
function listen(matte) {
  showFigures(matte.stats);
  matte.on('stats', showFigures);
  matte.on('size', (size) => stage.setSize(size));
  matte.on('progress', (progress) => stage.setProgress(progress));
  matte.on('first-matte', () => {
    stage.setMatted();
    keepForOffline();
  });
  matte.on('ended', () => player.ended());
  matte.on('state', () => showState(matte));
  matte.on('error', (error) => {
    report(error, '');
    showState(matte, true);
  });
  matte.setComments(comments.comments);
  effects.apply(); // a picture that was not there yet when the engine started
}

/** @param {import('../shared/stats.js').Stats} stats */
function showFigures(stats) {
  status.update(stats);
  figures.update(stats);
  backends.update(stats);
}

/**
 * @param {Matte | null} matte
 * @param {boolean} [failed]  it said so
 */
function showState(matte, failed = false) {
  const state = matte?.state ?? 'failed';
  if (state === 'running') stage.setMatted();
  else if (state === 'failed' || failed) stage.setFailed();
  else if (state === 'loading') stage.setWaiting();
  else if (player.showing.kind === 'none') stage.setEmpty();
}

/** @type {import('./player.js').SourceKind} */
let announced = 'none';

/** @param {import('./player.js').Showing} showing */
function show(showing) {
  const mirrored = isMirrored(showing);
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
  if (kind === announced) return;
  announced = kind;
  if (kind === 'camera') devices.refresh(); // their names are told now
  notices.announce(announcement(kind, name));
  if (kind === 'camera') notices.dismiss('camera-lost'); // it is back
}

/** @param {import('./player.js').Showing} showing  without a name of its own */
function sourceName({ kind, silent }) {
  if (kind === 'camera') return silent ? 'cameraSilent' : 'camera';
  return kind === 'none' || kind === 'screen' ? kind : 'demo';
}

/**
 * @param {import('./player.js').SourceKind} kind
 * @param {string} name
 */
function announcement(kind, name) {
  if (kind === 'none') return translator.text('announce.stopped');
  if (kind === 'camera') return translator.text('announce.camera');
  if (kind === 'screen') return translator.text('announce.screen');
  if (kind === 'demo') return translator.text('announce.demo');
  return translator.text('announce.file', { name });
}

/** @param {import('./player.js').Showing} showing */
function isMirrored({ kind, facingAway }) {
  return kind === 'camera' && !facingAway && settings.mirrored;
}

/**
 * @param {unknown} error
 * @param {string} name  of the file that it is about
 */
function report(error, name) {
  notices.show(noticeCode(error), name);
  console.warn(error); // its detail is for those who look
  if (!host.current) showState(null);
}

function toggleCamera() {
  const { kind, waiting } = player.showing;
  if (waiting) return;
  notices.clear();
  if (kind === 'camera') player.stop();
  else player.startCamera();
}

/** @param {File} file  a model of the visitor's own */
async function useOwnModel(file) {
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

/** @param {File[]} files  several pictures are cut out one after the other */
function openFiles(files) {
  if (isModelFile(files[0])) {
    useOwnModel(files[0]);
    return;
  }
  notices.clear();
  const pictures = files.filter(({ type }) => type.startsWith('image/'));
  if (pictures.length > 1) batch.open(pictures);
  else player.playFile(files[0]);
}

function openScreen() {
  notices.clear();
  player.startScreen();
}

/** @param {{still?: boolean}} [options] */
function playDemo(options) {
  if (!manifest.demo) return;
  notices.clear();
  player.playDemo(new URL(manifest.demo.file, SITE_ROOT).href, options);
}

async function restart() {
  notices.clear();
  await takeAway.stop();
  stage.setWaiting();
  player.restart();
}

function toggleMirror() {
  settings.mirrored = !settings.mirrored;
  saveSettings({ mirrored: settings.mirrored });
  show(player.showing);
}

watchModelFile(useOwnModel);
models.onChange(async (name) => {
  if (typeof models.wish === 'string') saveSettings({ model: name });
  const matte = host.current;
  if (!matte) return;
  try {
    await matte.setModel(models.wish);
  } catch (error) {
    report(error, '');
    models.show(matte.stats.model);
  }
});

backends.onChange(async (backend) => {
  asked = null;
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
});

onSettings((changes) => {
  Object.assign(settings, changes);
  history.replaceState(null, '', location.pathname + writeLink(settings, siteDefaults(), asked));
});
translator.onChange(() => show(player.showing));
watchLanguage(translator);
watchDrops({ open: openFiles, useAsBackground: (file) => effects.useOwnBackdrop(file) });
watchShortcuts({
  ...actions.keys,
  ...takeAway.keys,
  b: () => comments.toggle(),
  escape: () => notices.dismissLast(),
  ...Object.fromEntries(
    effects.kinds.map((kind, index) => [String(index + 1), () => effects.choose(kind)]),
  ),
});

const offline = new Offline(SITE_ROOT);
offline.start();

let hasKept = false;

/** Once the picture runs: what is kept then has mostly been loaded already. */
function keepForOffline() {
  if (hasKept) return;
  hasKept = true;
  setTimeout(async () => {
    byId('offline', HTMLElement).hidden = !(await offline.keep());
  }, KEEP_AFTER_MS);
}

const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
if (manifest.demo) playDemo({ still: isCalm });
else stage.setEmpty();

document.documentElement.dataset.started = ''; // see assets/watchdog.js
