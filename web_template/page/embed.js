/** The bare page for a stream's scene or another page's frame: the picture and nothing else. */

import { checkComments } from '../shared/comments.js';
import { parseColor } from '../shared/effects.js';
import { MatteError } from '../shared/errors.js';
import { builtInBackdrop } from './backdrops.js';
import { awaitCamera } from './camera-return.js';
import { byId, readData } from './dom.js';
import { embedWishes } from './embed-wishes.js';
import { pickLocale, Translator } from './i18n.js';
import { createMatte, openCamera } from './matte.js';
import { openClip } from './media-files.js';
import { noticeCode } from './notices.js';
import { DEFAULTS, validSettings } from './settings.js';
import { readLink } from './share-link.js';

const SITE_ROOT = new URL('../../', import.meta.url);
const OVERLAY_COLOR = '#00ff00';

/** @type {import('../shared/manifest.js').Manifest} */
const manifest = readData('manifest');
const locales = readData('locales');
const language = pickLocale(
  navigator.languages,
  Object.keys(locales),
  document.documentElement.lang,
);
const translator = new Translator(locales, language);
const wishes = embedWishes(location.search);
// Nothing that was chosen on the page itself: a scene looks the same on every machine.
const bare = { ...DEFAULTS, .../** @type {const} */ ({ effect: 'cutout' }) };
const settings = validSettings(readLink(location.search, bare), bare);

/** The engine, for those who look at the page from the console or a test. */
export const matte = start().catch((error) => {
  say(error);
  return null;
});

async function start() {
  document.documentElement.lang = language;
  document.body.classList.toggle('is-mirrored', wishes.mirrored);
  document.body.classList.toggle('is-cover', wishes.fit === 'cover');
  if (wishes.background !== 'transparent') paintPage(wishes.background);
  const known = manifest.models.some(({ name }) => name === settings.model);
  const engine = await createMatte({
    canvas: byId('canvas', HTMLCanvasElement),
    manifest,
    model: known && settings.model ? settings.model : undefined,
    effect: await effectOf(settings),
    looks: settings.looks,
  });
  engine.on('error', say);
  engine.on('first-matte', () => {
    byId('said', HTMLElement).hidden = true;
  });
  engine.setComments(commentsOf(settings.comments));
  await attach(engine);
  return engine;
}

/** @param {import('./matte.js').Matte} engine */
async function attach(engine) {
  if (wishes.source === 'demo' && manifest.demo) {
    const url = new URL(manifest.demo.file, SITE_ROOT).href;
    const { input } = await openClip(url, byId('clips', HTMLElement));
    await engine.attach(input);
    await input.play();
    return;
  }
  await showCamera(engine, await constraints());
}

/**
 * Shows a camera, and once it was unplugged and is back, shows it again: nobody is there to ask.
 * @param {import('./matte.js').Matte} engine
 * @param {MediaTrackConstraints} wanted
 */
async function showCamera(engine, wanted) {
  const stream = await openCamera(wanted);
  const { deviceId } = stream.getVideoTracks()[0].getSettings();
  const unlisten = engine.on('ended', () => {
    unlisten();
    if (!deviceId) return;
    const again = { ...wanted, deviceId: { exact: deviceId } };
    awaitCamera(deviceId, () => showCamera(engine, again).catch(say));
  });
  await engine.attach(stream);
}

/** @returns {Promise<MediaTrackConstraints>} */
async function constraints() {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  if (!wishes.camera) return size;
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const wanted = wishes.camera.toLowerCase();
  const found = devices.find(
    ({ kind, label }) => kind === 'videoinput' && label.toLowerCase().includes(wanted),
  );
  return found ? { ...size, deviceId: { exact: found.deviceId } } : size;
}

/**
 * @param {import('./settings.js').Settings} settings
 * @returns {Promise<import('../shared/effects.js').Effect>}
 */
async function effectOf({ effect: kind, strength, color, backdrop }) {
  if (kind === 'blur') return { kind, strength };
  if (kind === 'color') return { kind, color };
  if (kind === 'overlay') return { kind, color: OVERLAY_COLOR };
  if (kind !== 'image') return { kind };
  const picture = new Image();
  const own = /** @type {{name: string, file: string}[]} */ (
    /** @type {any} */ (manifest).backgrounds ?? []
  );
  const file =
    own.find(({ name }) => name === backdrop)?.file ??
    `${manifest.engine}/assets/backdrops/${encodeURIComponent(backdrop)}.svg`;
  picture.src = new URL(file, SITE_ROOT).href;
  try {
    return { kind, image: await builtInBackdrop(picture, wishes.mirrored) };
  } catch (error) {
    throw MatteError.from(error, 'file-unreadable', 'there is no such background here');
  }
}

/** @param {import('./comments-control.js').CommentSettings} comments */
function commentsOf({ on, text, speed, size, density, colors }) {
  if (!on) return null;
  const lines = (text || translator.text('comments.preset')).split('\n');
  return checkComments({ lines, speed, size, density, colors, mirrored: wishes.mirrored });
}

/** A sheet that a script makes is no inline style. @param {string} color */
function paintPage(color) {
  const [red, green, blue] = parseColor(color).map((channel) => Math.round(channel * 255));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`html { background: rgb(${red} ${green} ${blue}); }`);
  document.adoptedStyleSheets = [sheet];
}

/** @param {unknown} error */
function say(error) {
  console.warn(error);
  const said = byId('said', HTMLElement);
  said.textContent = translator.text(`error.${noticeCode(error)}`, { name: settings.backdrop });
  said.hidden = false;
}
