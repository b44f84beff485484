import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedRect, turnPixels, uprightSize } from '../../../web_template/worker/orientation.js';
import { PlaneSampler } from '../../../web_template/worker/sampling/plane-sampler.js';
import { FakeFrame, planesOf, seededRandom } from '../fakes.js';

/** Kr and Kb of the standards. @type {Record<string, [number, number]>} */
const LUMA = { bt709: [0.2126, 0.0722], smpte170m: [0.299, 0.114], 'bt2020-ncl': [0.2627, 0.0593] };

/**
 * The definition, said as plainly as possible: every pixel to RGB, then each axis resampled.
 * @param {FakeFrame} frame
 * @param {number} width
 * @param {number} height
 */
function referenceSample(frame, width, height) {
  const { visibleRect: rect } = frame;
  const out = new Float64Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        let sum = 0;
        for (const [y, wy] of axis(rect.height, height, i)) {
          for (const [x, wx] of axis(rect.width, width, j)) {
            sum += wy * wx * pixel(frame, rect.x + x, rect.y + y)[c];
          }
        }
        out[(c * height + i) * width + j] = Math.min(1, Math.max(0, sum));
      }
    }
  }
  return out;
}

/**
 * @param {number} sizeIn
 * @param {number} sizeOut
 * @param {number} i
 * @returns {[index: number, weight: number][]}
 */
function axis(sizeIn, sizeOut, i) {
  const scale = sizeIn / sizeOut;
  if (scale <= 2) {
    const centre = (i + 0.5) * scale - 0.5;
    const low = Math.floor(centre);
    const inside = (/** @type {number} */ at) => Math.min(sizeIn - 1, Math.max(0, at));
    return [
      [inside(low), 1 - (centre - low)],
      [inside(low + 1), centre - low],
    ];
  }
  /** @type {[number, number][]} */
  const taps = [];
  for (let at = 0; at < sizeIn; at++) {
    const overlap = Math.min((i + 1) * scale, at + 1) - Math.max(i * scale, at);
    if (overlap > 1e-9) taps.push([at, overlap / scale]);
  }
  return taps;
}

/**
 * @param {FakeFrame} frame
 * @param {number} x  of the coded frame
 * @param {number} y
 */
function pixel(frame, x, y) {
  const format = /** @type {string} */ (frame.format);
  const bytes = planesOf(format, frame.codedWidth, frame.codedHeight).flatMap((plane) => {
    const at =
      plane.offset +
      Math.floor(y / plane.sampleY) * plane.stride +
      Math.floor(x / plane.sampleX) * plane.bytes;
    return [...frame.bytes.subarray(at, at + plane.bytes)];
  });
  if (format.startsWith('RGB')) return bytes.slice(0, 3).map((value) => value / 255);
  if (format.startsWith('BGR')) return [bytes[2], bytes[1], bytes[0]].map((value) => value / 255);
  const [kr, kb] = LUMA[frame.colorSpace.matrix ?? 'smpte170m'];
  const isFull = frame.colorSpace.fullRange === true;
  const luma = isFull ? bytes[0] / 255 : (bytes[0] - 16) / 219;
  const cb = (bytes[1] - 128) / (isFull ? 255 : 224);
  const cr = (bytes[2] - 128) / (isFull ? 255 : 224);
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  return [red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue];
}

/** @param {ConstructorParameters<typeof FakeFrame>[0] & {seed?: number}} options */
function noise({ seed = 1, ...options }) {
  const random = seededRandom(seed);
  const frame = new FakeFrame({ format: 'I420', ...options });
  const planes = planesOf(
    /** @type {string} */ (frame.format),
    frame.codedWidth,
    frame.codedHeight,
  );
  const last = /** @type {(typeof planes)[0]} */ (planes.at(-1));
  const size = last.offset + last.stride * Math.ceil(frame.codedHeight / last.sampleY);
  frame.bytes = Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
  return frame;
}

/**
 * @param {FakeFrame} frame
 * @param {number} width
 * @param {number} height
 * @param {PlaneSampler} [sampler]
 * @param {{x: number, y: number, width: number, height: number}} [rect]
 */
