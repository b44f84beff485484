/**
 * The matted track for the page's own uses, a recording and a small window: each gets a clone, and
 * once the last one is through the engine stops making frames for it.
 *
 * @typedef {import('../matte.js').Matte} Matte
 */

export class SharedTrack {
  #matte;
  #users = 0;
  /** @type {MediaStreamTrack | null} */
  #track = null;

  /** @param {() => Matte | null} matte  the one that runs now */
  constructor(matte) {
    this.#matte = matte;
  }

  /** @returns {{track: MediaStreamTrack, release: () => void} | null} null while no engine runs */
  take() {
    const matte = this.#matte();
    if (!matte) return null;
    const source = matte.track;
    if (source !== this.#track) this.#users = 0; // of an engine that is gone
    this.#track = source;
    this.#users++;
    const track = source.clone();
    let isTaken = true;
    const release = () => {
      track.stop();
      if (!isTaken) return;
      isTaken = false;
      if (source !== this.#track || --this.#users > 0) return;
      source.stop();
      this.#track = null;
    };
    return { track, release };
  }
}
