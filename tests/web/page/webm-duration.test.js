/** The length in a recording's header, in bytes as recorders write them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  durationPatch,
  reserveDuration,
  withDuration,
} from '../../../web_template/page/taking/webm-duration.js';

const UNKNOWN = '01ffffffffffffff';
const EBML = '1a45dfa384' + '42868101';
const SEGMENT = `18538067${UNKNOWN}`;
const SCALE = '2ad7b1830f4240';
const APP = '5741864368726f6d65';
const INFO = `1549a96690${SCALE}${APP}`;
const TRACKS = '1654ae6b83ae8101'; // not looked at
/** Two blocks: at 40 000 ms, and in a group, at 40 033. */
const CLUSTER = `1f43b675${UNKNOWN}e7829c40a38681000080ffffa088a186810021000000`;
const EARLY = `1f43b675${UNKNOWN}e78100a38681000080ffff`;

/** @param {string[]} hex */
const blob = (...hex) => new Blob([Buffer.from(hex.join(''), 'hex')], { type: 'video/webm' });
/** @param {Awaited<ReturnType<typeof durationPatch>>} patch */
const ticksOf = (patch) => patch && new DataView(patch.data.buffer).getFloat64(3);
/** @param {Blob} file */
const hexOf = async (file) => Buffer.from(await file.arrayBuffer()).toString('hex');

test('room is made in the facts, and the length of the last block put there', async () => {
  const head = await reserveDuration(blob(EBML, SEGMENT, INFO, TRACKS));
  const room = 'ec89000000000000000000';
  const facts = `1549a9661000001b${SCALE}${APP}`;
  assert.equal(await hexOf(head), EBML + SEGMENT + facts + room + TRACKS);
  const whole = new Blob([head, blob(EARLY), blob(CLUSTER)], { type: head.type });
  const finished = await withDuration(whole);
  const length = Buffer.alloc(8);
  length.writeDoubleBE(40_033);
  const duration = `448988${length.toString('hex')}`;
  assert.equal(await hexOf(finished), EBML + SEGMENT + facts + duration + TRACKS + EARLY + CLUSTER);
  assert.equal(finished.type, 'video/webm');
});

test('a length that is there is put right, in its own precision', async () => {
  const file = blob(EBML, SEGMENT, `1549a9668e${SCALE}44898400000000`, CLUSTER);
  assert.equal(await reserveDuration(file), file);
  const length = Buffer.alloc(4);
  length.writeFloatBE(40_033);
  const patch = await durationPatch(file, file);
  assert.deepEqual(patch && Buffer.from(patch.data), length);
  assert.equal(patch?.position, (await hexOf(file)).indexOf('448984') / 2 + 3);
});

test('what would have to be told of the change, or is something else, stays as it is', async () => {
  const files = [
    blob(EBML, '1853806790', INFO), // the segment knows its size
    blob(EBML, SEGMENT, '114d9b7481ec', INFO), // its parts' places are listed
    blob('000000186674797069736f35'), // MP4
    blob(EBML, SEGMENT, INFO.slice(0, 20)), // cut off
    blob(EBML),
    blob(''),
  ];
  for (const file of files) {
    assert.equal(await reserveDuration(file), file);
    assert.equal(await withDuration(file), file);
  }
});

test('a last block that was cut off counts, and bytes that only look like a cluster do not', async () => {
  const head = await reserveDuration(blob(EBML, SEGMENT, INFO));
  const cut = new Blob([head, blob(CLUSTER, 'a3868100', '4200')]);
  assert.equal(ticksOf(await durationPatch(head, cut)), 40_066);
  const like = new Blob([head, blob(CLUSTER, 'a38a81000180', '1f43b675ffff')]);
  assert.equal(ticksOf(await durationPatch(head, like)), 40_033);
  assert.equal(await durationPatch(head, head), null);
});

test('the last cluster is found far from the end', async () => {
  const head = await reserveDuration(blob(EBML, SEGMENT, INFO));
  const large = new Blob([
    ...[head, blob(EARLY, `1f43b675${UNKNOWN}e78105`)],
    ...[blob('a310300004', '81000280'), new Uint8Array(3 << 20)],
  ]);
  assert.equal(ticksOf(await durationPatch(head, large)), 5 + 2);
});
