/**
 * Background blur that does not bleed the person into the background.
 *
 * Each pixel counts by w = 1 − alpha: the result is blur(w·rgb) / blur(w), a normalised
 * convolution (Knutsson and Westin, "Normalized and differential convolution", CVPR 1993). It is
 * worked out on a small grid, since what a blur leaves is far coarser than the frame:
 *
 * 1. SHRINK: w·rgb and w of each grid cell. The cell is split into 2 × 2 quarters, each with one w
 *    (the alpha is coarser than a quarter) and the mean of taps × taps points of the frame, each
 *    of which the texture unit has already averaged over 2 × 2 pixels.
 * 2. GAUSS along x: taps between two pixels read both at once, so `pairs` reads on each side stand
 *    for 2·pairs pixels.
 * 3. GAUSS along y, and the quotient.
 */
import { MATTE } from './matte.glsl.js';

/** The longest kernel that fits the uniforms, in pairs of taps on each side. */
export const MAX_PAIRS = 8;

/** What is blurred: each of these says what is seen at a place of the picture. */
const FRAME = `
uniform sampler2D frame;
vec3 seen(vec2 at) {
  return texture(frame, at).rgb;
}`;
const PICTURE = `
uniform sampler2D background;
uniform vec2 coverScale;
vec3 seen(vec2 at) {
  return texture(background, (at - 0.5) * coverScale + 0.5).rgb;
}`;
const COLOR = `
uniform vec4 background;
vec3 seen(vec2 at) {
  return background.rgb;
}`;

/**
 * @param {string} what
 * @param {string} [weight]  of a place of the picture
 */
const shrink = (what, weight = '1.0 - matte(at)') => `${MATTE}${what}
uniform vec2 cell;  // of the grid, in uv
uniform int taps;   // of a quarter, each way
out vec4 weighted;

vec3 meanOf(vec2 corner, vec2 size) {
  vec2 step = size / float(taps);
  vec3 sum = vec3(0.0);
  for (int y = 0; y < taps; y++) {
    for (int x = 0; x < taps; x++) {
      sum += seen(corner + (vec2(x, y) + 0.5) * step);
    }
  }
  return sum / float(taps * taps);
}

float weightOf(vec2 at) {
  return ${weight};
}

void main() {
  vec2 quarter = 0.5 * cell;
  vec4 sum = vec4(0.0);
  for (int i = 0; i < 4; i++) {
    vec2 corner = uv - quarter * vec2(i & 1, i >> 1);
    float w = weightOf(corner + 0.5 * quarter);
    sum += vec4(meanOf(corner, quarter) * w, w);
  }
  weighted = 0.25 * sum;
}`;

export const SHRINK = shrink(FRAME);

/** The same of what replaces the background: its light, see ./person.glsl.js. */
export const LIGHT_OF_PICTURE = shrink(PICTURE);
export const LIGHT_OF_COLOR = shrink(COLOR);

/** The same of the person, w = matte; see ./spill.glsl.js. */
export const SHRINK_PERSON = shrink(FRAME, 'matte(at)');

export const GAUSS = `#version 300 es
precision highp float;
uniform sampler2D source;
uniform vec2 pixel;                 // one pixel along the axis, in uv
uniform int pairs;
uniform float offsets[${MAX_PAIRS}];  // pixels
uniform float weights[${MAX_PAIRS}];
uniform float centre;               // weight; centre + 2·Σ weights = 1
uniform bool isLast;
in vec2 uv;
out vec4 color;
void main() {
  vec4 sum = texture(source, uv) * centre;
  for (int i = 0; i < pairs; i++) {
    vec2 away = pixel * offsets[i];
    sum += (texture(source, uv + away) + texture(source, uv - away)) * weights[i];
  }
  color = isLast ? vec4(sum.rgb / max(sum.a, 1.0 / 255.0), 1.0) : sum;
}`;
