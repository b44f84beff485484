/**
 * The last step of every effect: the person of the frame over something else. Output is
 * premultiplied, as the canvas wants it. Colours are blended as they are stored (sRGB).
 */
import { MATTE } from './matte.glsl.js';

/** Over one colour; a transparent one makes the cut-out. `background` is premultiplied. */
export const OVER_COLOR = `${MATTE}
uniform sampler2D frame;
uniform vec4 background;
out vec4 color;
void main() {
  float a = matte(uv);
  color = vec4(texture(frame, uv).rgb * a, a) + background * (1.0 - a);
}`;

/** Over a picture, scaled about its centre so that it covers the frame. */
export const OVER_PICTURE = `${MATTE}
uniform sampler2D frame;
uniform sampler2D background;
uniform vec2 coverScale;  // the part of the picture that is seen, 0..1 each way
out vec4 color;
void main() {
  vec3 behind = texture(background, (uv - 0.5) * coverScale + 0.5).rgb;
  color = vec4(mix(behind, texture(frame, uv).rgb, matte(uv)), 1.0);
}`;

/** The whole frame, the person half tinted. */
export const OVERLAY = `${MATTE}
uniform sampler2D frame;
uniform vec3 tint;
out vec4 color;
void main() {
  color = vec4(mix(texture(frame, uv).rgb, tint, 0.5 * matte(uv)), 1.0);
}`;

/** The model's alpha itself, unshaped. */
export const ALPHA_ONLY = `${MATTE}
out vec4 color;
void main() {
  color = vec4(vec3(texture(alphaMap, uv).r), 1.0);
}`;

/** A picture alone, covering the canvas: what an image effect shows while there is no alpha. */
export const PICTURE_ONLY = `#version 300 es
precision highp float;
uniform sampler2D background;
uniform vec2 coverScale;
in vec2 uv;
out vec4 color;
void main() {
  color = vec4(texture(background, (uv - 0.5) * coverScale + 0.5).rgb, 1.0);
}`;
