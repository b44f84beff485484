import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MatteNews } from '../../../web_template/page/matte-news.js';
import { MatteError } from '../../../web_template/shared/errors.js';

test('its end is told as idle, and nobody is told anything after it', () => {
  const news = new MatteNews({ backend: 'wasm', reason: 'untried' });
  /** @type {any[]} */
  const told = [];
  const listen = () => {
    for (const name of /** @type {const} */ (['state', 'error', 'ended', 'backend'])) {
      news.on(name, (value) => told.push([name, value]));
    }
  };
  listen();
  news.tellState('running');
  news.tellError('made to fail');
  const [, [, error]] = told;
  assert.ok(error instanceof MatteError);
  assert.equal(error.code, 'unknown');
  told.length = 0;
  news.end();
  assert.deepEqual(told, [['state', 'idle']]);
  listen(); // late, by a page that does not know
  news.tellError(error);
  news.tellBackend({ backend: 'webgpu', reason: 'forced' });
  news.tell('ended', null);
  assert.equal(told.length, 1);
});
