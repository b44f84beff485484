import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseColor } from '../../../web_template/shared/effects.js';
import { AlphaEnlarger } from '../../../web_template/worker/compositor/cpu/enlarge.js';
import { shapeAlpha } from '../../../web_template/worker/compositor/matte-regions.js';
import {
  discMatte,
  FakeCanvas,
  HEIGHT,
  noisyFrame,
  SMALL_HEIGHT,
  SMALL_WIDTH,
  shown,
  WIDTH,
} from '../cpu-scene.js';
import { FakeFrame } from '../fakes.js';

/** @typedef {import('../../../web_template/shared/effects.js').Effect} Effect */
/** @typedef {import('../../../web_template/worker/mask-filter.js').Matte} Matte */

const { createCpuCompositor } = await import('../../../web_template/worker/compositor/cpu.js');

/**
 * The alpha at a pixel of the frame, said as plainly as possible.
 * @param {Matte} matte
 * @param {number} x
 * @param {number} y
 */
function alphaAt({ alpha, width, height, area = [0, 0, 1, 1] }, x, y) {
  const u = ((x + 0.5) / WIDTH - area[0]) / (area[2] - area[0]);
  const v = ((y + 0.5) / HEIGHT - area[1]) / (area[3] - area[1]);
  if (u < 0 || u > 1 || v < 0 || v > 1) return 0;
  const [at, down] = [u * width - 0.5, v * height - 0.5];
  const [x0, y0] = [Math.floor(at), Math.floor(down)];
  const value = (/** @type {number} */ column, /** @type {number} */ row) =>
    alpha[
      Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, column))
    ];
  const upper = value(x0, y0) + (value(x0 + 1, y0) - value(x0, y0)) * (at - x0);
  const lower = value(x0, y0 + 1) + (value(x0 + 1, y0 + 1) - value(x0, y0 + 1)) * (at - x0);
  return upper + (lower - upper) * (down - y0);
}

/**
 * @param {Effect} effect
 * @param {FakeFrame} frame
 * @param {Matte} matte
 */
async function paint(effect, frame, matte) {
  const canvas = new FakeCanvas();
  const compositor = createCpuCompositor({ canvas: /** @type {any} */ (canvas), effect });
  await compositor.prepare(frame.asVideoFrame);
  compositor.render(frame.asVideoFrame, matte);
  return shown(canvas);
}

/**
 * Every pixel is what `expected` says, within `steps`.
 * @param {Uint8ClampedArray} data
 * @param {(rgb: number[], matte: number, x: number, y: number) => number[]} expected
 * @param {FakeFrame} frame
 * @param {Matte} matte
 * @param {number} steps
 */
function assertEachPixel(data, expected, frame, matte, steps) {
  const kinds = { background: 0, edge: 0, person: 0 };
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    const shaped = shapeAlpha(alphaAt(matte, x, y), matte.threshold, matte.ramp);
    kinds[shaped === 0 ? 'background' : shaped === 1 ? 'person' : 'edge']++;
    const rgb = [...frame.bytes.subarray(4 * i, 4 * i + 3)];
    const wanted = expected(rgb, shaped, x, y);
    wanted.forEach((value, channel) => {
      const off = Math.abs(data[4 * i + channel] - value);
      assert.ok(off <= steps, `(${x}, ${y})[${channel}]: ${data[4 * i + channel]}, not ${value}`);
    });
  }
  assert.ok(
    Object.values(kinds).every((count) => count > 50),
    JSON.stringify(kinds),
  );
}

/** Weights are of 256, alphas of 1020 and up to 2.5 times as steep, results are rounded. */
const STEPS = 1.4;

