import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { openFeed } from '../../../web_template/page/sources.js';
import { FakeFrame } from '../fakes.js';

/** @typedef {import('../../../web_template/page/sources.js').Feed} Feed */

/** The last of each that was made. @type {{video?: FakeVideo, urls: string[], bitmaps: FakeBitmap[]}} */
const made = { urls: [], bitmaps: [] };
/** How the next file behaves. */
const files = { isPicture: true, isVideo: true };

class FakeTrack extends EventTarget {
  kind = 'video';
  readyState = 'live';
  isStopped = false;
  clone() {
    return new FakeTrack();
  }
  stop() {
    this.isStopped = true;
  }
}

class FakeStream {
  /** @param {FakeTrack[]} tracks */
  constructor(tracks = [new FakeTrack()]) {
    this.tracks = tracks;
  }
  getVideoTracks() {
    return this.tracks;
  }
}

class FakeVideo extends EventTarget {
  HAVE_CURRENT_DATA = 2;
  readyState = 0;
  currentTime = 0;
  videoWidth = 4;
  hasPicture = true;
  isPlaying = false;
  /** @type {FakeStream | null} */
  srcObject = null;
  /** @type {{message: string} | null} */
  error = null;
  /** @type {Map<number, () => void>} */
  callbacks = new Map();
  #next = 1;
  #src = '';

