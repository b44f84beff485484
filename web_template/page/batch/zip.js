/**
 * A ZIP archive without compression, which pictures do not need (PKWARE's APPNOTE 6.3, without its
 * 64-bit extension). The files stay where they are: the archive is a Blob of Blobs.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {Blob} blob
 * @property {Date} date
 */

/** Bit 11: names are UTF-8. */
const UTF8 = 1 << 11;
const VERSION = 20;
/** Sizes and places have 32 bits. */
const MAX_BYTES = 0xffffffff;
const MAX_ENTRIES = 0xffff;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/**
 * CRC-32 as ZIP, PNG and Ethernet have it.
 * @param {Uint8Array} bytes
 * @returns {number} unsigned
 */
export function crc32(bytes) {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

/**
 * Names as an archive needs them: each once, none a path.
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function uniqueNames(names) {
  const used = new Set();
  return names.map((name) => {
    const plain = name.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_');
    const dot = plain.lastIndexOf('.');
    const [stem, suffix] = dot > 0 ? [plain.slice(0, dot), plain.slice(dot)] : [plain, ''];
    let unique = plain;
    for (let n = 2; used.has(unique.toLowerCase()); n++) unique = `${stem} (${n})${suffix}`;
    used.add(unique.toLowerCase());
    return unique;
  });
}

export class ZipWriter {
  /** @type {BlobPart[]} */
  #parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #directory = [];
  #bytes = 0;

  /**
   * @param {Entry} entry
   * @throws {RangeError} when the archive would be larger than its format allows
   */
  async add({ name, blob, date }) {
    const content = new Uint8Array(await blob.arrayBuffer());
    const encoded = new TextEncoder().encode(name);
    const facts = { crc: crc32(content), size: blob.size, name: encoded, ...dosTime(date) };
    const head = localHeader(facts);
    const offset = this.#bytes;
    const total = offset + head.length + blob.size;
    if (total > MAX_BYTES / 2 || this.#directory.length >= MAX_ENTRIES) {
      throw new RangeError('more than a ZIP archive takes');
    }
    this.#parts.push(head, blob);
    this.#directory.push(directoryEntry(facts, offset));
    this.#bytes = total;
  }

  /** @returns {Blob} the whole archive */
  finish() {
    const size = this.#directory.reduce((sum, entry) => sum + entry.length, 0);
    const end = record(22, [
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, this.#directory.length],
      [2, this.#directory.length],
      [4, size],
      [4, this.#bytes],
      [2, 0],
    ]);
    return new Blob([...this.#parts, ...this.#directory, end], { type: 'application/zip' });
  }
}

/** @typedef {{crc: number, size: number, name: Uint8Array, time: number, day: number}} Facts */

/** @param {Facts} facts */
function localHeader(facts) {
  const head = record(30, [[4, 0x04034b50], [2, VERSION], ...shared(facts), [2, 0]]);
  return joined(head, facts.name);
}

/**
 * @param {Facts} facts
 * @param {number} offset
 */
function directoryEntry(facts, offset) {
  const head = record(46, [
    [4, 0x02014b50],
    [2, VERSION],
    [2, VERSION],
    ...shared(facts),
    [2, 0],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, offset],
  ]);
  return joined(head, facts.name);
}

/**
 * What both headers have: flags, no compression, time, day, CRC, both sizes, length of the name.
 * @param {Facts} facts
 * @returns {[number, number][]}
 */
function shared({ crc, size, name, time, day }) {
  return [
    [2, UTF8],
    [2, 0],
    [2, time],
    [2, day],
    [4, crc],
    [4, size],
    [4, size],
    [2, name.length],
  ];
}

/**
 * @param {number} length  bytes
 * @param {[bytes: number, value: number][]} fields  little-endian
 */
function record(length, fields) {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += size;
  }
  return bytes;
}

/**
 * @param {Uint8Array} head
 * @param {Uint8Array} name
 */
function joined(head, name) {
  const bytes = new Uint8Array(head.length + name.length);
  bytes.set(head);
  bytes.set(name, head.length);
  return bytes;
}

/** MS-DOS's: two seconds are one step, and years begin in 1980. @param {Date} date */
function dosTime(date) {
  const year = Math.max(0, date.getFullYear() - 1980);
  return {
    time: (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1),
    day: (year << 9) | ((date.getMonth() + 1) << 5) | date.getDate(),
  };
}
