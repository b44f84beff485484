/**
 * What is attached to a worker: one source at a time, opened and let go of one after the other.
 *
 * @typedef {import('./sources.js').Source} Source
 * @typedef {import('./sources.js').Feed} Feed
 *
 * @typedef {object} AttachmentOptions
 * @property {Pick<import('./worker-bridge.js').WorkerBridge, 'request' | 'sendFrame'>} worker
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
  /** The last one that came to its end: the page and the worker both notice. */
  #endedId = 0;
  /** Somebody has said what is to be attached, or that nothing is. */
  #isChosen = false;
  /** Attaching and detaching happen one after the other. @type {Promise<unknown>} */
  #queue = Promise.resolve();
  #turns = 0;

  /** @param {AttachmentOptions} options */
  constructor({ worker, caps, ...listeners }) {
    this.#worker = worker;
    this.#caps = caps;
    this.#on = listeners;
  }

  /** What is attached, if anything is. */
  get source() {
    return this.#source;
  }

  /**
   * @param {Source} source  in place of the one before
   * @returns {Promise<void>}
   * @throws {import('../shared/errors.js').MatteError} when it cannot be opened
   */
  attach(source) {
    this.#isChosen = true;
    return this.#enqueue(() => this.#open(source));
  }

  /**
   * Goes on with what another worker had, unless a source has been chosen since.
   * @param {Source | null} source
   * @returns {Promise<void>}
   */
  inherit(source) {
    return this.#enqueue(async () => {
      if (source && !this.#isChosen) await this.#open(source);
    });
  }

  /** Resolves when all that has been asked for so far is done, whether it went well or not. */
  async settled() {
    await this.#queue.catch(() => {});
  }

  /** Whether something is still to be done. */
  get isBusy() {
    return this.#turns > 0;
  }

  /** @returns {Promise<void>} */
  detach() {
    this.#isChosen = true;
    this.stop();
    return this.#enqueue(() => this.#letGo());
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
    if (sourceId !== this.#sourceId || sourceId === this.#endedId) return;
    this.#endedId = sourceId;
    this.#on.onEnded();
  }

  /**
   * Its frames do not reach the worker, though the camera gives them: a video element that plays it
   * gets others of the browser's, at the price of the page's own time.
   * @param {number} sourceId
   */
  starved(sourceId) {
    const source = this.#source;
    if (sourceId !== this.#sourceId || !source || !givesFrames(source)) return;
    const { page, worker } = this.#caps();
    const caps = {
      page: { ...page, trackProcessor: false },
      worker: { ...worker, trackProcessor: false },
    };
    const opened = this.#enqueue(async () => {
      if (sourceId === this.#sourceId) await this.#open(source, caps);
    });
    opened.catch((error) => this.#on.onError(error));
  }

  /**
   * @param {Source} source
   * @param {ReturnType<AttachmentOptions['caps']>} [caps]
   */
  async #open(source, caps = this.#caps()) {
    this.stop();
    this.#source = null;
    const sourceId = ++this.#sourceId;
    const listeners = {
      onFrame: (/** @type {VideoFrame} */ frame) => this.#worker.sendFrame(sourceId, frame),
      onEnded: () => this.ended(sourceId),
      onError: (/** @type {import('../shared/errors.js').MatteError} */ error) => {
        this.#on.onError(error);
        if (error.code === 'camera-lost') this.#lose(sourceId);
      },
    };
    const feed = await openFeed(source, listeners, caps);
    this.#feed = feed;
    try {
      const { input, transfer } = feed.hand();
      await this.#worker.request('attach', { sourceId, input }, transfer);
      feed.start();
      this.#source = source;
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /**
   * Nothing of a camera that is gone stays on the canvas.
   * @param {number} sourceId
   */
  #lose(sourceId) {
    this.ended(sourceId);
    const gone = this.#enqueue(async () => {
      if (sourceId === this.#sourceId) await this.#letGo();
    });
    gone.catch(() => {}); // a worker that is gone shows nothing either
  }

  async #letGo() {
    this.stop();
    this.#source = null;
    this.#sourceId++;
    await this.#worker.request('detach', {});
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

/**
 * Whether a camera's pictures are to be expected now: the system pauses cameras, and pages too.
 * @param {Source} source
 */
function givesFrames(source) {
  const track = source instanceof MediaStream ? source.getVideoTracks()[0] : source;
  if (!(track instanceof MediaStreamTrack)) return false;
  // Only devices are in groups: a screen or a canvas on which nothing moves gives no frames.
  const isDevice = !!track.getSettings().groupId;
  return isDevice && track.readyState === 'live' && !track.muted && track.enabled;
}
