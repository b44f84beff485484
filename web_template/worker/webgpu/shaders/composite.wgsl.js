/**
 * Every effect's last step on the GPU: the person of the frame over something else, with the numbers
 * of the WebGL2 shaders (../../shaders/). Output is premultiplied; colours are blended as they are
 * stored (sRGB).
 *
 * Where the report has found that the alpha is none, every one of them gives the stand-in.
 */

const SCENE = `
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

const MATTE = `
@group(0) @binding(2) var alphaMap: texture_2d<f32>;  // r: probability of "person"
@group(0) @binding(3) var<storage, read> report: array<u32>;
@group(0) @binding(4) var frame: texture_external;

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

fn matte(at: vec2f) -> f32 {
  let a = modelAlpha(at);
  let t = scene.threshold;
  let bent = 0.5 * select(1.0 + (a - t) / (1.0 - t), a / t, a < t);
  if (scene.ramp.x >= scene.ramp.y) {
    return bent;
  }
  return smoothstep(scene.ramp.x, scene.ramp.y, bent);
}

fn frameAt(at: vec2f) -> vec3f {
  return textureSampleBaseClampToEdge(frame, filtering, at).rgb;
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

/** Entry points: overColor, overPicture, overBlur, overlay, alphaOnly, shrink. */
export const COMPOSITE = `${SCENE}${QUAD}${MATTE}
@group(0) @binding(5) var behind: texture_2d<f32>;
${BEHIND}
/** An edge over one colour; a transparent one makes the cut-out. */
@fragment
fn overColor(corner: Corner) -> @location(0) vec4f {
  let rgb = frameAt(corner.uv);
  let a = matte(corner.uv);
  let color = vec4f(rgb * a, a) + scene.background * (1.0 - a);
  return select(color, scene.standIn, isBad());
}

@fragment
fn overPicture(corner: Corner) -> @location(0) vec4f {
  let color = mix(behindAt(corner.uv), frameAt(corner.uv), matte(corner.uv));
  return vec4f(select(color, behindAt(corner.uv), isBad()), 1.0);
}

@fragment
fn overBlur(corner: Corner) -> @location(0) vec4f {
  let color = mix(behindAt(corner.uv), frameAt(corner.uv), matte(corner.uv));
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

fn meanOf(corner: vec2f, size: vec2f) -> vec3f {
  let step = size / scene.taps;
  var sum = vec3f(0.0);
  for (var y = 0.0; y < scene.taps; y += 1.0) {
    for (var x = 0.0; x < scene.taps; x += 1.0) {
      sum += frameAt(corner + (vec2f(x, y) + 0.5) * step);
    }
  }
  return sum / (scene.taps * scene.taps);
}

/** The blur's first step, see ../../shaders/blur.frag.js: w·rgb and w = 1 − alpha of a cell. */
@fragment
fn shrink(corner: Corner) -> @location(0) vec4f {
  let quarter = 0.5 * scene.cell;
  var sum = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    let at = corner.uv - quarter * vec2f(f32(i & 1), f32(i >> 1));
    let w = 1.0 - matte(at + 0.5 * quarter);
    sum += vec4f(meanOf(at, quarter) * w, w);
  }
  return 0.25 * sum;
}
`;

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
