/**
 * A recording: the matted track, the microphone if wished for, as WebM (MP4 in Safari). Each second
 * a piece is put where it is safe: into the file that was chosen, else into the browser's storage.
 *
 * @typedef {object} RecorderOptions
 * @property {MediaStreamTrack} video
 * @property {MediaStreamTrack | null} audio
 * @property {RecordingStore} store
 * @property {FileSystemWritableFileStream | null} file  pieces are written here instead
 * @property {(progress: {seconds: number, bytes: number}) => void} onProgress  about once a second
 * @property {(error: unknown) => void} onError  what was recorded so far is kept
 */

import { durationPatch, reserveDuration, withDuration } from './webm-duration.js';

/** @typedef {import('./recording-store.js').RecordingStore} RecordingStore */

/** VP9 and VP8 keep the transparency of a cut-out. */
const TYPES = Object.freeze([
  'video/webm;codecs=vp9,opus',
  'video/webm;codecs=vp8,opus',
  'video/webm',
  'video/mp4',
]);
const PIECE_MS = 1000;
/** Seconds in which a WebM tells the time anew. */
const TAIL_PIECES = 40;
/** Bits for each pixel and second that keep edges clean at the rate of a camera. */
const BITS_PER_SECOND = 6_000_000;

/** @returns {string} the best type that this browser writes; '' when it records nothing */
export function recordingType() {
  if (!('MediaRecorder' in globalThis)) return '';
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? '';
}

/**
 * @param {string} type  MIME
 * @returns {'webm' | 'mp4'}
 */
export function suffixOf(type) {
  return type.startsWith('video/mp4') ? 'mp4' : 'webm';
}

export class Recorder {
  #options;
  #recorder;
  #startedMs = Date.now();
  #bytes = 0;
  /** Pieces that the storage did not take. @type {Blob[]} */
  #pieces = [];
  /** Of a recording that goes into a file, which cannot be read back. @type {Blob[]} */
  #tail = [];
  /** @type {Blob | null} */
  #head = null;
  /** @type {Promise<void>} */
  #writing = Promise.resolve();

  /** @param {RecorderOptions} options */
  constructor(options) {
    this.#options = options;
    const { video, audio } = options;
    const stream = new MediaStream(audio ? [video, audio] : [video]);
    this.#recorder = new MediaRecorder(stream, {
      mimeType: recordingType(),
      videoBitsPerSecond: BITS_PER_SECOND,
    });
    this.#recorder.addEventListener('dataavailable', ({ data }) => this.#take(data));
    this.#recorder.addEventListener('error', (event) => {
      options.onError(/** @type {any} */ (event).error ?? event);
    });
  }

  get isRunning() {
    return this.#recorder.state !== 'inactive';
  }

  async start() {
    const { store, file } = this.#options;
    const facts = { type: this.#recorder.mimeType || recordingType(), startedMs: this.#startedMs };
    if (!file) await store.begin(facts).catch(() => {}); // then it stays in memory
    this.#recorder.start(PIECE_MS);
    this.#startedMs = Date.now();
  }

  /**
   * @returns {Promise<Blob | null>} the whole; null when it is in the file that was chosen
   */
  async stop() {
    const stopped = new Promise((resolve) => {
      this.#recorder.addEventListener('stop', resolve, { once: true });
    });
    if (this.isRunning) {
      this.#recorder.stop();
      await stopped;
    }
    await this.#writing;
    const { file, store } = this.#options;
    if (file) {
      await this.#closeFile(file);
      return null;
    }
    const kept = await store.kept().catch(() => null);
    const type = this.#recorder.mimeType.split(';')[0];
    return withDuration(new Blob([...(kept?.pieces ?? []), ...this.#pieces], { type }));
  }

  /** @param {FileSystemWritableFileStream} file */
  async #closeFile(file) {
    const patch = this.#head && (await durationPatch(this.#head, new Blob(this.#tail)));
    if (patch) await file.write({ type: 'write', ...patch });
    await file.close();
  }

  /** @param {Blob} piece */
  #take(piece) {
    if (piece.size === 0) return;
    this.#bytes += piece.size;
    const seconds = (Date.now() - this.#startedMs) / 1000;
    this.#options.onProgress({ seconds, bytes: this.#bytes });
    this.#writing = this.#writing.then(() => this.#put(piece));
  }

  /** @param {Blob} data */
  async #put(data) {
    const { file, store, onError } = this.#options;
    const piece = this.#head ? data : await reserveDuration(data);
    this.#head ??= piece;
    if (file) this.#tail = [...this.#tail, piece].slice(-TAIL_PIECES);
    if (this.#pieces.length > 0) {
      this.#pieces.push(piece); // after one that was not taken, to keep their order
      return;
    }
    try {
      await (file ? file.write(piece) : store.add(piece));
    } catch (error) {
      this.#pieces.push(piece);
      onError(error);
    }
  }
}
