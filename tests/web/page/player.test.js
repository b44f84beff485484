import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Player } from '../../../web_template/page/player.js';
import { MatteError } from '../../../web_template/shared/errors.js';

/** @typedef {import('../../../web_template/page/engine-host.js').EngineHost} EngineHost */

/** A bitmap by the name of its file. @type {Map<string, {name: string, closed: boolean}>} */
const bitmaps = new Map();
/** @type {Map<string, Promise<void>>} what a file's decoding waits for */
const slow = new Map();

beforeEach(() => {
  bitmaps.clear();
  slow.clear();
  Object.assign(globalThis, {
    HTMLVideoElement: class {},
    createImageBitmap: async (/** @type {File} */ file) => {
      await slow.get(file.name);
      if (file.name === 'bad.png') throw new DOMException('bad', 'InvalidStateError');
      const bitmap = { name: file.name, closed: false, close: () => (bitmap.closed = true) };
      bitmaps.set(file.name, bitmap);
      return bitmap;
    },
  });
});

/** @param {string} name */
const file = (name) => new File(['x'], name, { type: 'image/png' });

/** A player on an engine that notes what it is given. */
function makePlayer() {
  /** @type {string[]} */
  const log = [];
  /** @type {any[]} */
  const errors = [];
  let engineFails = false;
  const matte = {
    attach: async (/** @type {{name: string}} */ input) => {
      if (engineFails) throw new MatteError('unknown', 'crashed');
      log.push(`attach ${input.name}`);
    },
    detach: () => log.push('detach'),
  };
  const host = {
    current: matte,
    get: async () => matte,
    discard: () => log.push('discard'),
  };
  const player = new Player({
    host: /** @type {EngineHost} */ (/** @type {unknown} */ (host)),
    home: /** @type {HTMLElement} */ (/** @type {unknown} */ ({})),
    camera: () => ({}),
    onChange: () => {},
    onError: (error, name) => errors.push([/** @type {any} */ (error).code, name]),
  });
  return { player, log, errors, breakEngine: () => (engineFails = true) };
}

test('a source takes the place of the one before, which is released after', async () => {
  const { player, log } = makePlayer();
  await player.playFile(file('a.png'));
  assert.deepEqual([player.showing.kind, player.showing.name], ['picture', 'a.png']);
  await player.playFile(file('b.png'));
  assert.deepEqual(log, ['attach a.png', 'attach b.png']);
  assert.equal(bitmaps.get('a.png')?.closed, true);
  assert.equal(bitmaps.get('b.png')?.closed, false);
});

test('a source that cannot be opened leaves the old one on', async () => {
  const { player, errors } = makePlayer();
  await player.playFile(file('a.png'));
  await player.playFile(file('bad.png'));
  assert.deepEqual(errors, [['file-unreadable', 'bad.png']]);
  assert.equal(player.showing.name, 'a.png');
  assert.equal(bitmaps.get('a.png')?.closed, false);
});

test('the newest wish wins over one that opens slowly', async () => {
  const { player, log } = makePlayer();
  let open = () => {};
  slow.set('slow.png', new Promise((resolve) => (open = () => resolve())));
  const first = player.playFile(file('slow.png'));
  await player.playFile(file('b.png'));
  open();
  await first;
  assert.equal(player.showing.name, 'b.png');
  assert.deepEqual(log, ['attach b.png']);
  assert.equal(bitmaps.get('slow.png')?.closed, true);
});

test('an outdated failure is not told', async () => {
  const { player, errors } = makePlayer();
  let open = () => {};
  slow.set('bad.png', new Promise((resolve) => (open = () => resolve())));
  const first = player.playFile(file('bad.png'));
  await player.playFile(file('b.png'));
  open();
  await first;
  assert.deepEqual(errors, []);
});

test('stopping lets go of the source, also of one that is still opening', async () => {
  const { player, log } = makePlayer();
  await player.playFile(file('a.png'));
  let open = () => {};
  slow.set('slow.png', new Promise((resolve) => (open = () => resolve())));
  const late = player.playFile(file('slow.png'));
  player.stop();
  open();
  await late;
  assert.deepEqual(log, ['attach a.png', 'detach']);
  assert.equal(player.showing.kind, 'none');
  assert.equal(bitmaps.get('a.png')?.closed, true);
  assert.equal(bitmaps.get('slow.png')?.closed, true);
});

test('an engine that breaks is discarded; its source is kept for the next one', async () => {
  const { player, log, errors, breakEngine } = makePlayer();
  breakEngine();
  await player.playFile(file('a.png'));
  assert.deepEqual(errors, [['unknown', '']]);
  assert.deepEqual(log, ['discard']);
  assert.equal(player.showing.name, 'a.png');
  assert.equal(bitmaps.get('a.png')?.closed, false);
});

test('a picture that comes to its end is no lost camera', async () => {
  const { player, errors } = makePlayer();
  await player.playFile(file('a.png'));
  player.ended();
  assert.deepEqual(errors, []);
  assert.equal(player.showing.name, 'a.png');
});

