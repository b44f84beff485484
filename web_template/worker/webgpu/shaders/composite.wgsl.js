/**
 * Every effect's last step on the GPU: the person of the frame over something else, with the numbers
 * of the WebGL2 shaders (../../shaders/). Output is premultiplied; colours are blended as they are
 * stored (sRGB).
 *
 * Where the report has found that the alpha is none, every one of them gives the stand-in.
 */

import { COLOR_OF, SHRINK_SIDES } from './spill.wgsl.js';

export const SCENE = `
struct Scene {
  area: vec4f,        // left, top, right, bottom of what the alpha covers, in uv
  background: vec4f,  // premultiplied
  standIn: vec4f,     // premultiplied
  tint: vec4f,
  ramp: vec2f,        // one that does not rise means none
  coverScale: vec2f,  // how much of the background is seen, each way
  cell: vec2f,        // of the blur's grid, in uv
  taps: f32,          // of a quarter of a cell, each way
  threshold: f32,     // 0..1, exclusive
  gamma: f32,         // of the person's brightness
  lightWrap: f32,     // 0..1
  spill: f32,         // 0..1
}
@group(0) @binding(0) var<uniform> scene: Scene;
@group(0) @binding(1) var filtering: sampler;
`;

const QUAD = `
struct Corner {
  @builtin(position) position: vec4f,
  @location(0) uv: vec2f,  // (0, 0) is the picture's top left corner
}

@vertex
fn quad(@builtin(vertex_index) index: u32) -> Corner {
  let uv = vec2f(f32(index & 1), f32(index >> 1));
  return Corner(vec4f(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0, 0.0, 1.0), uv);
}
`;

export const MATTE = `
@group(0) @binding(2) var alphaMap: texture_2d<f32>;  // r: probability of "person"
@group(0) @binding(3) var<storage, read> report: array<u32>;

fn isBad() -> bool {
  return report[0] > 0;
}

fn modelAlpha(at: vec2f) -> f32 {
  let area = scene.area;
  if (any(at < area.xy) || any(at > area.zw)) {
    return 0.0;
  }
  return textureSampleLevel(alphaMap, filtering, (at - area.xy) / (area.zw - area.xy), 0.0).r;
}

fn bentAlpha(at: vec2f) -> f32 {
  let a = modelAlpha(at);
  let t = scene.threshold;
  return 0.5 * select(1.0 + (a - t) / (1.0 - t), a / t, a < t);
}

fn matte(at: vec2f) -> f32 {
  let bent = bentAlpha(at);
  if (scene.ramp.x >= scene.ramp.y) {
    return bent;
  }
  return smoothstep(scene.ramp.x, scene.ramp.y, bent);
}
`;

/** The person's looks: see ../../shaders/person.glsl.js and ../../shaders/spill.glsl.js. */
const PERSON = `
@group(0) @binding(4) var frame: texture_external;
@group(0) @binding(6) var light: texture_2d<f32>;

fn frameAt(at: vec2f) -> vec3f {
  return textureSampleBaseClampToEdge(frame, filtering, at).rgb;
}

${COLOR_OF}
fn personAt(at: vec2f, a: f32) -> vec3f {
  let rgb = colorOf(at, a);
  if (scene.gamma == 1.0 && scene.lightWrap == 0.0) {
    return rgb;
  }
  let bent = pow(rgb, vec3f(scene.gamma));
  return bent + (1.0 - bent) * scene.lightWrap * textureSampleLevel(light, filtering, at, 0.0).rgb;
}
`;

const BEHIND = `
fn behindAt(at: vec2f) -> vec3f {
  return textureSampleLevel(behind, filtering, (at - 0.5) * scene.coverScale + 0.5, 0.0).rgb;
}
`;

/** Entry points: picture. */
export const STAND_IN = `${SCENE}${QUAD}
@group(0) @binding(2) var behind: texture_2d<f32>;
${BEHIND}
@fragment
fn picture(corner: Corner) -> @location(0) vec4f {
  return vec4f(behindAt(corner.uv), 1.0);
}
`;

