/**
 * The person's colour, for the shaders that draw it: the frame's own, or with the looks that change
 * it. A shader takes one of these, so that looks which are off cost nothing.
 *
 * - Brightness is a gamma curve: black and white stay.
 * - Light wrap: light is blur((1 − matte) · background) (see ./blur.frag.js, without the quotient),
 *   and is screened over the person.
 *
 * The same definition as the Python reference's (builder/effects.py).
 */
export const PLAIN = `
uniform sampler2D frame;
vec3 person(vec2 at) {
  return texture(frame, at).rgb;
}`;

export const BENT = `
uniform sampler2D frame;
uniform float gamma;
vec3 person(vec2 at) {
  return pow(texture(frame, at).rgb, vec3(gamma));
}`;

export const LIT = `
uniform sampler2D frame;
uniform sampler2D light;
uniform float gamma;
uniform float lightWrap;
vec3 person(vec2 at) {
  vec3 bent = pow(texture(frame, at).rgb, vec3(gamma));
  return bent + (1.0 - bent) * lightWrap * texture(light, at).rgb;
}`;