/** @param {string} name @param {() => Promise<unknown>} getUserMedia */
function useCamera(name, getUserMedia) {
  Object.defineProperty(globalThis, 'navigator', {
    value: { mediaDevices: { getUserMedia }, name },
    configurable: true,
  });
}

test('a camera that is taken away is told as lost, and let go of', async () => {
  let stopped = 0;
  const track = Object.assign(new EventTarget(), {
    getSettings: () => ({}),
    stop: () => stopped++,
  });
  const stream = { name: 'camera', getVideoTracks: () => [track], getTracks: () => [track] };
  useCamera('fake', async () => stream);
  const { player, log, errors } = makePlayer();
  await player.startCamera();
  assert.equal(player.showing.kind, 'camera');
  track.dispatchEvent(new Event('ended'));
  assert.deepEqual(errors, [['camera-lost', '']]);
  assert.deepEqual(log, ['attach camera', 'detach']);
  assert.equal(player.showing.kind, 'none');
  assert.equal(stopped, 1);
});

/** A camera that can be unplugged and plugged in again. */
function usePluggedCamera() {
  const asked = /** @type {any[]} */ ([]);
  /** @type {any} */
  let track;
  const devices = Object.assign(new EventTarget(), {
    isThere: true,
    /** @param {any} constraints */
    async getUserMedia(constraints) {
      asked.push(constraints.video.deviceId);
      track = Object.assign(new EventTarget(), {
        getSettings: () => ({ deviceId: 'front' }),
        stop() {},
      });
      const tracks = [track];
      return { name: 'camera', getVideoTracks: () => tracks, getTracks: () => tracks };
    },
    enumerateDevices: async () => [
      { kind: 'audioinput', deviceId: 'front' },
      { kind: 'videoinput', deviceId: 'other' },
      ...(devices.isThere ? [{ kind: 'videoinput', deviceId: 'front' }] : []),
    ],
  });
  Object.defineProperty(globalThis, 'navigator', {
    value: { mediaDevices: devices },
    configurable: true,
  });
  const tell = async () => {
    devices.dispatchEvent(new Event('devicechange'));
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return {
    asked,
    tell,
    track: () => track,
    async unplug() {
      devices.isThere = false;
      track.dispatchEvent(new Event('ended'));
      await tell();
    },
    async plugIn() {
      devices.isThere = true;
      await tell();
    },
  };
}

test('a camera that is plugged in again is turned on again, the very same one', async () => {
  const camera = usePluggedCamera();
  const { player, log, errors } = makePlayer();
  await player.startCamera();
  await camera.unplug();
  await camera.tell(); // something else was plugged in
  assert.equal(player.showing.kind, 'none');
  await camera.plugIn();
  assert.equal(player.showing.kind, 'camera');
  assert.deepEqual(camera.asked, [undefined, { exact: 'front' }]);
  assert.deepEqual(errors, [['camera-lost', '']]);
  await camera.tell(); // once is enough
  assert.deepEqual(log, ['attach camera', 'detach', 'attach camera']);
});

test('whoever wished for something else meanwhile does not get the camera back', async () => {
  for (const wish of ['file', 'stop']) {
    const camera = usePluggedCamera();
    const { player } = makePlayer();
    await player.startCamera();
    await camera.unplug();
    if (wish === 'file') await player.playFile(file('a.png'));
    else player.stop();
    await camera.plugIn();
    assert.equal(camera.asked.length, 1);
  }
});

test('a camera that was taken away but is still there is not asked for again', async () => {
  const camera = usePluggedCamera();
  const { player } = makePlayer();
  await player.startCamera();
  camera.track().dispatchEvent(new Event('ended')); // its permission was withdrawn
  await camera.tell();
  assert.equal(player.showing.kind, 'none');
  assert.equal(camera.asked.length, 1);
});

test('a camera that the system pauses is said to be silent until it goes on', async () => {
  const camera = usePluggedCamera();
  const { player } = makePlayer();
  await player.startCamera();
  const first = camera.track();
  first.dispatchEvent(new Event('mute'));
  assert.equal(player.showing.silent, true);
  first.dispatchEvent(new Event('unmute'));
  assert.equal(player.showing.silent, false);
  first.dispatchEvent(new Event('mute'));
  await player.playFile(file('a.png'));
  assert.equal(player.showing.silent, false);
  first.dispatchEvent(new Event('mute')); // of what is not shown any more
  assert.equal(player.showing.silent, false);
});

test('a refused camera leaves what is shown, and stops waiting', async () => {
  useCamera('refused', () => Promise.reject(new DOMException('no', 'NotAllowedError')));
  const { player, errors } = makePlayer();
  await player.playFile(file('a.png'));
  const starting = player.startCamera();
  assert.equal(player.showing.waiting, true);
  await starting;
  assert.equal(player.showing.waiting, false);
  assert.deepEqual(errors, [['camera-denied', '']]);
  assert.equal(player.showing.name, 'a.png');
});
