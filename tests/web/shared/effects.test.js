import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkEffect,
  DEFAULT_EFFECT,
  EFFECT_KINDS,
  parseColor,
  standInColor,
} from '../../../web_template/shared/effects.js';

/** @param {unknown} effect */
const check = (effect) => checkEffect(/** @type {any} */ (effect));

test('an effect is copied, frozen, and loses foreign keys', () => {
  const given = { kind: 'blur', strength: 0.3, foreign: 1 };
  const effect = check(given);
  assert.deepEqual(effect, { kind: 'blur', strength: 0.3 });
  assert.ok(Object.isFrozen(effect));
});

test('every kind passes', () => {
  const image = { width: 2, height: 2 };
  const effects = EFFECT_KINDS.map((kind) => ({ kind, strength: 0, color: '#012abC', image }));
  assert.deepEqual(
    effects.map((effect) => check(effect).kind),
    [...EFFECT_KINDS],
  );
  assert.deepEqual(check(DEFAULT_EFFECT), DEFAULT_EFFECT);
});

for (const [what, effect, hint] of /** @type {[string, unknown, RegExp][]} */ ([
  ['nothing', undefined, /use one of blur, color/],
  ['an unknown kind', { kind: 'sepia' }, /"sepia": use one of blur/],
  ['a strength above 1', { kind: 'blur', strength: 1.5 }, /0 to 1/],
  ['a strength that is no number', { kind: 'blur', strength: '1' }, /0 to 1/],
  ['no strength', { kind: 'blur' }, /0 to 1/],
  ['a colour by name', { kind: 'color', color: 'red' }, /#rrggbb/],
  ['a short colour', { kind: 'overlay', color: '#fff' }, /#rrggbb/],
  ['no picture', { kind: 'image' }, /ImageBitmap/],
  ['a closed picture', { kind: 'image', image: { width: 0, height: 0 } }, /not closed/],
])) {
  test(`${what} is refused with what would be right`, () => {
    assert.throws(() => check(effect), { name: 'TypeError', message: hint });
  });
}

test('colours are read as written', () => {
  assert.deepEqual(parseColor('#ff8000'), [1, 128 / 255, 0, 1]);
});

test('without an alpha each effect shows something that is not the frame', () => {
  assert.deepEqual(standInColor({ kind: 'color', color: '#0000ff' }), [0, 0, 1, 1]);
  assert.deepEqual(standInColor({ kind: 'cutout' }), [0, 0, 0, 0]);
  assert.deepEqual(standInColor({ kind: 'mask' }), [0, 0, 0, 1]);
  for (const kind of /** @type {const} */ (['blur', 'overlay'])) {
    const [, , , alpha] = standInColor(/** @type {any} */ ({ kind, color: '#ffffff' }));
    assert.equal(alpha, 1);
  }
});
