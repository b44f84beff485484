/**
 * What is shown, and the way from one source to the next: the newest wish wins, a source is
 * released once the next one has taken over, and one that cannot be opened leaves the old one on.
 *
 * @typedef {'none' | 'demo' | 'camera' | 'screen' | 'picture' | 'video'} SourceKind
 * @typedef {object} Showing
 * @property {SourceKind} kind
 * @property {string} name        of the file, if it is one
 * @property {boolean} waiting    for the visitor's permission to use the camera
 * @property {boolean} paused
 * @property {boolean} facingAway  the camera looks away from the visitor (a phone's back)
 * @property {boolean} silent     the camera gives no pictures for now: the system paused it
 *
 * @typedef {object} Opened
 * @property {SourceKind} kind
 * @property {MediaStream | HTMLVideoElement | ImageBitmap} input
 * @property {string} name
 * @property {boolean} facingAway
 * @property {boolean} [still]  a video is not played until it is asked for
 * @property {string} [deviceId]  of a camera
 * @property {() => void} release
 *
 * @typedef {object} PlayerOptions
 * @property {import('./engine-host.js').EngineHost} host
 * @property {HTMLElement} home                     where video elements live
 * @property {() => MediaTrackConstraints} camera   what to ask for
 * @property {(showing: Showing) => void} onChange
 * @property {(error: unknown, name: string) => void} onError
 */

import { MatteError } from '../shared/errors.js';
import { openCamera, openScreen } from './camera.js';
import { awaitCamera } from './camera-return.js';
import { openClip, openFile } from './media-files.js';

/** @type {Readonly<Showing>} */
const NOTHING = Object.freeze({
  kind: 'none',
  name: '',
  waiting: false,
  paused: false,
  facingAway: false,
  silent: false,
});

export class Player {
  #options;
  /** @type {Showing} */
  #showing = NOTHING;
  /** @type {Opened | null} */
  #source = null;
  #turn = 0;
  /** Waits no more for a camera to come back. */
  #forgetCamera = () => {};

  /** @param {PlayerOptions} options */
  constructor(options) {
    this.#options = options;
  }

  get showing() {
    return this.#showing;
  }

  /** What the engine reads; it stays the player's. */
  get input() {
    return this.#source?.input ?? null;
  }

  /**
   * @param {string} url  of the demonstration clip
   * @param {{still?: boolean}} [options]  still: its first picture only, until it is played
   */
  playDemo(url, { still = false } = {}) {
    return this.#show('', async () => {
      const clip = await openClip(url, this.#options.home);
      return { ...clip, kind: 'demo', name: '', facingAway: false, still };
    });
  }

  /** Asks for the camera; the visitor may take their time to answer. */
  async startCamera() {
    this.#change({ waiting: true });
    try {
      await this.#show('', () => this.#openCamera());
    } finally {
      this.#change({ waiting: false });
    }
  }

  /** Asks for a screen or a window; the browser shows the choice. */
  startScreen() {
    return this.#show('', async () => {
      const input = await openScreen();
      const [track] = input.getVideoTracks();
      track?.addEventListener('ended', () => this.#source?.input === input && this.stop());
      const release = () => {
        for (const each of input.getTracks()) each.stop();
      };
      return { kind: 'screen', input, name: track?.label ?? '', facingAway: false, release };
    });
  }

  /** @param {File} file */
  playFile(file) {
    return this.#show(file.name, async () => {
      const opened = await openFile(file, this.#options.home);
      return { ...opened, name: file.name, facingAway: false };
    });
  }

  stop() {
    this.#turn++;
    this.#forgetCamera();
    this.#options.host.current?.detach();
    this.#replace(null);
  }

  togglePause() {
    const video = this.#source?.input;
    if (!(video instanceof HTMLVideoElement)) return;
    if (video.paused) this.#play(video);
    else video.pause();
    this.#change({ paused: video.paused });
  }

  /**
   * The source came to its end by itself: a video loops, so it is a camera that is gone. It is
   * turned on again when it is back, unless something else was wished for meanwhile.
   */
  ended() {
    if (this.#source?.kind !== 'camera') return;
    const { deviceId } = this.#source;
    this.stop();
    this.#options.onError(new MatteError('camera-lost', 'the camera was taken away'), '');
    if (!deviceId) return;
    this.#forgetCamera = awaitCamera(deviceId, () => {
      this.#show('', () =>
        this.#openCamera({ ...this.#options.camera(), deviceId: { exact: deviceId } }),
      );
    });
  }

  /** Goes on with what is shown, on a new engine. */
  async restart() {
    const source = this.#source;
    const turn = ++this.#turn;
    this.#options.host.discard();
    try {
      const matte = await this.#options.host.get();
      if (source && turn === this.#turn) await matte.attach(source.input);
    } catch (error) {
      if (turn === this.#turn) this.#broken(error);
    }
  }

  /**
   * @param {string} name  for the message if it cannot be shown
   * @param {() => Promise<Opened>} open
   */
  async #show(name, open) {
    const turn = ++this.#turn;
    this.#forgetCamera();
    const engine = this.#options.host.get(); // starts while the source opens
    engine.catch(() => {}); // awaited below
    /** @type {Opened} */
    let opened;
    try {
      opened = await open();
    } catch (error) {
      if (turn === this.#turn) this.#options.onError(error, name);
      return;
    }
    try {
      const matte = await engine;
      if (turn === this.#turn) await matte.attach(opened.input);
    } catch (error) {
      if (turn === this.#turn) this.#broken(error);
    }
    if (turn === this.#turn) this.#replace(opened);
    else opened.release();
  }

  /** @param {unknown} error */
  #broken(error) {
    this.#options.host.discard();
    this.#options.onError(error, '');
  }

  /** @param {Opened | null} opened */
  #replace(opened) {
    this.#source?.release();
    this.#source = opened;
    const { kind, name, facingAway } = opened ?? NOTHING;
    this.#change({ kind, name, facingAway, paused: opened?.still ?? false, silent: false });
    const video = opened?.input;
    if (video instanceof HTMLVideoElement && !opened?.still) this.#play(video);
  }

  /** @param {HTMLVideoElement} video */
  #play(video) {
    // Browsers that save power refuse a video that nobody started.
    video.play().catch(() => this.#source?.input === video && this.#change({ paused: true }));
  }

  /**
   * @param {MediaTrackConstraints} [wishes]
   * @returns {Promise<Opened>}
   */
  async #openCamera(wishes = this.#options.camera()) {
    const input = await openCamera(wishes);
    const [track] = input.getVideoTracks();
    const isShown = () => this.#source?.input === input;
    track?.addEventListener('ended', () => isShown() && this.ended());
    track?.addEventListener('mute', () => isShown() && this.#change({ silent: true }));
    track?.addEventListener('unmute', () => isShown() && this.#change({ silent: false }));
    const { facingMode, deviceId } = track?.getSettings() ?? {};
    const facingAway = facingMode === 'environment';
    const release = () => {
      for (const each of input.getTracks()) each.stop();
    };
    return { kind: 'camera', input, name: '', facingAway, deviceId, release };
  }

  /** @param {Partial<Showing>} changes */
  #change(changes) {
    this.#showing = { ...this.#showing, ...changes };
    this.#options.onChange(this.#showing);
  }
}
