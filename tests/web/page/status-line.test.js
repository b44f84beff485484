import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Translator } from '../../../web_template/page/i18n.js';
import { statusTexts } from '../../../web_template/page/status-line.js';

const text = readFileSync(
  new URL('../../../web_template/locales/en.json', import.meta.url),
  'utf8',
);
const translator = new Translator({ en: JSON.parse(text) }, 'en');

/**
 * @param {Partial<import('../../../web_template/shared/stats.js').Stats>} changes
 * @returns {import('../../../web_template/shared/stats.js').Stats}
 */
function stats(changes) {
  const some = { p50: 6.54, p95: 9 };
  return {
    model: 'selfie',
    variant: 'fp16',
    backend: 'wasm',
    backendReason: 'untried',
    threads: 2,
    isolated: true,
    compositor: 'webgl2',
    sampler: 'planes',
    samplerTimes: { planes: 0.34, rgba: 2.1 },
    governor: null,
    fps: 29.97,
    frames: 90,
    droppedFrames: 0,
    stages: { sampleMs: some, inferMs: some, maskMs: some, compositeMs: some, totalMs: some },
    width: 1280,
    height: 720,
    source: 'stream',
    ...changes,
  };
}

test('figures of a running engine', () => {
  assert.deepEqual(statusTexts(stats({}), 'Selfie', translator), {
    model: 'Selfie',
    backend: 'wasm',
    threads: '2 threads',
    isolation: 'isolated',
    rate: '30.0 fps',
    time: '6.5 ms',
  });
});

test('one thread, not isolated', () => {
  const texts = statusTexts(stats({ threads: 1, isolated: false }), 'Selfie', translator);
  assert.equal(texts.threads, '1 thread');
  assert.equal(texts.isolation, 'not isolated');
});

test('nothing is claimed before there is something to tell', () => {
  const none = stats({ model: '', threads: 0, frames: 0, source: null });
  const texts = statusTexts(none, 'Selfie', translator);
  assert.deepEqual([texts.backend, texts.threads, texts.rate, texts.time], ['–', '–', '–', '–']);
});

test('a GPU has no threads of its own', () => {
  const texts = statusTexts(stats({ backend: 'webgpu', threads: 0 }), 'Selfie', translator);
  assert.deepEqual([texts.backend, texts.threads], ['webgpu', '–']);
});

test('a picture has a time but no rate', () => {
  const texts = statusTexts(stats({ source: 'picture', frames: 1 }), 'Selfie', translator);
  assert.equal(texts.rate, '–');
  assert.equal(texts.time, '6.5 ms');
});
