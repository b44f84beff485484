/**
 * What a look costs the processor's compositor, in one run: `node tests/web/looks-cost.js`.
 *
 * A frame of 1280 × 720 with a picture behind, and a matte of 256 × 144 with one person.
 */

import { checkLooks } from '../../web_template/shared/looks.js';
import { createCpuCompositor } from '../../web_template/worker/compositor/cpu.js';
import { FakeFrame, seededRandom } from './fakes.js';

const [WIDTH, HEIGHT] = [1280, 720];
const LOOKS = { none: {}, spill: { spill: 1 }, lightWrap: { lightWrap: 1 } };
const ROUNDS = 200;
const WARM_UP = 50;

class Context {
  drawImage() {}
  putImageData() {}
  getImageData() {
    return { data: new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(120) };
  }
}

class Canvas {
  width = WIDTH;
  height = HEIGHT;
  getContext() {
    return new Context();
  }
}

Object.assign(globalThis, {
  OffscreenCanvas: Canvas,
  ImageData: class {
    width = WIDTH;
    height = HEIGHT;
    data = new Uint8ClampedArray(4 * WIDTH * HEIGHT);
  },
});

/** A person of an oval on a trunk. */
function personMatte() {
  const alpha = Float32Array.from({ length: 256 * 144 }, (_, i) => {
    const [x, y] = [i % 256, Math.floor(i / 256)];
    const head = 1 - Math.hypot((x - 128) / 26, (y - 50) / 36);
    const trunk = 1 - Math.hypot((x - 128) / 80, (y - 144) / 64);
    return Math.min(1, Math.max(0, Math.max(26 * head, 60 * trunk) / 4 + 0.5));
  });
  const ramp = /** @type {[number, number]} */ ([0.3, 0.6]);
  return { alpha, width: 256, height: 144, threshold: 0.5, ramp };
}

const random = seededRandom(1);
const bytes = Uint8Array.from({ length: 4 * WIDTH * HEIGHT }, () => 256 * random());
const frame = new FakeFrame({ width: WIDTH, height: HEIGHT, bytes });
const matte = personMatte();
const image = /** @type {any} */ ({ width: WIDTH, height: HEIGHT, close() {} });
const canvas = /** @type {any} */ (new Canvas());
const timed = Object.entries(LOOKS).map(([name, looks]) => {
  const compositor = createCpuCompositor({ canvas, effect: { kind: 'image', image } });
  compositor.setLooks(checkLooks(looks));
  return { name, compositor, times: /** @type {number[]} */ ([]) };
});
for (const { compositor } of timed) await compositor.prepare(frame.asVideoFrame);
for (let round = 0; round < WARM_UP + ROUNDS; round++) {
  for (const { compositor, times } of timed) {
    const start = performance.now();
    compositor.render(frame.asVideoFrame, matte);
    if (round >= WARM_UP) times.push(performance.now() - start);
  }
}
frame.close();
const medians = timed.map(({ times }) => times.sort((a, b) => a - b)[ROUNDS >> 1]);
timed.forEach(({ name }, i) => {
  const more = medians[i] - medians[0];
  const ratio = medians[i] / medians[0];
  console.log(`${name}: ${medians[i].toFixed(2)} ms (+${more.toFixed(2)}, ×${ratio.toFixed(2)})`);
});
