/**
 * The person's colour, for the shaders that draw it: the frame's own, or with the looks that change
 * it. A shader takes one of these, so that looks which are off cost nothing. They bend what
 * `colorOf` (./spill.glsl.js) finds where the matte is `a`.
 *
 * - Brightness is a gamma curve: black and white stay.
 * - Light wrap: light is blur((1 − matte) · background) (see ./blur.frag.js, without the quotient),
 *   and is screened over the person.
 *
 * The same definition as the Python reference's (builder/effects.py).
 */
export const PLAIN = `
vec3 person(vec2 at, float a) {
  return colorOf(at, a);
}`;

export const BENT = `
uniform float gamma;
vec3 person(vec2 at, float a) {
  return pow(colorOf(at, a), vec3(gamma));
}`;

export const LIT = `
uniform sampler2D light;
uniform float gamma;
uniform float lightWrap;
vec3 person(vec2 at, float a) {
  vec3 bent = pow(colorOf(at, a), vec3(gamma));
  return bent + (1.0 - bent) * lightWrap * texture(light, at).rgb;
}`;
