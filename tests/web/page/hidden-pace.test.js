import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkHiddenRate, HiddenPace } from '../../../web_template/page/hidden-pace.js';

function createPage(visibilityState = 'visible') {
  const page = Object.assign(new EventTarget(), { visibilityState });
  return {
    page: /** @type {any} */ (page),
    /** @param {'visible' | 'hidden'} state */
    turn(state) {
      page.visibilityState = state;
      page.dispatchEvent(new Event('visibilitychange'));
    },
  };
}

/**
 * @param {number | null} rate
 * @param {ReturnType<typeof createPage>} page
 */
function paced(rate, { page }) {
  const told = /** @type {(number | null)[]} */ ([]);
  const pace = new HiddenPace(rate, (limit) => told.push(limit), page);
  return { pace, told };
}

test('a hidden page has a limit, a visible one has none', () => {
  const page = createPage();
  const { pace, told } = paced(2, page);
  assert.deepEqual([pace.limit, told], [null, []]);
  page.turn('hidden');
  assert.equal(pace.limit, 2);
  page.turn('visible');
  assert.deepEqual(told, [2, null]);
});

test('a page that starts hidden has it at once', () => {
  assert.deepEqual(paced(2, createPage('hidden')).told, [2]);
});

test('null keeps the rate', () => {
  const page = createPage();
  const { told } = paced(null, page);
  page.turn('hidden');
  assert.deepEqual(told, []);
});

test('no limit while somebody holds it, until the last of them lets go', () => {
  const page = createPage('hidden');
  const { pace, told } = paced(3, page);
  const [first, second] = [pace.hold(), pace.hold()];
  first();
  first(); // once more does no harm
  assert.equal(pace.limit, null);
  second();
  assert.deepEqual(told, [3, null, 3]);
});

test('after its end nothing is told', () => {
  const page = createPage();
  const { pace, told } = paced(2, page);
  pace.end();
  page.turn('hidden');
  assert.deepEqual(told, []);
});

test('a rate is a number of frames, or null', () => {
  assert.deepEqual(
    [checkHiddenRate(), checkHiddenRate(0.5), checkHiddenRate(null)],
    [2, 0.5, null],
  );
  for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5', true]) {
    assert.throws(() => checkHiddenRate(wrong), /hiddenRate is frames a second/);
  }
});