async function assertLikeReference(
  frame,
  width,
  height,
  sampler = new PlaneSampler(width, height),
  rect,
) {
  const out = new Float32Array(3 * width * height).fill(Number.NaN);
  await sampler.sample(frame.asVideoFrame, out, rect);
  if (rect) {
    const { x, y } = frame.visibleRect;
    frame.visibleRect = { ...rect, x: x + rect.x, y: y + rect.y };
  }
  const expected = referenceSample(frame, width, height);
  // Both are sums of the same few hundred terms; only float32 rounding lies between them.
  out.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 2e-6, `${i}: ${value}, not ${expected[i]}`);
  });
}

for (const format of ['I420', 'I420A', 'I422', 'I444', 'NV12', 'RGBA', 'RGBX', 'BGRA', 'BGRX']) {
  test(`${format}: shrunk by 2.5 and by 4`, async () => {
    await assertLikeReference(noise({ format, width: 20, height: 24 }), 8, 6);
  });
  test(`${format}: an odd size`, async () => {
    await assertLikeReference(noise({ format, width: 13, height: 11, x: 2, y: 4 }), 5, 4);
  });
  test(`${format}: an odd size, an odd corner`, async () => {
    await assertLikeReference(noise({ format, width: 13, height: 11, x: 3, y: 5 }), 5, 4);
  });
}

test('enlarged and shrunk by less than two: bilinear', async () => {
  await assertLikeReference(noise({ width: 6, height: 10 }), 8, 8);
});

test('one axis shrinks a lot, the other little', async () => {
  await assertLikeReference(noise({ width: 30, height: 6 }), 6, 5);
});

test('weights too fine for lanes: 521 rows to 4', async () => {
  await assertLikeReference(noise({ width: 8, height: 521 }), 3, 4);
  await assertLikeReference(noise({ format: 'NV12', width: 8, height: 521 }), 3, 4);
});

for (const format of ['I444', 'NV12', 'RGBX']) {
  test(`${format}: lanes filled to the brim, 257 rows of white to 2`, async () => {
    const bytes = new Uint8Array(8 * 257 * 4).fill(255);
    await assertLikeReference(new FakeFrame({ format, width: 8, height: 257, bytes }), 3, 2);
  });
}

for (const matrix of Object.keys(LUMA)) {
  for (const fullRange of [true, false]) {
    test(`${matrix}, ${fullRange ? 'full' : 'narrow'} range is honoured`, async () => {
      await assertLikeReference(noise({ width: 12, height: 12, matrix, fullRange }), 4, 4);
    });
  }
}

test('planes and the RGB that a browser makes of them agree within 2/255', async () => {
  const yuv = noise({ width: 40, height: 30, seed: 7 });
  // Strong colours that stay inside the gamut: a browser clamps each pixel, the planes' way the mean.
  yuv.bytes = yuv.bytes.map((value, i) => (i < 1200 ? 90 + (value >> 2) : 112 + (value >> 3)));
  const rgba = new FakeFrame({ format: 'RGBA', width: 40, height: 30 });
  for (let i = 0; i < 1200; i++) {
    const rgb = pixel(yuv, i % 40, Math.floor(i / 40));
    rgba.bytes.set(
      Uint8ClampedArray.from(rgb, (value) => Math.round(value * 255)),
      i * 4,
    );
  }
  const [fromPlanes, fromRgba] = [new Float32Array(3 * 160), new Float32Array(3 * 160)];
  await new PlaneSampler(16, 10).sample(yuv.asVideoFrame, fromPlanes);
  await new PlaneSampler(16, 10).sample(rgba.asVideoFrame, fromRgba);
  const worst = Math.max(...fromPlanes.map((value, i) => Math.abs(value - fromRgba[i])));
  assert.ok(worst > 0 && worst < 2 / 255, `${worst * 255} steps`);
});

