/**
 * A plane of bytes, resampled to float32: rows first, then columns.
 *
 * The row pass is where the time goes (it reads every byte of the frame once), so it works on
 * four bytes at a time: a 32-bit word is split into two words of two 16-bit lanes each
 * (bytes 0 and 2, bytes 1 and 3), and whole rows of lanes are multiplied and added. A lane holds
 * Σ byte · weight ≤ 255 · total, so this is exact while total ≤ 257; other totals, which only odd
 * sizes have, take the plain way. What comes out is one row for each channel, so that the column
 * pass never strides.
 *
 * @typedef {import('./taps.js').Taps} Taps
 *
 * @typedef {object} Plane  bytes somewhere in a buffer; interleaved channels count as one plane
 * @property {number} offset  bytes, a multiple of 4
 * @property {number} stride  bytes from row to row, a multiple of 4
 * @property {number} width   pixels
 * @property {1 | 2 | 4} pixelBytes  how many channels are interleaved
 *
 * @typedef {object} Scratch  reused rows of planes up to some width
 * @property {Int32Array} even  lanes of bytes 0 and 2 of each word
 * @property {Int32Array} odd   lanes of bytes 1 and 3
 * @property {Float64Array[]} rows  one for each channel
 */

const PACKED_TOTAL_MAX = 257;
const LANES = 0x00ff00ff;
/** Words are four pixels wide at most, and the last output reads one pixel more with weight 0. */
const PADDING = 8;

/**
 * @param {number} width  of the widest plane, pixels
 * @returns {Scratch}
 */
export function createScratch(width) {
  const row = () => new Float64Array(width + PADDING);
  return {
    even: new Int32Array(width + PADDING),
    odd: new Int32Array(width + PADDING),
    rows: [row(), row(), row(), row()],
  };
}

/**
 * @param {Int32Array} words  the buffer that holds the plane, from its very start
 * @param {Plane} plane
 * @param {Taps} rows     over the plane's rows
 * @param {Taps} columns  over the plane's pixels
 * @param {readonly number[]} channels  which of a pixel's bytes go to out, in this order
 * @param {Float32Array} out  [channels, rows, columns], each value 0..255
 * @param {Scratch} scratch
 */
export function reducePlane(words, plane, rows, columns, channels, out, scratch) {
  const height = rows.first.length;
  const width = columns.first.length;
  const sumRows = rows.total <= PACKED_TOTAL_MAX ? sumRowsPacked : sumRowsPlain;
  const scale = 1 / (rows.total * columns.total);
  for (let y = 0; y < height; y++) {
    sumRows(words, plane, rows, y, scratch);
    for (let c = 0; c < channels.length; c++) {
      sumColumns(scratch.rows[channels[c]], columns, scale, out, (c * height + y) * width);
    }
  }
}

/**
 * @param {Int32Array} words
 * @param {Plane} plane
 * @param {Taps} rows
 * @param {number} y
 * @param {Scratch} scratch
 */
function sumRowsPacked(words, plane, rows, y, { even, odd, rows: out }) {
  const { weights } = rows;
  const stride = plane.stride >> 2;
  const length = (plane.width * plane.pixelBytes + 3) >> 2;
  const at = (plane.offset >> 2) + rows.first[y] * stride;
  const tap = y * rows.stride;
  const count = rows.count[y];
  // A row that is not there has weight 0 and is read from its neighbour. Weights are made integers
  // here, not in the loops: they are kept as doubles.
  const row1 = count > 1 ? at + stride : at;
  const row2 = count > 2 ? row1 + stride : row1;
  const weight1 = count > 1 ? weights[tap + 1] | 0 : 0;
  const weight2 = count > 2 ? weights[tap + 2] | 0 : 0;
  setRows(words, at, row1, row2, weights[tap] | 0, weight1, weight2, even, odd, length);
  for (let k = 3; k < count; k += 2) {
    const row = at + k * stride;
    const isPair = k + 1 < count;
    const weight = isPair ? weights[tap + k + 1] | 0 : 0;
    addRows(
      words,
      row,
      isPair ? row + stride : row,
      weights[tap + k] | 0,
      weight,
      even,
      odd,
      length,
    );
  }
  if (plane.pixelBytes === 1) unpackOne(even, odd, out[0], length);
  else if (plane.pixelBytes === 2) unpackTwo(even, odd, out[0], out[1], length);
  else unpackFour(even, odd, out, length);
}

/**
 * The lanes of three rows of words, weighted.
 * @param {Int32Array} words
 * @param {number} row0
 * @param {number} row1
 * @param {number} row2
 * @param {number} weight0
 * @param {number} weight1
 * @param {number} weight2
 * @param {Int32Array} even
 * @param {Int32Array} odd
 * @param {number} length
 */
