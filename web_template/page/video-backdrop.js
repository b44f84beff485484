/**
 * A video behind the person: its pictures one after the other, as bitmaps. Half a camera's rate is
 * enough for what is in the background, and leaves the time to the person.
 */

import { backdropSize } from './backdrops.js';
import { openFile } from './media-files.js';

const RATE = 15;

/**
 * @param {File} file
 * @param {HTMLElement} home  where the video element lives
 * @param {(picture: ImageBitmap) => void} onPicture  takes it over
 * @returns {Promise<VideoBackdrop>}
 * @throws {import('../shared/errors.js').MatteError} 'file-unreadable'
 */
export async function openVideoBackdrop(file, home, onPicture) {
  const clip = await openFile(file, home);
  if (clip.kind === 'video') return new VideoBackdrop(clip, onPicture);
  const picture = clip.input; // it was called a video and is none
  return /** @type {any} */ ({ first: async () => picture, play() {}, pause() {}, end() {} });
}

class VideoBackdrop {
  #clip;
  #onPicture;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #isBusy = false;
  #lastTime = -1;

  /**
   * @param {import('./media-files.js').Clip} clip
   * @param {(picture: ImageBitmap) => void} onPicture
   */
  constructor(clip, onPicture) {
    this.#clip = clip;
    this.#onPicture = onPicture;
  }

  /** What it shows now. */
  first() {
    const video = this.#clip.input;
    const { width, height } = backdropSize(video.videoWidth, video.videoHeight);
    return createImageBitmap(video, { resizeWidth: width, resizeHeight: height });
  }

  /** A still where motion is not wanted. */
  play() {
    if (this.#timer || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.#clip.input.play().catch(() => {}); // a browser that saves power: it stays a still
    this.#timer = setInterval(() => this.#tick(), 1000 / RATE);
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clip.input.pause();
  }

  end() {
    this.pause();
    this.#onPicture = (/** @type {ImageBitmap} */ picture) => picture.close();
    this.#clip.release();
  }

  async #tick() {
    const { currentTime } = this.#clip.input;
    if (this.#isBusy || currentTime === this.#lastTime) return;
    this.#lastTime = currentTime;
    this.#isBusy = true;
    try {
      this.#onPicture(await this.first());
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // between two rounds it may have no picture
    } finally {
      this.#isBusy = false;
    }
  }
}