  /** @param {() => void} callback */
  requestVideoFrameCallback(callback) {
    this.callbacks.set(this.#next, callback);
    return this.#next++;
  }
  /** @param {number} handle */
  cancelVideoFrameCallback(handle) {
    this.callbacks.delete(handle);
  }
  /** As a browser that has a new frame on the screen. */
  present() {
    const due = [...this.callbacks.values()];
    this.callbacks.clear();
    for (const callback of due) callback();
  }
  set src(value) {
    this.#src = value;
    queueMicrotask(() => {
      if (!files.isVideo) this.error = { message: 'DEMUXER_ERROR' };
      this.dispatchEvent(new Event(files.isVideo ? 'loadeddata' : 'error'));
    });
  }
  get src() {
    return this.#src;
  }
  removeAttribute() {
    this.#src = '';
  }
  load() {}
  async play() {
    this.isPlaying = true;
  }
  pause() {
    this.isPlaying = false;
  }
}

class FakeBitmap {
  isClosed = false;
  constructor(width = 4, height = 2) {
    this.width = width;
    this.height = height;
    made.bitmaps.push(this);
  }
  close() {
    this.isClosed = true;
  }
}

const globals = {
  MediaStream: FakeStream,
  MediaStreamTrack: FakeTrack,
  HTMLVideoElement: FakeVideo,
  ImageBitmap: FakeBitmap,
  MediaStreamTrackProcessor: class {
    /** @param {object} options */
    constructor(options) {
      this.readable = Object.assign(new ReadableStream(), { options });
    }
  },
  VideoFrame: class extends FakeFrame {
    /** @param {FakeVideo} video @param {{timestamp: number}} options */
    constructor(video, options) {
      if (video.error) throw new DOMException('tainted', 'SecurityError');
      if (!video.hasPicture) throw new DOMException('no picture', 'InvalidStateError');
      super(options);
    }
  },
  document: {
    createElement() {
      made.video = new FakeVideo();
      return made.video;
    },
  },
  /** @param {Blob | FakeBitmap} source @param {{resizeWidth: number, resizeHeight: number}} [options] */
  async createImageBitmap(source, options) {
    if (source instanceof Blob && !files.isPicture) {
      throw new DOMException('cannot decode', 'InvalidStateError');
    }
    if (options) return new FakeBitmap(options.resizeWidth, options.resizeHeight);
    return source instanceof FakeBitmap
      ? new FakeBitmap(source.width, source.height)
      : new FakeBitmap();
  },
};

const caps = (page = false, worker = false) =>
  /** @type {any} */ ({ page: { trackProcessor: page }, worker: { trackProcessor: worker } });

/**
 * @param {unknown} source
 * @param {any} [capabilities]
 */
async function open(source, capabilities = caps()) {
  const told = {
    frames: /** @type {FakeFrame[]} */ ([]),
    ended: 0,
    errors: /** @type {any[]} */ ([]),
  };
  const feed = await openFeed(
    /** @type {any} */ (source),
    {
      onFrame: (frame) => told.frames.push(/** @type {any} */ (frame)),
      onEnded: () => told.ended++,
      onError: (error) => told.errors.push(error),
    },
    capabilities,
  );
  return { feed, told };
}

beforeEach((context) => {
  Object.assign(globalThis, globals);
  Object.assign(files, { isPicture: true, isVideo: true });
  made.urls = [];
  made.bitmaps = [];
  const { mock } = /** @type {import('node:test').TestContext} */ (context);
  mock.method(URL, 'createObjectURL', () => {
    made.urls.push('blob:one');
    return 'blob:one';
  });
  mock.method(URL, 'revokeObjectURL', (/** @type {string} */ url) => {
    made.urls.splice(made.urls.indexOf(url), 1);
  });
});

afterEach(() => {
  for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
  FakeFrame.open.clear();
});

test('Chromium: the page makes the stream of frames and transfers it', async () => {
  const track = new FakeTrack();
  const { feed } = await open(new FakeStream([track]), caps(true, true));
  const handed = feed.hand();
  const input = /** @type {any} */ (handed.input);
  assert.equal(input.kind, 'readable');
  assert.deepEqual(input.readable.options, { track, maxBufferSize: 1 });
  assert.deepEqual(handed.transfer, [input.readable]);
  feed.stop();
  assert.equal(track.isStopped, false);
});

test('Safari: a clone of the track goes to the worker', async () => {
  const track = new FakeTrack();
  const { feed } = await open(track, caps(false, true));
  const handed = feed.hand();
  const input = /** @type {any} */ (handed.input);
  assert.equal(input.kind, 'track');
  assert.notEqual(input.track, track);
  assert.deepEqual(handed.transfer, [input.track]);
});

test('Firefox: a hidden video plays the track and gives its frames', async () => {
  const { feed, told } = await open(new FakeTrack());
  assert.deepEqual(feed.hand().input, { kind: 'frames', source: 'stream' });
  feed.start();
  const video = /** @type {FakeVideo} */ (made.video);
  assert.equal(video.isPlaying, true);
  video.currentTime = 0.5;
  video.present();
  assert.deepEqual(
    told.frames.map(({ timestamp }) => timestamp),
    [500_000],
  );
  feed.stop();
  assert.deepEqual([video.srcObject, video.callbacks.size], [null, 0]);
});

test('a hidden video that has no picture of its stream yet is no fault; a video file is', async () => {
  const { feed, told } = await open(new FakeTrack());
  const video = Object.assign(/** @type {FakeVideo} */ (made.video), { hasPicture: false });
  feed.start();
  video.present();
  assert.deepEqual([told.frames.length, told.errors.length], [0, 0]);
  video.hasPicture = true;
  video.present();
  assert.equal(told.frames.length, 1);

  const without = Object.assign(new FakeVideo(), { hasPicture: false });
  const opened = await open(without);
  opened.feed.start();
  without.present();
  assert.equal(opened.told.errors[0].code, 'file-unreadable');
});

test('a camera that is taken away is told, one that is let go is not', async () => {
  const track = new FakeTrack();
  const { feed, told } = await open(track, caps(true));
  track.dispatchEvent(new Event('ended'));
  assert.equal(told.errors[0].code, 'camera-lost');
  feed.stop();
  track.dispatchEvent(new Event('ended'));
  assert.equal(told.errors.length, 1);
});

test('streams without video, sound, and tracks that have ended are refused', async () => {
  await assert.rejects(open(new FakeStream([])), { code: 'camera-missing' });
  await assert.rejects(open(Object.assign(new FakeTrack(), { kind: 'audio' })), {
    code: 'camera-missing',
  });
  await assert.rejects(open(Object.assign(new FakeTrack(), { readyState: 'ended' })), {
    code: 'camera-lost',
  });
});

test('a video element gives each frame that is presented, while the worker keeps up', async () => {
  const video = new FakeVideo();
  const { feed, told } = await open(video);
  feed.start();
  for (let i = 0; i < 5; i++) video.present();
  assert.equal(told.frames.length, 2);
  feed.taken();
  video.present();
  video.present();
  assert.equal(told.frames.length, 3);
  assert.equal(video.isPlaying, false, 'playing is the caller’s');
  feed.stop();
  feed.taken();
  video.present();
  assert.equal(told.frames.length, 3);
});

test('what a paused video shows is matted at once', async () => {
  const video = Object.assign(new FakeVideo(), { readyState: 2 });
  const { feed, told } = await open(video);
  feed.start();
  assert.equal(told.frames.length, 1);
});

test('a video’s end and its errors are told', async () => {
  const video = new FakeVideo();
  const { feed, told } = await open(video);
  feed.start();
  video.dispatchEvent(new Event('ended'));
  assert.equal(told.ended, 1);
  video.error = { message: 'decode' };
  video.present();
  video.dispatchEvent(new Event('error'));
  assert.deepEqual(
    told.errors.map(({ code }) => code),
    ['file-unreadable', 'file-unreadable'],
  );
  feed.stop();
  video.dispatchEvent(new Event('ended'));
  assert.equal(told.ended, 1);
});

test('a browser that cannot read a video frame by frame is too old', async (context) => {
  const { requestVideoFrameCallback } = FakeVideo.prototype;
  Reflect.deleteProperty(FakeVideo.prototype, 'requestVideoFrameCallback');
  context.after(() => Object.assign(FakeVideo.prototype, { requestVideoFrameCallback }));
  await assert.rejects(open(new FakeVideo()), { code: 'browser-too-old' });
});

test('a video file is played; its address is released when it is let go', async () => {
  const { feed } = await open(new Blob([], { type: 'video/mp4' }));
  assert.deepEqual([feed.hand().input, made.urls.length], [{ kind: 'frames', source: 'video' }, 1]);
  feed.start();
  const video = /** @type {FakeVideo} */ (made.video);
  assert.deepEqual([video.isPlaying, video.src], [true, 'blob:one']);
  feed.stop();
  assert.deepEqual([video.isPlaying, video.src, made.urls.length], [false, '', 0]);
});

test('a file that is no video is refused, its address released', async () => {
  files.isVideo = false;
  await assert.rejects(open(new Blob([], { type: 'video/mp4' })), {
    code: 'file-unreadable',
    detail: 'DEMUXER_ERROR',
  });
  assert.equal(made.urls.length, 0);
});

test('a picture file is one bitmap, sent away', async () => {
  const { feed } = await open(new Blob([], { type: 'image/png' }));
  const [bitmap] = made.bitmaps;
  assert.deepEqual(feed.hand(), { input: { kind: 'picture', bitmap }, transfer: [bitmap] });
});

test('a bitmap stays the caller’s: a copy is sent', async () => {
  const own = new FakeBitmap();
  const { feed } = await open(own);
  assert.notEqual(/** @type {any} */ (feed.hand().input).bitmap, own);
  feed.stop();
  assert.equal(own.isClosed, false);
});

test('a huge picture is made smaller, the large copy closed', async () => {
  const own = new FakeBitmap(8192, 1024);
  const { feed } = await open(own);
  const { bitmap } = /** @type {any} */ (feed.hand().input);
  assert.deepEqual([bitmap.width, bitmap.height], [4096, 512]);
  assert.deepEqual(
    made.bitmaps.map(({ isClosed }) => isClosed),
    [false, true, false],
  );
});

test('a file that does not say what it is is tried as both', async () => {
  const picture = await open(new Blob([]));
  assert.equal(picture.feed.hand().input.kind, 'picture');
  files.isPicture = false;
  const video = await open(new Blob([]));
  assert.equal(video.feed.hand().input.kind, 'frames');
  files.isVideo = false;
  await assert.rejects(open(new Blob([])), { code: 'file-unreadable' });
  await assert.rejects(open(new Blob([], { type: 'image/jpeg' })), { code: 'file-unreadable' });
});

test('anything else is a mistake of the caller', async () => {
  await assert.rejects(open('camera'), { name: 'TypeError', message: /attach takes/ });
});