test('the plan follows a frame that changes its size, format or colours', async () => {
  const sampler = new PlaneSampler(4, 4);
  const out = new Float32Array(48);
  for (const options of [
    { width: 16, height: 16 },
    { width: 32, height: 12 },
    { width: 32, height: 12, format: 'NV12' },
    { width: 32, height: 12, format: 'NV12', matrix: 'smpte170m' },
    { width: 32, height: 12, format: 'NV12', matrix: 'smpte170m', fullRange: true },
  ]) {
    const frame = noise(options);
    await sampler.sample(frame.asVideoFrame, out);
    const expected = referenceSample(frame, 4, 4);
    const worst = Math.max(...out.map((value, i) => Math.abs(value - expected[i])));
    assert.ok(worst < 2e-6, `${JSON.stringify(options)}: ${worst}`);
  }
});

test('it says which frames it can read', () => {
  const sampler = new PlaneSampler(4, 4);
  const supports = (/** @type {ConstructorParameters<typeof FakeFrame>[0]} */ options) =>
    sampler.supports(new FakeFrame(options).asVideoFrame);
  assert.equal(supports({ format: 'NV12' }), true);
  assert.equal(supports({ format: null }), false);
  assert.equal(supports({ format: 'I420P10' }), false);
  assert.equal(supports({ format: 'I444', matrix: 'rgb' }), false);
  assert.equal(supports({ format: 'RGBA', matrix: 'rgb' }), true);
});

for (const format of ['I420', 'NV12', 'RGBA', 'BGRX']) {
  test(`${format}: a rectangle of it is sampled like a frame of its own`, async () => {
    const sampler = new PlaneSampler(5, 4);
    for (const [x, y, width, height] of [
      [0, 0, 30, 22],
      [4, 6, 16, 10],
      [5, 3, 13, 17],
      [21, 12, 9, 10],
      [0, 0, 30, 22],
    ]) {
      const frame = noise({ format, width: 30, height: 22, x: 3, y: 1 });
      await assertLikeReference(frame, 5, 4, sampler, { x, y, width, height });
    }
  });
}

for (const format of ['I420', 'NV12', 'BGRX']) {
  for (const rotation of /** @type {const} */ ([0, 90, 180, 270])) {
    for (const flip of [false, true]) {
      test(`${format}: turned by ${rotation}°${flip ? ', mirrored' : ''}: upright`, async () => {
        const frame = noise({ format, width: 30, height: 22, x: 3, y: 1, rotation, flip });
        const size = uprightSize(frame.asVideoFrame);
        for (const rect of [
          { x: 0, y: 0, ...size },
          { x: 5, y: 3, width: 13, height: 17 },
        ]) {
          await assertUpright(frame, rect);
        }
      });
    }
  }
}

/**
 * Against the same pixels moved, plane by plane, to where they are shown.
 * @param {FakeFrame} frame
 * @param {{x: number, y: number, width: number, height: number}} rect
 */
async function assertUpright(frame, rect) {
  const { rotation, flip } = frame;
  const size = uprightSize(frame.asVideoFrame);
  const out = new Float32Array(3 * 20);
  await new PlaneSampler(5, 4).sample(frame.asVideoFrame, out, rect);
  const { x, y, width, height } = storedRect(rect, size, { rotation, flip });
  const isOnItsSide = rotation % 180 !== 0;
  const visible = frame.visibleRect;
  frame.visibleRect = { x: visible.x + x, y: visible.y + y, width, height };
  const stored = referenceSample(frame, isOnItsSide ? 4 : 5, isOnItsSide ? 5 : 4);
  frame.visibleRect = visible;
  const storedSize = isOnItsSide ? { width: 4, height: 5 } : { width: 5, height: 4 };
  for (let c = 0; c < 3; c++) {
    const expected = new Float32Array(20);
    const channel = Float32Array.from(stored.subarray(20 * c, 20 * c + 20));
    turnPixels(channel, storedSize, { rotation, flip }, expected);
    const got = out.subarray(20 * c, 20 * c + 20);
    got.forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]) < 2e-6, `${c} ${i}: ${value}, not ${expected[i]}`);
    });
  }
}
