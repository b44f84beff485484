import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkLooks,
  DEFAULT_LOOKS,
  LOOKS_RANGES,
  rampWith,
} from '../../../web_template/shared/looks.js';

/** @param {unknown} looks */
const check = (looks) => checkLooks(/** @type {any} */ (looks));

test('what is left out stays as it was', () => {
  assert.deepEqual(checkLooks(), DEFAULT_LOOKS);
  const first = checkLooks({ shrink: 0.5, islands: true, softness: undefined });
  assert.deepEqual(first, { ...DEFAULT_LOOKS, shrink: 0.5, islands: true });
  assert.deepEqual(checkLooks({ shrink: -1 }, first), { ...first, shrink: -1 });
});

test('looks are frozen and copied', () => {
  const looks = checkLooks({ shrink: 0.5 });
  assert.ok(Object.isFrozen(looks));
  assert.notEqual(checkLooks(looks), looks);
});

test('islands may be all but the largest person', () => {
  assert.equal(checkLooks({ islands: 'largest' }).islands, 'largest');
});

test('what is blended over time stays where it was, unless that is wanted', () => {
  assert.equal(checkLooks().flow, false);
  assert.equal(checkLooks({ flow: true }).flow, true);
});

test('each number may go to both of its ends', () => {
  for (const [key, { min, max }] of Object.entries(LOOKS_RANGES)) {
    assert.equal(/** @type {any} */ (check({ [key]: min }))[key], min);
    assert.equal(/** @type {any} */ (check({ [key]: max }))[key], max);
    assert.throws(() => check({ [key]: max + 0.01 }), { name: 'TypeError' });
    assert.throws(() => check({ [key]: min - 0.01 }), { name: 'TypeError' });
  }
});

for (const [what, looks, hint] of /** @type {[string, unknown, RegExp][]} */ ([
  ['nothing', null, /give an object/],
  ['a number', 3, /^looks 3: give an object such as/],
  ['an unknown look', { shrnk: 1 }, /^unknown look "shrnk": use one of shrink, softness/],
  ['an inherited name', { toString: 1 }, /unknown look "toString"/],
  ['a shrink beyond 1', { shrink: 1.5 }, /^shrink 1.5: it is a number from -1 to 1$/],
  ['a softness that is no number', { softness: '1' }, /^softness "1": it is a number from 0 to 1$/],
  ['NaN', { lightWrap: Number.NaN }, /lightWrap/],
  ['a switch that is no boolean', { region: 1 }, /^region 1: it is true or false$/],
  ['a flow that is a number', { flow: 0.5 }, /^flow 0.5: it is true or false$/],
  ['a word that is no switch', { region: 'largest' }, /^region "largest": it is true or false$/],
  ['other islands', { islands: 'all' }, /^islands "all": it is true, false or "largest"$/],
])) {
  test(`${what} is refused with what would be right`, () => {
    assert.throws(() => check(looks), { name: 'TypeError', message: hint });
  });
}

test('at the defaults the ramp is the very one of the model', () => {
  /** @type {[number, number]} */
  const ramp = [0.35, 0.65];
  assert.equal(rampWith(ramp, DEFAULT_LOOKS), ramp);
  assert.equal(rampWith(null, DEFAULT_LOOKS), null);
});

/** @param {readonly number[] | null} ramp */
const rounded = (ramp) => ramp?.map((value) => Math.round(value * 1e6) / 1e6);

test('shrink moves the ramp, softness widens it about its centre', () => {
  const shaped = (shrink = 0, softness = 0.5) =>
    rounded(rampWith([0.35, 0.65], { shrink, softness }));
  assert.deepEqual(shaped(0.5), [0.525, 0.825]);
  assert.deepEqual(shaped(-0.5), [0.175, 0.475]);
  assert.deepEqual(shaped(0, 0), [0.4625, 0.5375]);
  assert.deepEqual(shaped(0, 0.75), [0.2, 0.8]);
});

test('the ramp keeps off both ends and rises, whatever the model and the looks', () => {
  /** @type {([number, number] | null)[]} */
  const ramps = [null, [0.35, 0.65], [0, 0.1], [0.9, 1], [0.5, 0.51]];
  for (const ramp of ramps) {
    for (const shrink of [-1, -0.5, 0, 0.5, 1]) {
      for (const softness of [0, 0.25, 0.75, 1]) {
        const [low, high] = rampWith(ramp, { shrink, softness }) ?? [0, 0];
        assert.ok(low >= 0.02 && high <= 0.98 && low < high, `${ramp} ${shrink} ${softness}`);
      }
    }
  }
});
