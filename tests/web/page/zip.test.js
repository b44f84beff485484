/** The archive, byte by byte where others read it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, uniqueNames, ZipWriter } from '../../../web_template/page/batch/zip.js';

test('CRC-32 of the check string that all implementations share', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

test('each name once, and none a path', () => {
  assert.deepEqual(uniqueNames(['a.png', 'A.png', 'b/c.png', 'a.png', '我.png', '..']), [
    'a.png',
    'A (2).png',
    'b_c.png',
    'a (3).png',
    '我.png',
    '..',
  ]);
});

test('headers, contents and the directory lie where they say', async () => {
  const zip = new ZipWriter();
  const date = new Date(2031, 4, 6, 7, 8, 10);
  await zip.add({ name: '我.png', blob: new Blob(['hello']), date });
  await zip.add({ name: 'b.png', blob: new Blob(['']), date });
  const bytes = new Uint8Array(await zip.finish().arrayBuffer());
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  assert.equal(view.getUint32(end, true), 0x06054b50);
  assert.equal(view.getUint16(end + 10, true), 2);
  const directory = view.getUint32(end + 16, true);
  assert.equal(directory + view.getUint32(end + 12, true), end);
  assert.equal(view.getUint32(directory, true), 0x02014b50);
  assert.equal(view.getUint32(0, true), 0x04034b50);
  assert.equal(view.getUint16(6, true), 1 << 11); // the name is UTF-8
  assert.equal(view.getUint32(14, true), crc32(new TextEncoder().encode('hello')));
  const nameLength = view.getUint16(26, true);
  assert.equal(new TextDecoder().decode(bytes.subarray(30, 30 + nameLength)), '我.png');
  assert.equal(new TextDecoder().decode(bytes.subarray(30 + nameLength, 35 + nameLength)), 'hello');
  // 7:08:10 and 2031-05-06, as MS-DOS packs them.
  assert.equal(view.getUint16(10, true), (7 << 11) | (8 << 5) | 5);
  assert.equal(view.getUint16(12, true), (51 << 9) | (5 << 5) | 6);
});
