/**
 * What is attached to the engine: one source at a time, opened and let go of one after the other,
 * and given to the next worker when the one that had it is gone.
 *
 * @typedef {import('./sources.js').Source} Source
 * @typedef {import('./sources.js').Feed} Feed
 *
 * @typedef {object} AttachmentOptions
 * @property {Pick<import('./worker-life.js').WorkerLife, 'request' | 'sendFrame'>} worker
 * @property {() => Parameters<typeof openFeed>[2]} caps  of the page and of the worker
 * @property {() => void} onEnded   the source that is attached came to its end
 * @property {(error: import('../shared/errors.js').MatteError) => void} onError
 */

import { openFeed } from './sources.js';

export class Attachment {
  #worker;
  #caps;
  #on;
  /** What is attached. @type {Source | null} */
  #source = null;
  /** @type {Feed | null} */
  #feed = null;
  /** Tells what belongs to a source that was attached before. */
  #sourceId = 0;
  /** Attaching and detaching happen one after the other. @type {Promise<unknown>} */
  #queue = Promise.resolve();

  /** @param {AttachmentOptions} options */
  constructor({ worker, caps, ...listeners }) {
    this.#worker = worker;
    this.#caps = caps;
    this.#on = listeners;
  }

  /**
   * @param {Source} source  in place of the one before
   * @returns {Promise<void>}
   * @throws {import('../shared/errors.js').MatteError} when it cannot be opened
   */
  attach(source) {
    return this.#enqueue(() => this.#open(source));
  }

  /** @returns {Promise<void>} */
  detach() {
    this.stop();
    return this.#enqueue(async () => {
      this.stop();
      this.#source = null;
      this.#sourceId++;
      await this.#worker.request('detach', {});
    });
  }

  /**
   * The worker is gone: nothing is fed until there is another one.
   * @returns {(() => Promise<void>) | null} attaches the source to that one, unless another source
   *   was attached, or it was detached, meanwhile; null when there is none
   */
  suspend() {
    this.stop();
    const source = this.#source;
    if (!source) return null;
    return () =>
      this.#enqueue(async () => {
        if (source === this.#source) await this.#open(source);
      });
  }

  /** Ends the feed; the source counts as attached until it is detached. */
  stop() {
    this.#feed?.stop();
    this.#feed = null;
  }

  /** @param {number} sourceId  whose pushed frame the worker is through with */
  taken(sourceId) {
    if (sourceId === this.#sourceId) this.#feed?.taken();
  }

  /** @param {number} sourceId */
  ended(sourceId) {
    if (sourceId === this.#sourceId) this.#on.onEnded();
  }

  /** @param {Source} source */
  async #open(source) {
    this.stop();
    this.#source = null;
    const sourceId = ++this.#sourceId;
    const listeners = {
      onFrame: (/** @type {VideoFrame} */ frame) => this.#worker.sendFrame(sourceId, frame),
      onEnded: () => this.ended(sourceId),
      onError: this.#on.onError,
    };
    const feed = await openFeed(source, listeners, this.#caps());
    this.#feed = feed;
    try {
      await this.#worker.request('attach', { sourceId, input: feed.input }, feed.transfer);
      feed.start();
      this.#source = source;
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * @param {() => Promise<void>} run
   * @returns {Promise<void>}
   */
  #enqueue(run) {
    const turn = this.#queue.catch(() => {}).then(run);
    this.#queue = turn;
    return turn;
  }
}