for (const [name, changes] of /** @type {[string, Partial<Matte>][]} */ ([
  ['the whole frame', {}],
  ['a part of the frame', { area: [0.21, 0.17, 0.83, 0.9] }],
  ['another shape', { threshold: 0.3, ramp: null }],
])) {
  test(`colour, the matte of ${name}`, async () => {
    const [frame, matte] = [noisyFrame(1), discMatte(changes)];
    const data = await paint({ kind: 'color', color: '#20a040' }, frame, matte);
    const [red, green, blue] = parseColor('#20a040').map((channel) => channel * 255);
    const mix = (/** @type {number[]} */ rgb, /** @type {number} */ a) =>
      [red, green, blue].map((value, i) => value + (rgb[i] - value) * a).concat(255);
    assertEachPixel(data, mix, frame, matte, STEPS);
    frame.close();
  });

  test(`overlay, the matte of ${name}`, async () => {
    const [frame, matte] = [noisyFrame(2), discMatte(changes)];
    const data = await paint({ kind: 'overlay', color: '#00ff00' }, frame, matte);
    const mix = (/** @type {number[]} */ rgb, /** @type {number} */ a) =>
      [0, 255, 0].map((value, i) => rgb[i] + (value - rgb[i]) * 0.5 * a).concat(255);
    assertEachPixel(data, mix, frame, matte, STEPS);
    frame.close();
  });

  test(`cut-out, the matte of ${name}: not premultiplied`, async () => {
    const [frame, matte] = [noisyFrame(3), discMatte(changes)];
    const data = await paint({ kind: 'cutout' }, frame, matte);
    const alpha = (/** @type {number[]} */ _, /** @type {number} */ a) => [a * 255];
    const alphas = data.map((_, i) => data[4 * Math.floor(i / 4) + 3]);
    assertEachPixel(alphas, alpha, frame, matte, STEPS);
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 0)
        assert.deepEqual(
          data.slice(i, i + 3),
          Uint8ClampedArray.from(frame.bytes.subarray(i, i + 3)),
        );
    }
    frame.close();
  });

  test(`mask, the matte of ${name}: the alpha unshaped`, async () => {
    const [frame, matte] = [noisyFrame(4), discMatte(changes)];
    const data = await paint({ kind: 'mask' }, frame, matte);
    const grey = (
      /** @type {number[]} */ _,
      /** @type {number} */ __,
      /** @type {number} */ x,
      /** @type {number} */ y,
    ) =>
      Array(3)
        .fill(alphaAt(matte, x, y) * 255)
        .concat(255);
    assertEachPixel(data, grey, frame, matte, STEPS);
    frame.close();
  });
}

test('blur: even colours stay, the person does not bleed out', async () => {
  const frame = noisyFrame(5);
  const matte = discMatte();
  matte.alpha.forEach((value, i) => {
    matte.alpha[i] = Math.round(value); // a hard edge: nothing of the person is background
  });
  const at = (/** @type {number} */ i) => alphaAt(matte, i % WIDTH, Math.floor(i / WIDTH));
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    frame.bytes.set(at(i) >= 0.5 ? [250, 0, 0] : [0, 40, 200], 4 * i);
  }
  const data = await paint({ kind: 'blur', strength: 1 }, frame, matte);
  let worst = 0;
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    if (shapeAlpha(at(i), 0.5, matte.ramp) === 0) worst = Math.max(worst, data[4 * i]);
  }
  // A plain blur of this strength gives more than 100.
  assert.ok(worst < 40, `red ${worst}`);
  frame.close();
});

test('blur: a spot spreads as a Gaussian of the stated sigma', async () => {
  const frame = new FakeFrame({ width: WIDTH, height: HEIGHT });
  frame.bytes.forEach((_, i) => {
    frame.bytes[i] = i % 4 === 3 ? 255 : 0;
  });
  const [cx, cy] = [48, 27];
  for (let y = cy - 1; y <= cy; y++) {
    for (let x = cx - 1; x <= cx; x++)
      frame.bytes.fill(255, 4 * (y * WIDTH + x), 4 * (y * WIDTH + x) + 3);
  }
  const nobody = discMatte({ alpha: new Float32Array(SMALL_WIDTH * SMALL_HEIGHT) });
  const data = await paint({ kind: 'blur', strength: 1 }, frame, nobody);
  let [sum, spread] = [0, 0];
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    sum += data[4 * i];
    spread += data[4 * i] * ((i % WIDTH) + 0.5 - cx) ** 2;
  }
  const sigma = Math.sqrt(spread / sum);
  assert.ok(Math.abs(sigma - 0.025 * WIDTH) < 0.4, `${sigma}`);
  frame.close();
});

test('blur: with nobody there, a Gaussian whose edges are clamped', async () => {
  const frame = noisyFrame(11);
  const nobody = discMatte({ alpha: new Float32Array(SMALL_WIDTH * SMALL_HEIGHT) });
  const data = await paint({ kind: 'blur', strength: 0.6 }, frame, nobody);
  const sigma = 0.6 * 0.025 * WIDTH;
  const taps = [0, 1, 2, 3, 4, 5].map((x) => Math.exp((-0.5 * x * x) / sigma ** 2));
  const sum = 2 * taps.reduce((a, b) => a + b) - 1;
  const tap = (/** @type {number} */ x) => taps[Math.abs(x)] / sum;
  const clamped = (/** @type {number} */ at, /** @type {number} */ size) =>
    Math.min(size - 1, Math.max(0, at));
  // The grid is as fine as the frame here.
  for (const [x, y] of [
    [0, 0],
    [95, 53],
    [1, 30],
    [94, 20],
    [50, 2],
    [40, 52],
    [48, 27],
  ]) {
    let expected = 0;
    for (let dy = -5; dy <= 5; dy++) {
      for (let dx = -5; dx <= 5; dx++) {
        const at = clamped(y + dy, HEIGHT) * WIDTH + clamped(x + dx, WIDTH);
        expected += tap(dx) * tap(dy) * frame.bytes[4 * at];
      }
    }
    const drawn = data[4 * (y * WIDTH + x)];
    assert.ok(Math.abs(drawn - expected) < 1.5, `(${x}, ${y}): ${drawn}, not ${expected}`);
  }
  frame.close();
});

