import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colorMatrix, yuvToRgb } from '../../../web_template/worker/sampling/color-matrix.js';

/**
 * @param {[number, number, number]} yuv  bytes
 * @param {{matrix?: string | null, fullRange?: boolean | null} | null} space
 */
function convert(yuv, space) {
  const planes = Float32Array.from(yuv);
  const matrix = colorMatrix(space);
  assert.ok(matrix);
  yuvToRgb(planes, matrix);
  return Array.from(planes, (value) => Math.round(value * 255));
}

// Red, (1, 0, 0), in the standards' own words: y = Kr, cb = −Kr / 2(1 − Kb), cr = 1/2.
for (const [matrix, kr, kb] of /** @type {[string, number, number][]} */ ([
  ['smpte170m', 0.299, 0.114],
  ['bt470bg', 0.299, 0.114],
  ['bt709', 0.2126, 0.0722],
  ['bt2020-ncl', 0.2627, 0.0593],
])) {
  test(`${matrix}: red comes back, narrow and full range`, () => {
    const cb = -kr / (2 * (1 - kb));
    const narrow = convert([16 + 219 * kr, 128 + 224 * cb, 128 + 112], { matrix });
    assert.deepEqual(narrow, [255, 0, 0]);
    const full = convert([255 * kr, 128 + 255 * cb, 128 + 127.5], { matrix, fullRange: true });
    assert.deepEqual(full, [255, 0, 0]);
  });
}

test('narrow black and white', () => {
  assert.deepEqual(convert([16, 128, 128], { matrix: 'bt709' }), [0, 0, 0]);
  assert.deepEqual(convert([235, 128, 128], { matrix: 'bt709' }), [255, 255, 255]);
});

test('values beyond the gamut are clamped', () => {
  assert.deepEqual(convert([255, 128, 255], { matrix: 'bt709' }), [255, 211, 255]);
});

test('a frame that does not say its colours is BT.601, narrow', () => {
  const expected = colorMatrix({ matrix: 'smpte170m', fullRange: false });
  assert.deepEqual(colorMatrix({ matrix: null, fullRange: null }), expected);
  assert.deepEqual(colorMatrix(null), expected);
});

test('a matrix that is no Y′CbCr is refused', () => {
  assert.equal(colorMatrix({ matrix: 'rgb' }), null);
});
