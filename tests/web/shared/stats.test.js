import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameStats, RateMeter, RollingWindow } from '../../../web_template/shared/stats.js';

test('percentiles by nearest rank', () => {
  const values = new RollingWindow(100);
  for (let i = 100; i >= 1; i--) values.push(i);
  assert.deepEqual(values.percentiles(), { p50: 50, p95: 95 });
});

test('one value is all percentiles, none is 0', () => {
  const values = new RollingWindow();
  assert.deepEqual(values.percentiles(), { p50: 0, p95: 0 });
  values.push(7);
  assert.deepEqual(values.percentiles(), { p50: 7, p95: 7 });
});

test('a window forgets what is older', () => {
  const values = new RollingWindow(3);
  for (const value of [100, 100, 1, 2, 3]) values.push(value);
  assert.deepEqual(values.percentiles(), { p50: 2, p95: 3 });
  assert.equal(values.count, 3);
  values.clear();
  assert.equal(values.count, 0);
});

test('the rate is intervals over time', () => {
  const meter = new RateMeter(2000);
  for (let i = 0; i <= 60; i++) meter.tick(i * 25);
  assert.ok(Math.abs(meter.rate(1500) - 40) < 1e-9);
});

test('a rate needs two events inside the window', () => {
  const meter = new RateMeter(1000);
  assert.equal(meter.rate(0), 0);
  meter.tick(0);
  assert.equal(meter.rate(1), 0);
  meter.tick(10);
  assert.ok(meter.rate(11) > 0);
  assert.equal(meter.rate(1500), 0);
});

test('a source that stalls slows down at once', () => {
  const meter = new RateMeter(2000);
  for (let i = 0; i <= 30; i++) meter.tick(i * (1000 / 30));
  assert.ok(Math.abs(meter.rate(1000) - 30) < 1e-9);
  const stalled = meter.rate(1500);
  assert.ok(stalled > 15 && stalled < 25, `${stalled}`);
});

test('the figures of a source', () => {
  const stats = new FrameStats();
  for (const ms of [1, 2, 3]) {
    stats.add('inferMs', ms);
    stats.composited(ms * 10);
  }
  stats.droppedFrames++;
  const summary = stats.summary(30);
  assert.deepEqual([summary.frames, summary.droppedFrames, summary.fps], [3, 1, 100]);
  assert.deepEqual(summary.stages.inferMs, { p50: 2, p95: 3 });
  assert.deepEqual(summary.stages.sampleMs, { p50: 0, p95: 0 });
  stats.reset();
  assert.deepEqual(stats.summary(40), {
    ...new FrameStats().summary(40),
  });
});
