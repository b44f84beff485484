/**
 * Which camera, and how large its picture is. Browsers tell the cameras' names only once one has
 * been allowed, so the list fills then; it follows what is plugged in.
 *
 * @typedef {import('./settings.js').Resolution} Resolution
 */

import { all, byId } from './dom.js';
import { saveSettings } from './settings.js';

/** @type {Readonly<Record<Resolution, {width: number, height: number}>>} */
const SIZES = Object.freeze({
  '360p': { width: 640, height: 360 },
  '720p': { width: 1280, height: 720 },
  '1080p': { width: 1920, height: 1080 },
});

export class DevicesControl {
  #select = byId('device', HTMLSelectElement);
  #camera;
  /** Which way a phone's camera looks when none is chosen by name. */
  #facing = 'user';
  #resolution;
  #translator;
  #onChange;

  /**
   * @param {Pick<import('./settings.js').Settings, 'camera' | 'resolution'>} settings
   * @param {import('./i18n.js').Translator} translator
   * @param {() => void} onChange  the constraints are others
   */
  constructor({ camera, resolution }, translator, onChange) {
    this.#camera = camera;
    this.#resolution = resolution;
    this.#translator = translator;
    this.#onChange = onChange;
    this.#select.addEventListener('change', () => {
      this.#camera = this.#select.value || null;
      saveSettings({ camera: this.#camera });
      onChange();
    });
    for (const radio of this.#radios) {
      radio.checked = radio.value === resolution;
      radio.addEventListener('change', () => this.#choose(/** @type {Resolution} */ (radio.value)));
    }
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.refresh());
    translator.onChange(() => this.refresh());
    this.refresh();
  }

  /** @returns {MediaTrackConstraints} what to ask a camera for */
  get constraints() {
    const { width, height } = SIZES[this.#resolution];
    return {
      width: { ideal: width },
      height: { ideal: height },
      frameRate: { ideal: 30 },
      // A camera that is not there any more must not keep another one from coming on.
      ...(this.#camera ? { deviceId: { ideal: this.#camera } } : { facingMode: this.#facing }),
    };
  }

  /**
   * The other side's camera, on a device that has two.
   * @param {boolean} facingAway  the one that is on does
   */
  flip(facingAway) {
    this.#facing = facingAway ? 'user' : 'environment';
    this.#camera = null;
    this.#select.value = '';
    saveSettings({ camera: null });
    this.#onChange();
  }

  /** Asks the browser for its cameras; to be called when one has been allowed. */
  async refresh() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const cameras = devices.filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId);
    const options = cameras.map(({ deviceId, label }, index) => {
      const name = label || this.#translator.text('device.number', { number: index + 1 });
      return new Option(name, deviceId);
    });
    this.#select.replaceChildren(new Option(this.#translator.text('device.any'), ''), ...options);
    const known = cameras.some(({ deviceId }) => deviceId === this.#camera);
    this.#select.value = known && this.#camera ? this.#camera : '';
  }

  /** @param {Resolution} resolution */
  #choose(resolution) {
    this.#resolution = resolution;
    saveSettings({ resolution });
    this.#onChange();
  }

  get #radios() {
    return all(byId('resolutions', HTMLElement), 'input', HTMLInputElement);
  }
}
