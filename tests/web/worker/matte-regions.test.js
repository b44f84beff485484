import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  kindsOfBytes,
  RegionFinder,
  shapeAlpha,
} from '../../../web_template/worker/compositor/matte-regions.js';
import { seededRandom } from '../fakes.js';

/** @typedef {import('../../../web_template/worker/compositor/matte-regions.js').MatteRegions} MatteRegions */

/**
 * Which kind covers each pixel of a picture of this size, and how often.
 * @param {MatteRegions} regions
 * @param {number} width
 * @param {number} height
 */
function paint({ rects, background, person, edge }, width, height) {
  const kind = new Int8Array(width * height).fill(-1);
  const times = new Uint8Array(width * height);
  for (let i = 0; i < background + person + edge; i++) {
    const [left, top, right, bottom] = rects.subarray(4 * i, 4 * i + 4);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [u, v] = [(x + 0.5) / width, (y + 0.5) / height];
        if (u < left || u >= right || v < top || v >= bottom) continue;
        kind[y * width + x] = i < background ? 0 : i < background + person ? 1 : 2;
        times[y * width + x]++;
      }
    }
  }
  return { kind, times };
}

/**
 * What the shader does: enlarge bilinearly, then shape.
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {number} height
 * @param {number} u
 * @param {number} v
 */
function enlarged(bytes, width, height, u, v) {
  const [x, y] = [u * width - 0.5, v * height - 0.5];
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const at = (/** @type {number} */ column, /** @type {number} */ row) =>
    bytes[
      Math.min(height - 1, Math.max(0, row)) * width + Math.min(width - 1, Math.max(0, column))
    ] / 255;
  const top = at(x0, y0) + (at(x0 + 1, y0) - at(x0, y0)) * (x - x0);
  const bottom = at(x0, y0 + 1) + (at(x0 + 1, y0 + 1) - at(x0, y0 + 1)) * (x - x0);
  return top + (bottom - top) * (y - y0);
}

/** @type {[threshold: number, ramp: [number, number] | null][]} */
const SHAPES = [
  [0.5, [0.2, 0.8]],
  [0.5, null],
  [0.3, [0.4, 0.6]],
];

for (const [threshold, ramp] of SHAPES) {
  test(`threshold ${threshold}, ramp ${ramp}: every pixel once, and none that a shortcut would change`, () => {
    const [width, height, scale] = [38, 26, 3]; // no multiples of the tile
    const random = seededRandom(3);
    const bytes = Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (x < 6) return 6; // a haze that a display shows
      const soft = Math.min(1, Math.max(0, (11 - Math.hypot(x - 18, y - 13)) / 3));
      return Math.round(255 * soft) + (soft > 0 && soft < 1 ? Math.floor(random() * 3) : 0);
    });
    const finder = new RegionFinder(width, height);
    const regions = finder.find(bytes, kindsOfBytes(threshold, ramp));
    assert.ok(regions.background > 0 && regions.person > 0 && regions.edge > 0);

    const { kind, times } = paint(regions, width * scale, height * scale);
    assert.ok(times.every((count) => count === 1));
    kind.forEach((each, i) => {
      if (each === 2) return;
      const u = ((i % (width * scale)) + 0.5) / (width * scale);
      const v = (Math.floor(i / (width * scale)) + 0.5) / (height * scale);
      const shaped = shapeAlpha(enlarged(bytes, width, height, u, v), threshold, ramp);
      assert.ok(Math.abs(shaped - each) < 1 / 255, `pixel ${i}: ${shaped} drawn as ${each}`);
    });
  });
}

test('one kind all over is one rectangle a row of tiles', () => {
  const finder = new RegionFinder(8, 8);
  const kinds = kindsOfBytes(0.5, null);
  const empty = finder.find(new Uint8Array(64), kinds);
  assert.deepEqual([empty.background, empty.person, empty.edge], [2, 0, 0]);
  const full = finder.find(new Uint8Array(64).fill(255), kinds);
  assert.deepEqual([full.background, full.person, full.edge], [0, 2, 0]);
});

test('the shape: the threshold becomes a half, the ramp is a smoothstep', () => {
  assert.equal(shapeAlpha(0.3, 0.3, null), 0.5);
  assert.equal(shapeAlpha(0, 0.3, null), 0);
  assert.equal(shapeAlpha(1, 0.3, null), 1);
  assert.equal(shapeAlpha(0.2, 0.5, [0.2, 0.8]), 0);
  assert.ok(Math.abs(shapeAlpha(0.5, 0.5, [0.2, 0.8]) - 0.5) < 1e-12);
  assert.ok(Math.abs(shapeAlpha(0.35, 0.5, [0.2, 0.8]) - 0.15625) < 1e-12);
});

test('an alpha of a part: its regions lie in that part, all around is background', () => {
  const random = seededRandom(5);
  const bytes = Uint8Array.from({ length: 12 * 8 }, (_, i) =>
    i % 12 < 6 ? (random() < 0.9 ? 255 : 120) : 0,
  );
  const kinds = kindsOfBytes(0.5, [0.2, 0.8]);
  const finder = new RegionFinder(12, 8);
  const inner = paint(finder.find(bytes, kinds), 24, 16).kind;
  /** @type {[number, number, number, number][]} */
  const areas = [
    [0.25, 0.5, 0.75, 1],
    [0.5, 0.25, 1, 0.75],
    [0, 0, 0.5, 0.5],
  ];
  for (const [left, top, right, bottom] of areas) {
    const found = paint(finder.find(bytes, kinds, [left, top, right, bottom]), 48, 32);
    assert.ok(found.times.every((times) => times === 1));
    found.kind.forEach((kind, i) => {
      const [x, y] = [(i % 48) - left * 48, Math.floor(i / 48) - top * 32];
      const isInside = x >= 0 && x < 24 && y >= 0 && y < 16;
      assert.equal(kind, isInside ? inner[y * 24 + x] : 0);
    });
  }
});
