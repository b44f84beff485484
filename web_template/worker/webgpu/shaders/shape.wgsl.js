/**
 * The clean-up of a matte's shape on the GPU; the definition is that of ../../shape.js, `cleanShape`.
 *
 * 1. `erode`: what is sure to be person, eroded by a cross; outside of the matte counts as person.
 * 2. `keep`: that, dilated by a larger cross, times the matte.
 */
import { CORE, shapeReaches } from '../../shape.js';

/**
 * @param {number} width  of the matte, pixels
 * @param {number} height
 */
const headOf = (width, height) => `
const SIZE = vec2i(${width}, ${height});
const CORE = ${CORE};
@group(0) @binding(0) var<storage, read> matte: array<f32>;

fn isInside(at: vec2i) -> bool {
  return all(at >= vec2i(0)) && all(at < SIZE);
}
fn indexOf(at: vec2i) -> u32 {
  return u32(at.y * SIZE.x + at.x);
}
`;

/**
 * @param {number} width
 * @param {number} height
 */
export const erode = (width, height) => `${headOf(width, height)}
@group(0) @binding(1) var<storage, read_write> core: array<f32>;

fn isCore(at: vec2i) -> bool {
  return !isInside(at) || matte[indexOf(at)] > CORE;
}

@compute @workgroup_size(8, 8)
fn erode(@builtin(global_invocation_id) id: vec3u) {
  let at = vec2i(id.xy);
  if (!isInside(at)) {
    return;
  }
  var isSure = true;
  for (var i = -${shapeReaches(width).erode}; i <= ${shapeReaches(width).erode}; i++) {
    isSure = isSure && isCore(at + vec2i(i, 0)) && isCore(at + vec2i(0, i));
  }
  core[indexOf(at)] = select(0.0, 1.0, isSure);
}
`;

/**
 * @param {number} width
 * @param {number} height
 */
export const keep = (width, height) => `${headOf(width, height)}
@group(0) @binding(1) var<storage, read> core: array<f32>;
@group(0) @binding(2) var<storage, read_write> shaped: array<f32>;
@group(0) @binding(3) var alphaMap: texture_storage_2d<rgba16float, write>;

fn isSure(at: vec2i) -> bool {
  return isInside(at) && core[indexOf(at)] > 0.0;
}

@compute @workgroup_size(8, 8)
fn keep(@builtin(global_invocation_id) id: vec3u) {
  let at = vec2i(id.xy);
  if (!isInside(at)) {
    return;
  }
  var isNear = false;
  for (var i = -${shapeReaches(width).dilate}; i <= ${shapeReaches(width).dilate}; i++) {
    isNear = isNear || isSure(at + vec2i(i, 0)) || isSure(at + vec2i(0, i));
  }
  let value = select(0.0, matte[indexOf(at)], isNear);
  shaped[indexOf(at)] = value;
  textureStore(alphaMap, id.xy, vec4f(value, 0.0, 0.0, 1.0));
}
`;
