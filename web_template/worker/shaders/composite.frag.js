/**
 * The last step of every effect: the person of the frame over something else. Output is
 * premultiplied, as the canvas wants it. Colours are blended as they are stored (sRGB).
 *
 * Three kinds of regions (see ../compositor/matte-regions.js) have shaders of their own: where the
 * matte is 0 or 1 all over, half the work of the blending ones would be for nothing.
 */
import { MATTE } from './matte.glsl.js';
import { PLAIN } from './person.glsl.js';
import { AS_IT_IS } from './spill.glsl.js';

/**
 * @typedef {ReturnType<typeof personShaders>} PersonShaders
 *
 * The shaders that draw the person.
 * @param {string} person  one of ./person.glsl.js
 * @param {string} [edge]  one of ./spill.glsl.js: the frame's colour at an edge
 * @returns {Readonly<{only: string, overColor: string, overPicture: string}>}
 */
export function personShaders(person, edge = AS_IT_IS) {
  return Object.freeze({
    /** Only person. */
    only: `#version 300 es
precision highp float;
in vec2 uv;
${AS_IT_IS}${person}
out vec4 color;
void main() {
  color = vec4(person(uv, 1.0), 1.0);
}`,
    /** An edge over one colour; a transparent one makes the cut-out. It is premultiplied. */
    overColor: `${MATTE}${edge}${person}
uniform vec4 background;
out vec4 color;
void main() {
  float a = matte(uv);
  color = vec4(person(uv, a) * a, a) + background * (1.0 - a);
}`,
    /** An edge over a picture. */
    overPicture: `${MATTE}${edge}${person}
uniform sampler2D background;
in vec2 behind;
out vec4 color;
void main() {
  float a = matte(uv);
  color = vec4(mix(texture(background, behind).rgb, person(uv, a), a), 1.0);
}`,
  });
}

/** The frame as it is. */
export const FRAME_ONLY = personShaders(PLAIN).only;

/** Only background: a picture that covers the frame. */
export const PICTURE_ONLY = `#version 300 es
precision highp float;
uniform sampler2D background;
in vec2 behind;
out vec4 color;
void main() {
  color = vec4(texture(background, behind).rgb, 1.0);
}`;

/** Only person: the frame, half tinted. */
export const TINTED = `#version 300 es
precision highp float;
uniform sampler2D frame;
uniform vec3 tint;
in vec2 uv;
out vec4 color;
void main() {
  color = vec4(mix(texture(frame, uv).rgb, tint, 0.5), 1.0);
}`;

/** An edge of the tint. */
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
  color = vec4(vec3(modelAlpha(uv)), 1.0);
}`;
