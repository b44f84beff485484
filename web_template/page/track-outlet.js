/**
 * The way of the composited frames to the track that a call sends: the worker sends them only
 * while somebody has asked for the track and has not stopped it.
 *
 * @typedef {import('./output-track.js').OutputTrack} OutputTrack
 */

import { MatteError } from '../shared/errors.js';
import { createOutputTrack } from './output-track.js';

export class TrackOutlet {
  /** @type {OutputTrack | null} */
  #output = null;
  #hasEnded = false;
  #request;

  /** @param {(isOn: boolean) => void} request  asks the worker for its frames, or for none */
  constructor(request) {
    this.#request = request;
  }

  /**
   * Made when it is first asked for, and anew once the receiver has stopped it.
   * @returns {MediaStreamTrack}
   */
  get track() {
    if (this.#hasEnded && !this.#output) {
      throw new MatteError('unknown', 'the engine has been disposed of');
    }
    if (!this.#output || (this.#output.track.readyState === 'ended' && !this.#hasEnded)) {
      this.#output = createOutputTrack();
      this.#request(true);
    }
    return this.#output.track;
  }

  /** The frames come from another worker now. */
  resume() {
    if (this.#output) this.#request(true);
  }

  /** @param {VideoFrame} frame  is taken over */
  async deliver(frame) {
    if (this.#output?.track.readyState === 'live') {
      await this.#output.write(frame);
      return;
    }
    frame.close();
    this.#request(false);
  }

  end() {
    this.#hasEnded = true;
    this.#request(false);
    this.#output?.end();
  }
}
