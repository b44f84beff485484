/**
 * The model's alpha → the matte, on the GPU; the definitions are those of ../../mask-filter.js,
 * ../../alpha-view.js and ../../temporal-filter.js.
 *
 * 1. `gather`: the alpha, made fit and read at the matte's pixels, and the matte before likewise. On
 *    the way the report is gathered: values that are no numbers, the person's bounds in the model's
 *    own pixels, and how much both mattes disagree. It is the only thing that ever leaves the GPU.
 * 2. `settle`: the blend over time, into the matte's memory and into the texture that is
 *    composited. Where the report has found a value that is no number nothing is settled.
 *
 * Numbers are looked at as bits: shaders may take it for granted that every float is a number.
 */

/** Words of the report; the bounds grow from 0, whichever side they are of. */
export const REPORT = Object.freeze({
  bad: 0, // values that are no numbers
  count: 1, // pixels of the person
  right: 2, // one past the person's last column
  left: 3, // width − the first one
  bottom: 4,
  top: 5, // height − the first row
  disagreement: 6, // Σ |now − before| · unit
});
export const REPORT_WORDS = 8;

const HEAD = `
struct Params {
  seen: vec4f,     // x, y, width, height of what the model saw; pixels of the frame
  wanted: vec4f,   // of what the matte is to cover
  before: vec4f,   // of what the matte before covers
  size: vec2f,     // of all of them, pixels of the alpha
  unit: f32,       // of the report's disagreement
  hasBefore: f32,  // 0 or 1
  still: f32,      // the weights of the blend
  noise: f32,
  motion: f32,
  cut: f32,        // mean disagreement from which on it is another scene
}
@group(0) @binding(0) var<uniform> params: Params;
`;

export const GATHER = `${HEAD}
const PERSON = 0.5;
@group(0) @binding(1) var<storage, read> model: array<u32>;
@group(0) @binding(2) var<storage, read> settled: array<f32>;
@group(0) @binding(3) var<storage, read_write> now: array<f32>;
@group(0) @binding(4) var<storage, read_write> moved: array<f32>;
@group(0) @binding(5) var<storage, read_write> report: array<atomic<u32>, ${REPORT_WORDS}>;
var<workgroup> found: array<atomic<u32>, ${REPORT_WORDS}>;

fn isBad(bits: u32) -> bool {
  return (bits & 0x7fffffffu) > 0x7f800000u;
}

fn modelAt(at: u32) -> f32 {
  let bits = model[at];
  if (isBad(bits) || bits == 0xff800000u) {
    return 0.0;
  }
  if (bits == 0x7f800000u) {
    return 1.0;
  }
  return clamp(bitcast<f32>(bits), 0.0, 1.0);
}

struct Place {
  low: u32,   // source[low] counts by here, source[low + 1] by next
  here: f32,  // both 0 outside of what was seen
  next: f32,
}

fn placeOf(index: u32, count: f32, seen: vec2f, wanted: vec2f) -> Place {
  let place = wanted.x + (f32(index) + 0.5) * wanted.y / count;
  if (place < seen.x || place > seen.x + seen.y) {
    return Place(0, 0.0, 0.0);
  }
  let at = clamp((place - seen.x) * count / seen.y - 0.5, 0.0, count - 1.0);
  let low = min(floor(at), max(0.0, count - 2.0));
  return Place(u32(low), 1.0 - (at - low), at - low);
}

struct Taps {
  at: vec4u,
  weights: vec4f,
}

fn tapsOf(id: vec2u, seen: vec4f, wanted: vec4f) -> Taps {
  let size = vec2u(params.size);
  let x = placeOf(id.x, params.size.x, seen.xz, wanted.xz);
  let y = placeOf(id.y, params.size.y, seen.yw, wanted.yw);
  let right = min(x.low + 1, size.x - 1);
  let top = y.low * size.x;
  let bottom = min(y.low + 1, size.y - 1) * size.x;
  return Taps(
    vec4u(top + x.low, top + right, bottom + x.low, bottom + right),
    vec4f(y.here * x.here, y.here * x.next, y.next * x.here, y.next * x.next));
}

fn nowAt(id: vec2u, at: u32) -> f32 {
  if (all(params.seen == params.wanted)) {
    return modelAt(at);
  }
  let taps = tapsOf(id, params.seen, params.wanted);
  return dot(taps.weights, vec4f(
    modelAt(taps.at.x), modelAt(taps.at.y), modelAt(taps.at.z), modelAt(taps.at.w)));
}

fn beforeAt(id: vec2u, at: u32) -> f32 {
  if (all(params.before == params.wanted)) {
    return settled[at];
  }
  let taps = tapsOf(id, params.before, params.wanted);
  return dot(taps.weights, vec4f(
    settled[taps.at.x], settled[taps.at.y], settled[taps.at.z], settled[taps.at.w]));
}

fn look(id: vec2u) {
  let size = vec2u(params.size);
  let at = id.y * size.x + id.x;
  if (isBad(model[at])) {
    atomicAdd(&found[${REPORT.bad}], 1u);
  } else if (modelAt(at) > PERSON) {
    atomicAdd(&found[${REPORT.count}], 1u);
    atomicMax(&found[${REPORT.right}], id.x + 1);
    atomicMax(&found[${REPORT.left}], size.x - id.x);
    atomicMax(&found[${REPORT.bottom}], id.y + 1);
    atomicMax(&found[${REPORT.top}], size.y - id.y);
  }
  let value = nowAt(id, at);
  now[at] = value;
  if (params.hasBefore > 0.0) {
    let before = beforeAt(id, at);
    moved[at] = before;
    atomicAdd(&found[${REPORT.disagreement}], u32(abs(value - before) * params.unit));
  }
}

@compute @workgroup_size(8, 8)
fn gather(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let size = vec2u(params.size);
  if (all(id.xy < size)) {
    look(id.xy);
  }
  workgroupBarrier();
  if (local >= ${REPORT_WORDS}u) {
    return;
  }
  let word = atomicLoad(&found[local]);
  switch local {
    case ${REPORT.bad}u, ${REPORT.count}u, ${REPORT.disagreement}u: {
      atomicAdd(&report[local], word);
    }
    default: {
      atomicMax(&report[local], word);
    }
  }
}
`;

export const SETTLE = `${HEAD}
@group(0) @binding(1) var<storage, read> now: array<f32>;
@group(0) @binding(2) var<storage, read> moved: array<f32>;
@group(0) @binding(3) var<storage, read> report: array<u32, ${REPORT_WORDS}>;
@group(0) @binding(4) var<storage, read_write> settled: array<f32>;
@group(0) @binding(5) var alphaMap: texture_storage_2d<rgba16float, write>;

fn isSameScene() -> bool {
  let mean = f32(report[${REPORT.disagreement}]) / (params.unit * params.size.x * params.size.y);
  return params.hasBefore > 0.0 && mean <= params.cut;
}

@compute @workgroup_size(8, 8)
fn settle(@builtin(global_invocation_id) id: vec3u) {
  let size = vec2u(params.size);
  if (any(id.xy >= size) || report[${REPORT.bad}] > 0) {
    return;
  }
  let at = id.y * size.x + id.x;
  var value = now[at];
  if (isSameScene()) {
    let change = value - moved[at];
    let t = clamp((abs(change) - params.noise) / (params.motion - params.noise), 0.0, 1.0);
    let weight = params.still + (1.0 - params.still) * (t * t * (3.0 - 2.0 * t));
    value = moved[at] + weight * change;
  }
  settled[at] = value;
  textureStore(alphaMap, id.xy, vec4f(value, 0.0, 0.0, 1.0));
}
`;
