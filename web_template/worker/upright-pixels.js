/**
 * A frame's pixels as upright RGBA words, by copyTo.
 *
 * copyTo converts in Chromium 127 and later; Safari and older ones refuse, or hand out the frame's
 * own format under that name.
 */

import { isUpright, orientationOf, turnedSize, turnPixels, uprightSize } from './orientation.js';

/** Keeps the memory in which turned frames arrive. */
export class UprightPixels {
  #stored = new Int32Array(0);

  /**
   * @param {VideoFrame} frame  stays the caller's
   * @param {Int32Array<ArrayBuffer>} words  one for each pixel of the upright picture
   * @returns {Promise<boolean>} false where copyTo does not convert
   */
  async read(frame, words) {
    const orientation = orientationOf(frame);
    const size = turnedSize(uprightSize(frame), orientation);
    const isDirect = isUpright(orientation);
    if (!isDirect && this.#stored.length !== words.length) {
      this.#stored = new Int32Array(words.length);
    }
    const into = isDirect ? words : this.#stored;
    const layout = [{ offset: 0, stride: size.width * 4 }];
    try {
      const written = await frame.copyTo(into, { format: 'RGBA', layout });
      if (written.length !== 1) return false;
    } catch {
      return false;
    }
    if (!isDirect) turnPixels(this.#stored, size, orientation, words);
    return true;
  }
}
