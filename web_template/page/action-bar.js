/**
 * The buttons for what to show and what to do with it.
 *
 * @typedef {object} Actions
 * @property {() => void} camera
 * @property {(files: File[]) => void} open  at least one
 * @property {() => void} screen
 * @property {() => void} demo
 * @property {() => void} pause
 * @property {() => void} flip      to the phone's other camera
 * @property {() => void} mirror
 * @property {() => void} snapshot
 * @property {() => void} fullscreen
 * @property {() => void} retry
 */

import { canOpenScreen } from './camera.js';
import { byId, setIcon, setText } from './dom.js';
import { labelElement } from './i18n.js';

export class ActionBar {
  #camera = byId('camera', HTMLButtonElement);
  #cameraText = byId('camera-text', HTMLElement);
  #cameraIcon = byId('camera-icon', SVGUseElement);
  #file = byId('file', HTMLInputElement);
  #screen = byId('screen', HTMLButtonElement);
  #demo = byId('demo', HTMLButtonElement);
  #pause = byId('pause', HTMLButtonElement);
  #pauseIcon = byId('pause-icon', SVGUseElement);
  #flip = byId('flip', HTMLButtonElement);
  #mirror = byId('mirror', HTMLButtonElement);
  #snapshot = byId('snapshot', HTMLButtonElement);
  #fullscreen = byId('fullscreen', HTMLButtonElement);
  #translator;

  /**
   * @param {import('./i18n.js').Translator} translator
   * @param {Actions} actions
   */
  constructor(translator, actions) {
    this.#translator = translator;
    const open = byId('open', HTMLButtonElement);
    open.addEventListener('click', () => this.#file.click());
    this.#file.addEventListener('change', () => {
      const files = [...(this.#file.files ?? [])];
      this.#file.value = ''; // the same file may be opened again
      if (files.length > 0) actions.open(files);
    });
    this.#camera.addEventListener('click', actions.camera);
    this.#screen.addEventListener('click', actions.screen);
    this.#screen.hidden = !canOpenScreen();
    this.#demo.addEventListener('click', actions.demo);
    this.#pause.addEventListener('click', actions.pause);
    this.#flip.addEventListener('click', actions.flip);
    this.#flip.hidden = !matchMedia('(pointer: coarse)').matches; // cameras of a desk face one way
    this.#mirror.addEventListener('click', actions.mirror);
    this.#snapshot.addEventListener('click', actions.snapshot);
    this.#fullscreen.addEventListener('click', actions.fullscreen);
    byId('retry', HTMLButtonElement).addEventListener('click', actions.retry);
    this.#fullscreen.hidden = !document.fullscreenEnabled; // iPhones show only videos so
  }

  /** The same by single keys: a button that is off does nothing. */
  get keys() {
    const press = (/** @type {HTMLButtonElement} */ button) => () => button.click();
    return {
      c: press(this.#camera),
      o: () => this.#file.click(),
      d: press(this.#demo),
      e: press(this.#screen),
      p: press(this.#pause),
      v: press(this.#flip),
      m: press(this.#mirror),
      s: press(this.#snapshot),
      f: press(this.#fullscreen),
    };
  }

  /**
   * @param {import('./player.js').Showing} showing
   * @param {boolean} mirrored  the visitor's wish
   */
  show({ kind, waiting, paused, facingAway }, mirrored) {
    const on = kind === 'camera';
    const key = waiting ? 'action.cameraWait' : on ? 'action.cameraOff' : 'action.cameraOn';
    setText(this.#cameraText, this.#translator.text(key));
    setIcon(this.#cameraIcon, on ? 'camera-off' : 'camera');
    this.#camera.classList.toggle('is-on', on);
    this.#camera.setAttribute('aria-busy', String(waiting));
    this.#demo.setAttribute('aria-pressed', String(kind === 'demo'));
    this.#screen.setAttribute('aria-pressed', String(kind === 'screen'));
    this.#pause.disabled = kind !== 'demo' && kind !== 'video';
    setIcon(this.#pauseIcon, paused ? 'play' : 'pause');
    labelElement(this.#pause, this.#translator.text(paused ? 'action.play' : 'action.pause'));
    this.#flip.disabled = !on || waiting || this.#flip.hidden !== false;
    this.#mirror.disabled = !on || facingAway;
    this.#mirror.setAttribute('aria-pressed', String(on && !facingAway && mirrored));
    this.#snapshot.disabled = kind === 'none';
  }
}