/** Entry points: one for each effect, and the first step of each blur. */
export const COMPOSITE = `${SCENE}${QUAD}${MATTE}${PERSON}
@group(0) @binding(5) var behind: texture_2d<f32>;
${BEHIND}
/** An edge over one colour; a transparent one makes the cut-out. */
@fragment
fn overColor(corner: Corner) -> @location(0) vec4f {
  let a = matte(corner.uv);
  let rgb = personAt(corner.uv, a);
  let color = vec4f(rgb * a, a) + scene.background * (1.0 - a);
  return select(color, scene.standIn, isBad());
}

@fragment
fn overPicture(corner: Corner) -> @location(0) vec4f {
  let a = matte(corner.uv);
  let color = mix(behindAt(corner.uv), personAt(corner.uv, a), a);
  return vec4f(select(color, behindAt(corner.uv), isBad()), 1.0);
}

@fragment
fn overBlur(corner: Corner) -> @location(0) vec4f {
  let a = matte(corner.uv);
  let color = mix(behindAt(corner.uv), personAt(corner.uv, a), a);
  return select(vec4f(color, 1.0), scene.standIn, isBad());
}

@fragment
fn overlay(corner: Corner) -> @location(0) vec4f {
  let color = mix(frameAt(corner.uv), scene.tint.rgb, 0.5 * matte(corner.uv));
  return select(vec4f(color, 1.0), scene.standIn, isBad());
}

/** The alpha itself, unshaped. */
@fragment
fn alphaOnly(corner: Corner) -> @location(0) vec4f {
  return select(vec4f(vec3f(modelAlpha(corner.uv)), 1.0), scene.standIn, isBad());
}

fn frameMean(corner: vec2f, size: vec2f) -> vec3f {
  let step = size / scene.taps;
  var sum = vec3f(0.0);
  for (var y = 0.0; y < scene.taps; y += 1.0) {
    for (var x = 0.0; x < scene.taps; x += 1.0) {
      sum += frameAt(corner + (vec2f(x, y) + 0.5) * step);
    }
  }
  return sum / (scene.taps * scene.taps);
}

fn pictureMean(corner: vec2f, size: vec2f) -> vec3f {
  let step = size / scene.taps;
  var sum = vec3f(0.0);
  for (var y = 0.0; y < scene.taps; y += 1.0) {
    for (var x = 0.0; x < scene.taps; x += 1.0) {
      sum += behindAt(corner + (vec2f(x, y) + 0.5) * step);
    }
  }
  return sum / (scene.taps * scene.taps);
}

fn quarterCorner(uv: vec2f, index: u32) -> vec2f {
  return uv - 0.5 * scene.cell * vec2f(f32(index & 1), f32(index >> 1));
}

fn weightAt(corner: vec2f) -> f32 {
  return 1.0 - matte(corner + 0.25 * scene.cell);
}

/** A blur's first step, see ../../shaders/blur.frag.js: w·rgb and w = 1 − matte of a grid cell. */
@fragment
fn shrinkFrame(corner: Corner) -> @location(0) vec4f {
  var sum = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    let at = quarterCorner(corner.uv, i);
    let w = weightAt(at);
    sum += vec4f(frameMean(at, 0.5 * scene.cell) * w, w);
  }
  return 0.25 * sum;
}

/** Of the light of the picture behind. */
@fragment
fn shrinkPicture(corner: Corner) -> @location(0) vec4f {
  var sum = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    let at = quarterCorner(corner.uv, i);
    let w = weightAt(at);
    sum += vec4f(pictureMean(at, 0.5 * scene.cell) * w, w);
  }
  return 0.25 * sum;
}

/** Of the light of the colour behind. */
@fragment
fn shrinkColor(corner: Corner) -> @location(0) vec4f {
  var w = 0.0;
  for (var i = 0u; i < 4u; i++) {
    w += 0.25 * weightAt(quarterCorner(corner.uv, i));
  }
  return vec4f(scene.background.rgb * w, w);
}
${SHRINK_SIDES}`;

/** Two of them, along x and along y; the second one divides. Entry points: gauss. */
export const GAUSS = `${QUAD}
struct Kernel {
  pixel: vec2f,     // one pixel along the axis, in uv
  centre: f32,      // weight; centre + 2·Σ weights = 1
  isLast: f32,
  pairs: array<vec4f, 8>,  // offset in pixels, weight
}
@group(0) @binding(0) var<uniform> kernel: Kernel;
@group(0) @binding(1) var filtering: sampler;
@group(0) @binding(2) var source: texture_2d<f32>;

@fragment
fn gauss(corner: Corner) -> @location(0) vec4f {
  var sum = textureSampleLevel(source, filtering, corner.uv, 0.0) * kernel.centre;
  for (var i = 0; i < 8; i++) {
    let pair = kernel.pairs[i];
    let away = kernel.pixel * pair.x;
    sum += (textureSampleLevel(source, filtering, corner.uv + away, 0.0)
          + textureSampleLevel(source, filtering, corner.uv - away, 0.0)) * pair.y;
  }
  return select(sum, vec4f(sum.rgb / max(sum.a, 1.0 / 255.0), 1.0), kernel.isLast > 0.0);
}
`;

/**
 * A comment's sprite, premultiplied, behind the person or alone. Entry points: behind, alone.
 */
export const COMMENT = `${SCENE}${MATTE}
struct Comment {
  place: vec4f,  // left, top, right, bottom, in uv
  opacity: f32,
}
@group(0) @binding(4) var<uniform> comment: Comment;
@group(0) @binding(5) var sprite: texture_2d<f32>;

struct Corner {
  @builtin(position) position: vec4f,
  @location(0) uv: vec2f,
  @location(1) on: vec2f,  // the sprite
}

@vertex
fn quad(@builtin(vertex_index) index: u32) -> Corner {
  let on = vec2f(f32(index & 1), f32(index >> 1));
  let uv = mix(comment.place.xy, comment.place.zw, on);
  return Corner(vec4f(uv.x * 2.0 - 1.0, 1.0 - uv.y * 2.0, 0.0, 1.0), uv, on);
}

@fragment
fn alone(corner: Corner) -> @location(0) vec4f {
  return textureSampleLevel(sprite, filtering, corner.on, 0.0) * comment.opacity;
}

@fragment
fn behind(corner: Corner) -> @location(0) vec4f {
  let ink = textureSampleLevel(sprite, filtering, corner.on, 0.0) * comment.opacity;
  return ink * select(1.0 - matte(corner.uv), 1.0, isBad());
}
`;
