/**
 * Before and after: the picture as it comes in, left of a line that the visitor moves, or raw, matte
 * and result of a frame side by side. It is the only place where the raw picture is seen, and only
 * while it is asked for.
 */

import { byId } from './dom.js';
import { Panes } from './panes.js';

/** @typedef {MediaStream | HTMLVideoElement | ImageBitmap} Drawable */

export class Compare {
  #view = byId('compare-view', HTMLElement);
  #canvas = byId('compare-canvas', HTMLCanvasElement);
  #range = byId('compare-range', HTMLInputElement);
  #button = byId('compare', HTMLButtonElement);
  #frame = byId('frame', HTMLElement);
  /** @type {Drawable | null} */
  #source = null;
  /** Plays a stream. @type {HTMLVideoElement | null} */
  #video = null;
  #isOn = false;
  #request = 0;
  #panesButton = byId('compare-panes', HTMLButtonElement);
  #panes;

  /** @param {() => import('./matte.js').Matte | null} matte  the engine's */
  constructor(matte) {
    this.#panes = new Panes(matte);
    this.#panesButton.addEventListener('click', () => {
      this.#turnPanes(this.#panesButton.getAttribute('aria-pressed') !== 'true');
    });
    this.#button.addEventListener('click', () => this.#turn(!this.#isOn));
    this.#range.addEventListener('input', () => this.#split());
    this.#split();
  }

  /** @param {Drawable | null} source  what is shown; another one ends the comparison */
  setSource(source) {
    if (source === this.#source) return;
    this.#source = source;
    this.#button.disabled = source === null;
    this.#turn(false);
  }

  /** @param {boolean} isOn */
  #turn(isOn) {
    this.#isOn = isOn && this.#source !== null;
    this.#button.setAttribute('aria-pressed', String(this.#isOn));
    this.#view.hidden = !this.#isOn;
    this.#frame.classList.toggle('is-compared', this.#isOn);
    this.#turnPanes(false);
    cancelAnimationFrame(this.#request);
    this.#video?.removeAttribute('src');
    if (this.#video) this.#video.srcObject = null;
    this.#video = null;
    if (!this.#isOn) {
      this.#canvas.width = 1; // nothing of the raw picture stays
      return;
    }
    if (this.#source instanceof MediaStream) this.#video = playing(this.#source);
    this.#range.focus({ preventScroll: true });
    this.#draw();
  }

  /** @param {boolean} isOn  in place of the line */
  #turnPanes(isOn) {
    this.#panesButton.setAttribute('aria-pressed', String(isOn));
    this.#view.classList.toggle('has-panes', isOn);
    this.#panes.turn(isOn);
  }

  #draw() {
    const drawable = this.#video ?? this.#source;
    if (drawable instanceof HTMLVideoElement || drawable instanceof ImageBitmap) {
      this.#paint(drawable);
    }
    if (!(drawable instanceof ImageBitmap)) {
      this.#request = requestAnimationFrame(() => this.#draw());
    }
  }

  /** @param {HTMLVideoElement | ImageBitmap} picture */
  #paint(picture) {
    const isVideo = picture instanceof HTMLVideoElement;
    const width = isVideo ? picture.videoWidth : picture.width;
    const height = isVideo ? picture.videoHeight : picture.height;
    if (width === 0) return;
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#canvas.getContext('2d', { alpha: false })?.drawImage(picture, 0, 0);
  }

  #split() {
    this.#frame.style.setProperty('--split', `${this.#range.value}%`);
  }
}

/** @param {MediaStream} stream */
function playing(stream) {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
  video.play().catch(() => {}); // ends with the source
  return video;
}
