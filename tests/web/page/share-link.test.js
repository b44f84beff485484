/** Looks in an address, there and back. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { embedWishes } from '../../../web_template/page/embed-wishes.js';
import { isOwnBackdrop, ownBackdropName } from '../../../web_template/page/own-backdrop-name.js';
import { DEFAULTS, validSettings } from '../../../web_template/page/settings.js';
import { readLink, writeLink } from '../../../web_template/page/share-link.js';

/** @param {string} search */
const read = (search) => validSettings(readLink(search, DEFAULTS), DEFAULTS);

test('nothing to say is an address without a word', () => {
  assert.equal(writeLink(DEFAULTS, DEFAULTS), '');
  assert.deepEqual(read(''), DEFAULTS);
});

test('what is written is read again', () => {
  const settings = {
    ...DEFAULTS,
    effect: /** @type {const} */ ('blur'),
    strength: 0.7,
    model: 'selfie',
    looks: { ...DEFAULTS.looks, softness: 0.8, shrink: -0.25, region: false, flow: true },
    comments: { ...DEFAULTS.comments, on: true, text: '你好\n#ff0000 a & b', speed: 0.9 },
  };
  assert.deepEqual(read(writeLink(settings, DEFAULTS)), settings);
});

test('comments that a site begins with can be taken away in a link', () => {
  const flying = { ...DEFAULTS, comments: { ...DEFAULTS.comments, on: true } };
  const link = writeLink(DEFAULTS, flying);
  assert.equal(link, '?comments-on=0');
  assert.equal(validSettings(readLink(link, flying), flying).comments.on, false);
});

test("the visitor's own background is not in the address", () => {
  const own = ownBackdropName(1, []);
  assert.equal(writeLink({ ...DEFAULTS, backdrop: own }, DEFAULTS), '');
  assert.equal(writeLink({ ...DEFAULTS, backdrop: 'ink' }, DEFAULTS), '?backdrop=ink');
});

test("the visitor's own model is not in the address, and one that is there takes its place", () => {
  const own = { ...DEFAULTS, model: 'selfie', ownModel: true };
  assert.equal(writeLink(own, DEFAULTS), '');
  assert.equal(writeLink({ ...own, ownModel: false }, DEFAULTS), '?model=selfie');
  const found = validSettings(readLink('?model=selfie', own), own);
  assert.equal(found.ownModel, false);
});

test('own backgrounds are named in their order, at any clock', () => {
  const first = ownBackdropName(1.7e12, []);
  const second = ownBackdropName(1.7e12, [first]);
  const third = ownBackdropName(5, [first, second]); // the clock was put back
  assert.deepEqual([third, first, second].sort(), [first, second, third]);
  assert.equal(new Set([first, second, third]).size, 3);
  assert.deepEqual([first, 'ridge', 'own-office'].map(isOwnBackdrop), [true, false, false]);
});

test('what does not fit is as if it were not there', () => {
  const wrong = '?effect=x&strength=7&color=red&softness=2&shrink=a&comments=hi&comments-speed=5';
  assert.deepEqual(read(wrong), DEFAULTS);
});

test('a bare page: transparent, the camera, as it is', () => {
  const plain = { background: 'transparent', source: 'camera', camera: '', mirrored: false };
  assert.deepEqual(embedWishes(''), { ...plain, fit: 'contain' });
  assert.deepEqual(embedWishes('?bg=url(x)&camera=1&fit=x'), { ...plain, fit: 'contain' });
  const wished = embedWishes('?bg=%23102030&source=demo&camera=Logi&mirror=1&fit=cover');
  assert.deepEqual(wished, {
    background: '#102030',
    source: 'demo',
    camera: 'Logi',
    mirrored: true,
    fit: 'cover',
  });
});
