import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  figureTexts,
  REASONS,
  reasonText,
  reportText,
  samplerText,
} from '../../../web_template/page/figure-texts.js';
import { Translator } from '../../../web_template/page/i18n.js';
import { MemoryMeter } from '../../../web_template/page/memory-meter.js';
import { CAPACITY, StageHistory } from '../../../web_template/page/stage-history.js';
import { emptyStats } from '../../../web_template/shared/stats.js';

const locales = Object.fromEntries(
  ['en', 'zh'].map((name) => {
    const url = new URL(`../../../web_template/locales/${name}.json`, import.meta.url);
    return [name, JSON.parse(readFileSync(url, 'utf8'))];
  }),
);
const translator = new Translator(locales, 'en');

/** @param {any} changes */
function stats(changes = {}) {
  const stages = Object.fromEntries(
    ['sampleMs', 'inferMs', 'maskMs', 'compositeMs', 'totalMs'].map((stage, number) => [
      stage,
      { p50: number + 1, p95: 2 * number + 1.234 },
    ]),
  );
  return /** @type {import('../../../web_template/shared/stats.js').Stats} */ ({
    ...emptyStats(true),
    model: 'selfie',
    variant: 'fp16',
    backend: 'wasm',
    backendReason: 'race-lost',
    threads: 2,
    compositor: 'cpu',
    sampler: 'planes',
    samplerTimes: { rgba: 2.14, planes: 0.34, canvas2d: 13.9 },
    fps: 29.974,
    frames: 1234,
    droppedFrames: 5,
    width: 1280,
    height: 720,
    source: 'stream',
    stages,
    ...changes,
  });
}

const rest = { modelTitle: 'Selfie, square', memory: null, translator };

test('what runs, and why', () => {
  const memory = { bytes: 84_300_000, isWhole: true };
  assert.deepEqual(figureTexts(stats(), { ...rest, memory }), {
    backend: 'wasm, faster than WebGPU here',
    threads: '2 threads, isolated',
    model: 'Selfie, square, fp16',
    picture: '1280 × 720, cpu',
    sampler: 'planes (tried, in ms: planes 0.3, rgba 2.1, canvas2d 13.9)',
    governor: '–',
    frames: '1,234 shown, 5 skipped',
    memory: '84.3 MB, with the worker',
  });
});

test('how far the quality was lowered to keep up', () => {
  const said = (/** @type {object} */ governor) => figureTexts(stats({ governor }), rest).governor;
  assert.equal(said({ level: 0, stride: 1 }), 'full');
  assert.equal(said({ level: 1, stride: 1 }), 'lowered by 1');
  assert.equal(said({ level: 3, stride: 2 }), 'lowered by 3, the model sees one frame in 2');
});

test('nothing is claimed before there is something to tell', () => {
  const texts = figureTexts(emptyStats(false), rest);
  const { backend, threads, picture, sampler, memory } = texts;
  assert.deepEqual([backend, picture, sampler, memory], ['–', '–', '–', '–']);
  assert.equal(threads, 'not isolated');
});

test('each reason has words in each language, an unknown one is shown as it is', () => {
  for (const locale of ['en', 'zh']) {
    const spoken = new Translator(locales, locale);
    for (const reason of REASONS) assert.notEqual(reasonText(reason, spoken), `reason.${reason}`);
  }
  assert.match(reasonText('failed-over:gpu-lost', translator), /broke down \(gpu-lost\)/);
  assert.equal(reasonText('brand-new', translator), 'brand-new');
  assert.equal(reasonText('', translator), '');
});

test('a way of sampling that was raced alone has no times', () => {
  assert.equal(samplerText({ sampler: 'rgba', samplerTimes: {} }, translator), 'rgba');
});

