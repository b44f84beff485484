/**
 * The button that records, what is said while it does, and the promise that nothing is lost: a
 * recording ends well when its source does, and one that a closed tab left behind is offered.
 *
 * @typedef {import('../i18n.js').Translator} Translator
 * @typedef {import('../notices.js').NoticeCode} NoticeCode
 *
 * @typedef {object} RecordOptions
 * @property {Translator} translator
 * @property {import('./shared-track.js').SharedTrack} shared
 * @property {(name: NoticeCode) => void} onError
 * @property {(text: string) => void} announce
 * @property {() => void} onStart  before the first frame is recorded
 * @property {{microphone: boolean, toFile: boolean}} wishes
 */

import { byId, setIcon, setText } from '../dom.js';
import { labelElement } from '../i18n.js';
import { saveSettings } from '../settings.js';
import { download, fileName } from '../snapshot.js';
import { Recorder, recordingType, suffixOf } from './recorder.js';
import { RecordingStore } from './recording-store.js';
import { withDuration } from './webm-duration.js';

export class RecordControl {
  #options;
  #store = new RecordingStore();
  #button = byId('record', HTMLButtonElement);
  #icon = byId('record-icon', SVGUseElement);
  #badge = byId('recording', HTMLElement);
  #badgeText = byId('recording-text', HTMLElement);
  #microphone = byId('microphone', HTMLInputElement);
  #toFile = byId('to-file', HTMLInputElement);
  #kept = byId('kept-recording', HTMLElement);
  /** @type {{recorder: Recorder, release: () => void} | null} */
  #running = null;
  #isBusy = false;

  /** @param {RecordOptions} options */
  constructor(options) {
    this.#options = options;
    this.#button.addEventListener('click', () => this.toggle());
    this.#microphone.checked = options.wishes.microphone;
    this.#toFile.checked = options.wishes.toFile;
    this.#toFile.closest('label')?.toggleAttribute('hidden', !('showSaveFilePicker' in window));
    byId('record-options', HTMLElement).addEventListener('change', () => {
      saveSettings({ microphone: this.#microphone.checked, toFile: this.#toFile.checked });
    });
    window.addEventListener('beforeunload', (event) => {
      if (this.#running) event.preventDefault(); // the browser asks whether that is meant
    });
    window.addEventListener('pagehide', () => this.#running?.recorder.stop());
    byId('kept-save', HTMLButtonElement).addEventListener('click', () => this.#saveKept());
    byId('kept-drop', HTMLButtonElement).addEventListener('click', () => this.#dropKept());
    options.translator.onChange(() => this.#render());
    this.#offerKept();
  }

  /** @param {boolean} isShown  something can be recorded */
  setAvailable(isShown) {
    this.#button.disabled = !isShown && !this.#running;
    if (!isShown) this.stop(); // the source is gone: what there is is saved
  }

  toggle() {
    if (this.#isBusy) return;
    if (this.#running) this.stop();
    else this.#start();
  }

  async #start() {
    if (!recordingType()) {
      this.#options.onError('recording-unsupported');
      return;
    }
    this.#isBusy = true;
    try {
      const file = this.#toFile.checked ? await chooseFile() : null;
      if (file === undefined) return;
      const audio = this.#microphone.checked ? await this.#openMicrophone() : null;
      this.#options.onStart();
      const taken = this.#options.shared.take();
      if (!taken) {
        audio?.stop();
        return;
      }
      const { track: video, release } = taken;
      const recorder = new Recorder({
        ...{ video, audio, file, store: this.#store },
        onProgress: (progress) => this.#show(progress),
        onError: (error) => this.#failed(error),
      });
      const releaseAll = () => {
        audio?.stop();
        release();
      };
      this.#running = { recorder, release: releaseAll };
      video.addEventListener('ended', () => this.stop(), { once: true });
      await recorder.start();
      this.#show({ seconds: 0, bytes: 0 });
      this.#options.announce(this.#options.translator.text('announce.recording'));
    } catch (error) {
      this.#failed(error);
      this.#running?.release();
      this.#running = null;
    } finally {
      this.#isBusy = false;
      this.#render();
    }
  }

  /** Ends the recording, if one runs, and saves it. */
  async stop() {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    this.#render();
    try {
      const whole = await running.recorder.stop();
      if (whole && whole.size > 0) download(whole, fileName(new Date(), suffixOf(whole.type)));
      // The download is the browser's from here on; its bytes are read from there for a moment.
      setTimeout(() => this.#running || this.#store.clear().catch(() => {}), 20_000);
      this.#options.announce(this.#options.translator.text('announce.recorded'));
    } catch (error) {
      this.#failed(error);
    } finally {
      running.release();
    }
  }

  async #openMicrophone() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      return stream.getAudioTracks()[0] ?? null;
    } catch (error) {
      console.warn(error);
      this.#options.onError('microphone-denied'); // the picture is recorded without it
      return null;
    }
  }

  /** @param {unknown} error */
  #failed(error) {
    console.warn(error);
    const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
    this.#options.onError(isFull ? 'storage-full' : 'recording-failed');
  }

  /** @param {{seconds: number, bytes: number}} progress */
  #show({ seconds, bytes }) {
    if (!this.#running) return;
    const whole = Math.floor(seconds);
    const clock = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
    setText(this.#badgeText, `${clock} · ${this.#options.translator.bytes(bytes)}`);
  }

  #render() {
    const isOn = this.#running !== null;
    this.#badge.hidden = !isOn;
    this.#button.setAttribute('aria-pressed', String(isOn));
    setIcon(this.#icon, isOn ? 'stop' : 'record');
    const key = isOn ? 'action.recordStop' : 'action.record';
    labelElement(this.#button, this.#options.translator.text(key));
  }

  async #offerKept() {
    const kept = await this.#store.kept().catch(() => null);
    this.#kept.hidden = !kept;
  }

  async #saveKept() {
    const kept = await this.#store.kept().catch(() => null);
    if (!kept) return;
    const type = kept.type.split(';')[0];
    const name = fileName(new Date(kept.startedMs), suffixOf(type));
    download(await withDuration(new Blob(kept.pieces, { type })), name);
    this.#kept.hidden = true; // it stays in the storage until the next recording begins
  }

  async #dropKept() {
    this.#kept.hidden = true;
    await this.#store.clear().catch(() => {});
  }
}

/** @returns {Promise<FileSystemWritableFileStream | undefined>} undefined: the visitor thought better of it */
async function chooseFile() {
  const type = recordingType().split(';')[0];
  const suffix = suffixOf(type);
  try {
    const handle = await /** @type {any} */ (window).showSaveFilePicker({
      suggestedName: fileName(new Date(), suffix),
      types: [{ accept: { [type]: [`.${suffix}`] } }],
    });
    return await handle.createWritable();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}
