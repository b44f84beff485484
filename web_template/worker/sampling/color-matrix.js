/**
 * Y'CbCr → R'G'B', by the frame's own colour space.
 *
 * The luma coefficients Kr and Kb of a standard give the whole matrix (ITU-R BT.601-7, BT.709-6,
 * BT.2020-2, each §3 or table 4); 8-bit narrow range puts luma on 16..235 and chroma on 16..240.
 *
 * @typedef {object} ColorMatrix  r = (y − yOffset)·yScale + (v − 128)·rv, and so on; bytes in, 0..1 out
 * @property {number} yOffset
 * @property {number} yScale
 * @property {number} rv
 * @property {number} gu
 * @property {number} gv
 * @property {number} bu
 */

/** @type {Readonly<Record<string, readonly [kr: number, kb: number]>>} */
const LUMA = Object.freeze({
  smpte170m: [0.299, 0.114], // BT.601, 525 lines
  bt470bg: [0.299, 0.114], // BT.601, 625 lines
  bt709: [0.2126, 0.0722],
  'bt2020-ncl': [0.2627, 0.0593],
});

/** What a frame that does not say is taken for: Chromium 156 draws 1280×720 camera frames so. */
const UNSAID = 'smpte170m';

/**
 * @param {{matrix?: string | null, fullRange?: boolean | null} | null | undefined} colorSpace
 * @returns {ColorMatrix | null} null for a matrix that is no Y'CbCr known here
 */
export function colorMatrix(colorSpace) {
  const luma = LUMA[colorSpace?.matrix ?? UNSAID];
  if (!luma) return null;
  const [kr, kb] = luma;
  const kg = 1 - kr - kb;
  const isFull = colorSpace?.fullRange === true;
  const chroma = 1 / (isFull ? 255 : 224);
  return {
    yOffset: isFull ? 0 : 16,
    yScale: 1 / (isFull ? 255 : 219),
    rv: 2 * (1 - kr) * chroma,
    gu: ((-2 * kb * (1 - kb)) / kg) * chroma,
    gv: ((-2 * kr * (1 - kr)) / kg) * chroma,
    bu: 2 * (1 - kb) * chroma,
  };
}

/** Chromium 156 draws all of these alike. */
const PRIMARIES = Object.freeze(['bt709', 'smpte170m']);
const TRANSFERS = Object.freeze(['bt709', 'smpte170m', 'iec61966-2-1']);

/**
 * Whether the frame's R'G'B' is what a screen shows. Wider gamuts and other curves (HDR) are the
 * browser's to convert.
 * @param {{primaries?: string | null, transfer?: string | null} | null | undefined} colorSpace
 */
export function isShownAsStored(colorSpace) {
  const { primaries, transfer } = colorSpace ?? {};
  return PRIMARIES.includes(primaries ?? 'bt709') && TRANSFERS.includes(transfer ?? 'bt709');
}

/**
 * In place: three planes of y, u and v, 0..255, become r, g and b, 0..1.
 * @param {Float32Array} planes  [3, size]
 * @param {ColorMatrix} matrix
 */
export function yuvToRgb(planes, { yOffset, yScale, rv, gu, gv, bu }) {
  const size = planes.length / 3;
  for (let i = 0, j = size, k = 2 * size; i < size; i++, j++, k++) {
    const y = (planes[i] - yOffset) * yScale;
    const u = planes[j] - 128;
    const v = planes[k] - 128;
    planes[i] = clampUnit(y + rv * v);
    planes[j] = clampUnit(y + gu * u + gv * v);
    planes[k] = clampUnit(y + bu * u);
  }
}

/** @param {number} value */
function clampUnit(value) {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