function setRows(words, row0, row1, row2, weight0, weight1, weight2, even, odd, length) {
  for (let i = 0; i < length; i++) {
    const a = words[row0 + i];
    const b = words[row1 + i];
    const c = words[row2 + i];
    // "| 0" after each sum tells the compiler that it stays an integer.
    const evenAB = (Math.imul(a & LANES, weight0) + Math.imul(b & LANES, weight1)) | 0;
    const oddAB =
      (Math.imul((a >>> 8) & LANES, weight0) + Math.imul((b >>> 8) & LANES, weight1)) | 0;
    even[i] = (evenAB + Math.imul(c & LANES, weight2)) | 0;
    odd[i] = (oddAB + Math.imul((c >>> 8) & LANES, weight2)) | 0;
  }
}

/**
 * Two more rows onto the lanes.
 * @param {Int32Array} words
 * @param {number} row0
 * @param {number} row1
 * @param {number} weight0
 * @param {number} weight1
 * @param {Int32Array} even
 * @param {Int32Array} odd
 * @param {number} length
 */
function addRows(words, row0, row1, weight0, weight1, even, odd, length) {
  for (let i = 0; i < length; i++) {
    const a = words[row0 + i];
    const b = words[row1 + i];
    const evenAB = (Math.imul(a & LANES, weight0) + Math.imul(b & LANES, weight1)) | 0;
    const oddAB =
      (Math.imul((a >>> 8) & LANES, weight0) + Math.imul((b >>> 8) & LANES, weight1)) | 0;
    even[i] = (even[i] + evenAB) | 0;
    odd[i] = (odd[i] + oddAB) | 0;
  }
}

/**
 * Lanes back into the order of the bytes: four pixels of one channel in each word.
 * @param {Int32Array} even
 * @param {Int32Array} odd
 * @param {Float64Array} row
 * @param {number} length
 */
function unpackOne(even, odd, row, length) {
  for (let i = 0, x = 0; i < length; i++, x += 4) {
    row[x] = even[i] & 0xffff;
    row[x + 1] = odd[i] & 0xffff;
    row[x + 2] = even[i] >>> 16;
    row[x + 3] = odd[i] >>> 16;
  }
}

/**
 * Two pixels of two channels in each word.
 * @param {Int32Array} even
 * @param {Int32Array} odd
 * @param {Float64Array} first
 * @param {Float64Array} second
 * @param {number} length
 */
function unpackTwo(even, odd, first, second, length) {
  for (let i = 0, x = 0; i < length; i++, x += 2) {
    first[x] = even[i] & 0xffff;
    first[x + 1] = even[i] >>> 16;
    second[x] = odd[i] & 0xffff;
    second[x + 1] = odd[i] >>> 16;
  }
}

/**
 * One pixel of four channels in each word.
 * @param {Int32Array} even
 * @param {Int32Array} odd
 * @param {Float64Array[]} rows
 * @param {number} length
 */
function unpackFour(even, odd, [first, second, third, fourth], length) {
  for (let i = 0; i < length; i++) {
    first[i] = even[i] & 0xffff;
    second[i] = odd[i] & 0xffff;
    third[i] = even[i] >>> 16;
    fourth[i] = odd[i] >>> 16;
  }
}

/**
 * The same sums a byte at a time, for weights that do not fit into lanes.
 * @param {Int32Array} words
 * @param {Plane} plane
 * @param {Taps} rows
 * @param {number} y
 * @param {Scratch} scratch
 */
function sumRowsPlain(words, plane, rows, y, { rows: out }) {
  const bytes = new Uint8Array(words.buffer);
  const { pixelBytes, width } = plane;
  for (let channel = 0; channel < pixelBytes; channel++) {
    const row = out[channel].fill(0);
    for (let k = 0; k < rows.count[y]; k++) {
      const at = plane.offset + (rows.first[y] + k) * plane.stride + channel;
      const weight = rows.weights[y * rows.stride + k];
      for (let x = 0; x < width; x++) row[x] += bytes[at + x * pixelBytes] * weight;
    }
  }
}

/**
 * The first taps are written out: a loop for each output costs more than the sum itself.
 * @param {Float64Array} row
 * @param {Taps} columns
 * @param {number} scale
 * @param {Float32Array} out
 * @param {number} outAt
 */
function sumColumns(row, columns, scale, out, outAt) {
  const { first, count, weights, stride } = columns;
  const outputs = first.length;
  for (let x = 0; x < outputs; x++) {
    const at = first[x];
    const tap = x * stride;
    const taps = count[x];
    let sum = row[at] * weights[tap] + row[at + 1] * weights[tap + 1];
    if (taps > 2) {
      sum += row[at + 2] * weights[tap + 2];
      if (taps > 3) {
        sum += row[at + 3] * weights[tap + 3];
        for (let k = 4; k < taps; k++) sum += row[at + k] * weights[tap + k];
      }
    }
    out[outAt + x] = sum * scale;
  }
}
