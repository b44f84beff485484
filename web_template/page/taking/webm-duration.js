/**
 * The length of a WebM recording, in its header: recorders write none, since they begin with the
 * header, and players show no length and cannot seek without. Room for it is made in the first
 * piece, as an element that says nothing, so that nothing else has to move at the end.
 *
 * The format: RFC 8794 (EBML) and RFC 9559 (Matroska).
 */

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const SEEK_HEAD = 0x114d9b74;
const INFO = 0x1549a966;
const DURATION = 0x4489;
const VOID = 0xec;
const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
const BLOCK_GROUP = 0xa0;
const BLOCK = 0xa1;

/** The header is in the first bytes. */
const HEAD_BYTES = 4096;
/** Duration as 64-bit float: id of two bytes, size of one, value. */
const ROOM_BYTES = 11;
/** A cluster's blocks count 16 bits of milliseconds: at a high bitrate, so much. */
const MAX_TAIL_BYTES = 64 << 20;
const FIRST_TAIL_BYTES = 1 << 20;

/**
 * @typedef {object} Element
 * @property {number} id
 * @property {number} start  of its content
 * @property {number} end    of its content; Infinity when it says none
 */

/**
 * @param {Blob} piece  the first one of a recording
 * @returns {Promise<Blob>} with room for the length; as it is when it has it, or is no such WebM
 */
export async function reserveDuration(piece) {
  const head = await bytesOf(piece.slice(0, HEAD_BYTES));
  const info = findInfo(head);
  if (!info || findDuration(head, info)) return piece;
  const content = head.subarray(info.start, info.end);
  const size = encodeSize(content.length + ROOM_BYTES);
  const room = new Uint8Array(ROOM_BYTES);
  room.set([VOID, 0x80 | (ROOM_BYTES - 2)]);
  const before = piece.slice(0, info.at + 4);
  return new Blob([before, size, content, room, piece.slice(info.end)], { type: piece.type });
}

/**
 * @param {Blob} head  a recording's beginning
 * @param {Blob} tail  its end; the whole of it will do
 * @returns {Promise<{position: number, data: Uint8Array<ArrayBuffer>} | null>} what to write there;
 *   null where there is no room, or no picture
 */
export async function durationPatch(head, tail) {
  const bytes = await bytesOf(head.slice(0, HEAD_BYTES));
  const info = findInfo(bytes);
  const place = info && findDuration(bytes, info);
  const ticks = place ? await lastTimestamp(tail) : null;
  if (!place || ticks === null) return null;
  if (place.id === VOID) {
    const data = new Uint8Array(ROOM_BYTES);
    data.set([DURATION >> 8, DURATION & 0xff, 0x88]);
    new DataView(data.buffer).setFloat64(3, ticks);
    return { position: place.start - 2, data };
  }
  const data = new Uint8Array(place.end - place.start);
  const view = new DataView(data.buffer);
  if (data.length === 8) view.setFloat64(0, ticks);
  else view.setFloat32(0, ticks);
  return { position: place.start, data };
}

/**
 * @param {Blob} recording  the whole of it
 * @returns {Promise<Blob>} with its length, where there was room for it
 */
export async function withDuration(recording) {
  const patch = await durationPatch(recording, recording);
  if (!patch) return recording;
  const { position, data } = patch;
  const rest = recording.slice(position + data.length);
  return new Blob([recording.slice(0, position), data, rest], { type: recording.type });
}

/**
 * @param {Blob} tail
 * @returns {Promise<number | null>} the time of the last block, in the file's own unit
 */
