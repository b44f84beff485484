/**
 * The largest connected component of a matte on the GPU; the definition is that of ../../shape.js,
 * `keepLargest`.
 *
 * Pixels are joined as sets are (union–find, with atomic minima in place of locks, after Playne and
 * Hawick, "A New Algorithm for Parallel Connected-Component Labelling on GPUs", 2018): each knows an
 * earlier pixel of its component, and the component's first pixel, its root, knows itself.
 *
 * 1. `begin`: what is visible is a component of its own.
 * 2. `join`: each with the four neighbours before it.
 * 3. `count`: the pixels of each root, and the most that any has.
 * 4. `choose`: the first root that has so many.
 * 5. `selectOne`: the matte without the others.
 */
import { VISIBLE } from '../../shape.js';

/** Words of the choice; both grow from 0. */
const MOST = 0; // pixels of a component
const FIRST = 1; // pixels of the matte − the chosen root
export const CHOICE_WORDS = 2;

/**
 * @param {number} width   of the matte, pixels
 * @param {number} height
 */
const headOf = (width, height) => `
const SIZE = vec2i(${width}, ${height});
const PIXELS = ${width * height}u;
const VISIBLE = ${VISIBLE};
const NONE = 0xffffffffu;

fn isInside(at: vec2i) -> bool {
  return all(at >= vec2i(0)) && all(at < SIZE);
}
fn indexOf(at: vec2i) -> u32 {
  return u32(at.y * SIZE.x + at.x);
}
`;

/** @param {string} links  a variable of that many atomics */
const rootIn = (links) => `
fn rootOf(start: u32) -> u32 {
  var at = start;
  loop {
    let earlier = atomicLoad(&${links}[at]);
    if (earlier == at) {
      break;
    }
    at = earlier;
  }
  return at;
}
`;

/** @type {(width: number, height: number) => string} */
export const begin = (width, height) => `${headOf(width, height)}
@group(0) @binding(0) var<storage, read> matte: array<f32>;
@group(0) @binding(1) var<storage, read_write> links: array<u32>;

@compute @workgroup_size(8, 8)
fn begin(@builtin(global_invocation_id) id: vec3u) {
  if (!isInside(vec2i(id.xy))) {
    return;
  }
  let at = indexOf(vec2i(id.xy));
  links[at] = select(NONE, at, matte[at] > VISIBLE);
}
`;

/** @type {(width: number, height: number) => string} */
export const join = (width, height) => `${headOf(width, height)}
@group(0) @binding(0) var<storage, read_write> links: array<atomic<u32>>;
${rootIn('links')}
fn joinWith(at: u32, other: vec2i) {
  if (!isInside(other) || atomicLoad(&links[indexOf(other)]) == NONE) {
    return;
  }
  var one = rootOf(at);
  var two = rootOf(indexOf(other));
  while (one != two) {
    let later = max(one, two);
    let earlier = min(one, two);
    let before = atomicMin(&links[later], earlier);
    if (before == later) {
      return;
    }
    // Another invocation was quicker: what it has joined this one to is joined now.
    one = rootOf(before);
    two = rootOf(earlier);
  }
}

@compute @workgroup_size(8, 8)
fn join(@builtin(global_invocation_id) id: vec3u) {
  let place = vec2i(id.xy);
  if (!isInside(place) || atomicLoad(&links[indexOf(place)]) == NONE) {
    return;
  }
  let at = indexOf(place);
  joinWith(at, place + vec2i(-1, 0));
  joinWith(at, place + vec2i(-1, -1));
  joinWith(at, place + vec2i(0, -1));
  joinWith(at, place + vec2i(1, -1));
}
`;

/** @type {(width: number, height: number) => string} */
export const count = (width, height) => `${headOf(width, height)}
@group(0) @binding(0) var<storage, read_write> links: array<atomic<u32>>;
@group(0) @binding(1) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read_write> choice: array<atomic<u32>, ${CHOICE_WORDS}>;
${rootIn('links')}
@compute @workgroup_size(8, 8)
fn count(@builtin(global_invocation_id) id: vec3u) {
  let place = vec2i(id.xy);
  if (!isInside(place) || atomicLoad(&links[indexOf(place)]) == NONE) {
    return;
  }
  let before = atomicAdd(&counts[rootOf(indexOf(place))], 1u);
  atomicMax(&choice[${MOST}], before + 1);
}
`;

/** @type {(width: number, height: number) => string} */
export const choose = (width, height) => `${headOf(width, height)}
@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read_write> choice: array<atomic<u32>, ${CHOICE_WORDS}>;

@compute @workgroup_size(8, 8)
fn choose(@builtin(global_invocation_id) id: vec3u) {
  if (!isInside(vec2i(id.xy))) {
    return;
  }
  let at = indexOf(vec2i(id.xy));
  if (counts[at] > 0 && counts[at] == atomicLoad(&choice[${MOST}])) {
    atomicMax(&choice[${FIRST}], PIXELS - at);
  }
}
`;

/** @type {(width: number, height: number) => string} */
export const selectOne = (width, height) => `${headOf(width, height)}
@group(0) @binding(0) var<storage, read> matte: array<f32>;
@group(0) @binding(1) var<storage, read_write> links: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> choice: array<u32, ${CHOICE_WORDS}>;
@group(0) @binding(3) var<storage, read_write> kept: array<f32>;
${rootIn('links')}
@compute @workgroup_size(8, 8)
fn selectOne(@builtin(global_invocation_id) id: vec3u) {
  if (!isInside(vec2i(id.xy))) {
    return;
  }
  let at = indexOf(vec2i(id.xy));
  var value = matte[at];
  if (atomicLoad(&links[at]) != NONE && rootOf(at) != PIXELS - choice[${FIRST}]) {
    value = 0.0;
  }
  kept[at] = value;
}
`;