test('blur: an area that ends in the person does not spread its edge over the frame', async () => {
  const frame = noisyFrame(6);
  for (let i = 0; i < frame.bytes.length; i += 4) frame.bytes.set([10, 20, 30], i);
  const matte = discMatte({ area: [0.4, 0.4, 0.6, 0.6] });
  matte.alpha.fill(1);
  const data = await paint({ kind: 'blur', strength: 0.5 }, frame, matte);
  for (let i = 0; i < data.length; i += 4) {
    assert.deepEqual([...data.subarray(i, i + 4)], [10, 20, 30, 255]);
  }
  frame.close();
});

test('a map that covers a part: nothing outside of it; a new map is seen at once', () => {
  const table = Uint16Array.from({ length: 1021 }, (_, i) => Math.round(i / 4));
  const enlarger = new AlphaEnlarger(2, 2, 8, 8);
  const out = new Uint16Array(8).fill(999);
  const row = (/** @type {number} */ y, x0 = 0, x1 = 8) => {
    enlarger.read(y, x0, x1, table, out);
    return [...out.subarray(0, x1 - x0)];
  };
  enlarger.show(Uint8Array.of(100, 100, 100, 100), [0.25, 0.25, 0.75, 0.75]);
  assert.deepEqual(row(4), [0, 0, 100, 100, 100, 100, 0, 0]);
  assert.deepEqual(row(4, 4, 7), [100, 100, 0]);
  assert.deepEqual(row(1), Array(8).fill(0));
  enlarger.show(Uint8Array.of(50, 50, 50, 50), [0.25, 0.25, 0.75, 0.75]);
  assert.deepEqual(row(4), [0, 0, 50, 50, 50, 50, 0, 0]);
  enlarger.show(Uint8Array.of(50, 50, 50, 50), [0, 0.25, 0.5, 0.75]);
  assert.deepEqual(row(4), [50, 50, 50, 50, 0, 0, 0, 0]);
});

test('without a frame only what replaces it; after a resize too', async () => {
  const canvas = new FakeCanvas();
  const compositor = createCpuCompositor({
    canvas: /** @type {any} */ (canvas),
    effect: { kind: 'blur', strength: 0.5 },
  });
  const frame = noisyFrame(7);
  await compositor.prepare(frame.asVideoFrame);
  compositor.render(frame.asVideoFrame, discMatte());
  compositor.render(null, null);
  const colors = () => new Set(new Uint32Array(shown(canvas).buffer));
  assert.equal(colors().size, 1);
  compositor.resize(10, 20);
  assert.deepEqual([canvas.width, canvas.height], [10, 20]);
  const [neutral] = colors();
  compositor.render(null, null);
  assert.deepEqual([...colors()], [neutral]);
  compositor.setEffect({ kind: 'color', color: '#ffffff' });
  compositor.render(null, null);
  assert.deepEqual([...colors()], [0xffffffff]);
  assert.equal(shown(canvas).length, 4 * 10 * 20);
  frame.close();
});

test('the shown frame can be drawn again while the next one is read; a strange one cannot', async () => {
  const canvas = new FakeCanvas();
  const compositor = createCpuCompositor({
    canvas: /** @type {any} */ (canvas),
    effect: { kind: 'cutout' },
  });
  const [first, second, strange] = [noisyFrame(8), noisyFrame(9), noisyFrame(10)];
  await compositor.prepare(first.asVideoFrame);
  compositor.render(first.asVideoFrame, discMatte());
  const before = shown(canvas).slice();
  await compositor.prepare(second.asVideoFrame);
  compositor.render(first.asVideoFrame, discMatte());
  assert.deepEqual(shown(canvas), before);
  assert.throws(() => compositor.render(strange.asVideoFrame, discMatte()), /not prepared/);
  compositor.render(second.asVideoFrame, discMatte());
  assert.notDeepEqual(shown(canvas), before);
  for (const frame of [first, second, strange]) frame.close();
});

test('where copyTo does not convert, a 2D canvas reads the frame', async (context) => {
  const frame = new FakeFrame({
    format: 'I420',
    width: WIDTH,
    height: HEIGHT,
    bytes: new Uint8Array(1.5 * WIDTH * HEIGHT),
  });
  /** @type {any} */ (globalThis).OffscreenCanvas = class {
    getContext() {
      const data = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(77);
      return { drawImage: () => {}, getImageData: () => ({ data }) };
    }
  };
  context.after(() => {
    Reflect.deleteProperty(globalThis, 'OffscreenCanvas');
  });
  const everybody = discMatte();
  everybody.alpha.fill(1);
  const data = await paint({ kind: 'cutout' }, frame, everybody);
  assert.ok(data.every((value) => value === 77));
  frame.close();
});