async function lastTimestamp(tail) {
  for (let size = FIRST_TAIL_BYTES; ; size *= 2) {
    const bytes = await bytesOf(tail.slice(-size));
    for (let at = bytes.length - 4; at >= 0; at--) {
      if (bytes[at] !== CLUSTER >>> 24) continue;
      const time = clusterEnd(bytes, at);
      if (time !== null) return time;
    }
    if (size >= tail.size || size >= MAX_TAIL_BYTES) return null;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at  where a cluster may begin
 * @returns {number | null} the time of its last block; null when it is no cluster with blocks
 */
function clusterEnd(bytes, at) {
  const cluster = readElement(bytes, at);
  if (cluster?.id !== CLUSTER) return null;
  const [first, ...others] = children(bytes, cluster);
  if (first?.id !== TIMESTAMP || first.end > bytes.length) return null;
  const base = bytes.subarray(first.start, first.end).reduce((all, byte) => 256 * all + byte, 0);
  /** @type {number | null} */
  let last = null;
  for (const each of others) {
    const [inner] = each.id === BLOCK_GROUP ? children(bytes, each) : [];
    const block = inner?.id === BLOCK ? inner : each;
    if (block.id !== SIMPLE_BLOCK && block.id !== BLOCK) continue;
    const time = blockTime(bytes, block.start);
    if (time !== null) last = Math.max(last ?? 0, base + time);
  }
  return last;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at  where a block's content begins: the track's number, then its time
 */
function blockTime(bytes, at) {
  const track = readNumber(bytes, at);
  if (!track || track.end + 2 > bytes.length) return null;
  return new DataView(bytes.buffer, bytes.byteOffset).getInt16(track.end);
}

/**
 * @param {Uint8Array} head
 * @returns {Element & {at: number} | null} the segment's facts, where what follows may be moved
 */
function findInfo(head) {
  const ebml = readElement(head, 0);
  if (ebml?.id !== EBML) return null;
  const segment = readElement(head, ebml.end);
  // One that knows its size or where its parts are would have to be told of the change.
  if (segment?.id !== SEGMENT || segment.end !== Infinity) return null;
  let at = segment.start;
  for (const element of children(head, segment)) {
    if (element.id === SEEK_HEAD || element.id === CLUSTER) return null;
    if (element.id === INFO) return element.end <= head.length ? { ...element, at } : null;
    at = element.end;
  }
  return null;
}

/**
 * @param {Uint8Array} head
 * @param {Element} info
 * @returns {Element | undefined} the length that is there, or the room for it
 */
function findDuration(head, info) {
  return [...children(head, info)].find(
    ({ id, start, end }) => id === DURATION || (id === VOID && end - start === ROOM_BYTES - 2),
  );
}

/**
 * @param {Uint8Array} bytes
 * @param {Element} parent
 * @returns {Generator<Element>} as many as the bytes hold the beginnings of
 */
function* children(bytes, { start, end }) {
  let at = start;
  while (at < Math.min(end, bytes.length)) {
    const element = readElement(bytes, at);
    if (!element) return;
    yield element;
    at = element.end;
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {Element | null}
 */
function readElement(bytes, at) {
  const idLength = Math.clz32(bytes[at]) - 23;
  if (!(idLength <= 4) || at + idLength > bytes.length) return null;
  let id = 0;
  for (let index = 0; index < idLength; index++) id = 256 * id + bytes[at + index];
  const size = readNumber(bytes, at + idLength);
  return size && { id, start: size.end, end: size.end + size.value };
}

/**
 * A number that says its own length; all ones stand for unknown.
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {{value: number, end: number} | null}
 */
function readNumber(bytes, at) {
  const length = Math.clz32(bytes[at]) - 23;
  if (!(length <= 8) || at + length > bytes.length) return null;
  let value = bytes[at] & (0xff >> length);
  let isUnknown = value === 0xff >> length;
  for (let index = 1; index < length; index++) {
    value = 256 * value + bytes[at + index];
    isUnknown &&= bytes[at + index] === 0xff;
  }
  return { value: isUnknown ? Infinity : value, end: at + length };
}

/** @param {number} size  below 2^28 - 1 */
function encodeSize(size) {
  return Uint8Array.of(0x10 | (size >>> 24), size >>> 16, size >>> 8, size);
}

/** @param {Blob} blob */
async function bytesOf(blob) {
  return new Uint8Array(await blob.arrayBuffer());
}