test('the text for a report holds the figures, and nothing that a visitor has put into the address', () => {
  const text = reportText(stats({ governor: { level: 1, reason: 'slow' } }), {
    version: '1.2.3',
    memory: { bytes: 12_345_678, isWhole: false },
    userAgent: 'Browser 99',
    page: 'https://example.org/m/',
  });
  const lines = text.split('\n');
  assert.deepEqual(lines.slice(0, 3), ['Livematte 1.2.3', 'https://example.org/m/', 'Browser 99']);
  for (const line of [
    'backend: wasm',
    'backendReason: race-lost',
    'fps: 29.97',
    'droppedFrames: 5',
    'governor: {"level":1,"reason":"slow"}',
    'samplerTimes: {"rgba":2.14,"planes":0.34,"canvas2d":13.9}',
    'totalMs: median 5.00, 95 % 9.23',
    'memory: 12.3 MB, page alone',
  ]) {
    assert.ok(lines.includes(line), `${line} in\n${text}`);
  }
});

test('the history holds a minute, and its scale seldom changes', () => {
  const history = new StageHistory();
  history.push(stats({ frames: 29 })); // still warming up
  assert.equal(history.samples.length, 0);
  assert.equal(history.scaleMs, 10);
  for (let index = 0; index < CAPACITY + 7; index++) history.push(stats());
  assert.equal(history.samples.length, CAPACITY);
  assert.deepEqual(history.samples[0], { stages: [1, 2, 3, 4], worst: 9.234 });
  assert.equal(history.scaleMs, 10);
  const { stages } = stats();
  history.push(stats({ stages: { ...stages, totalMs: { p50: 11, p95: 19 } } }));
  assert.equal(history.scaleMs, 20);
  history.push(stats({ stages: { ...stages, totalMs: { p50: 11, p95: 1900 } } })); // one that hung
  assert.equal(history.scaleMs, 40);
  history.clear();
  assert.equal(history.samples.length, 0);
});

test('memory is asked for seldom, and one question at a time', async () => {
  let asked = 0;
  let nowMs = 0;
  const performance = {
    memory: { usedJSHeapSize: 5e6 },
    async measureUserAgentSpecificMemory() {
      asked++;
      return { bytes: 9e7 };
    },
  };
  const meter = new MemoryMeter({ performance, crossOriginIsolated: true }, () => nowMs);
  const questions = [meter.refresh(), meter.refresh()];
  assert.deepEqual(meter.last, { bytes: 5e6, isWhole: false }); // while it is being measured
  const both = await Promise.all(questions);
  assert.deepEqual([both, asked], [[true, false], 1]);
  assert.deepEqual(meter.last, { bytes: 9e7, isWhole: true });
  nowMs = 19_000;
  assert.equal(await meter.refresh(), false);
  nowMs = 21_000;
  assert.equal(await meter.refresh(), true);
  assert.equal(asked, 2);
});

test('where the exact way is missing or refuses, the page alone is counted', async () => {
  const memory = { usedJSHeapSize: 5e6 };
  const refuses = async () => {
    throw new DOMException('not now', 'SecurityError');
  };
  for (const performance of [{ memory }, { memory, measureUserAgentSpecificMemory: refuses }]) {
    const meter = new MemoryMeter({ performance, crossOriginIsolated: true }, () => 0);
    await meter.refresh();
    assert.deepEqual(meter.last, { bytes: 5e6, isWhole: false });
  }
  const silent = new MemoryMeter({ performance: {}, crossOriginIsolated: true }, () => 0);
  await silent.refresh();
  assert.equal(silent.last, null);
});

test('a question that is still open is not asked again, however long it takes', async () => {
  let nowMs = 0;
  const never = () => new Promise(() => {});
  const performance = { measureUserAgentSpecificMemory: never };
  const meter = new MemoryMeter({ performance, crossOriginIsolated: true }, () => nowMs);
  meter.refresh();
  nowMs = 60_000;
  assert.equal(await meter.refresh(), false);
});

test('a page that is not isolated does not ask: the browser would refuse', async () => {
  const measureUserAgentSpecificMemory = async () => ({ bytes: 9e9 });
  const performance = { memory: { usedJSHeapSize: 1e6 }, measureUserAgentSpecificMemory };
  const meter = new MemoryMeter({ performance, crossOriginIsolated: false }, () => 0);
  await meter.refresh();
  assert.deepEqual(meter.last, { bytes: 1e6, isWhole: false });
});
