/**
 * The head of every shader that reads the matte.
 *
 * The model's alpha is small; it is enlarged bilinearly by the texture unit, then shaped at the
 * full size, where a steep ramp leaves a smooth edge. The shape is the Python reference's
 * (builder/effects.py): two straight lines that move the threshold to 0.5, then a smoothstep from
 * ramp.x to ramp.y. A ramp that does not rise (x ≥ y) means none.
 */
export const MATTE = `#version 300 es
precision highp float;
uniform sampler2D alphaMap;  // r: probability of "person", 0..1
uniform float threshold;     // 0..1, exclusive
uniform vec2 ramp;
in vec2 uv;

float matte(vec2 at) {
  float a = texture(alphaMap, at).r;
  a = a < threshold ? a / threshold : 1.0 + (a - threshold) / (1.0 - threshold);
  a *= 0.5;
  return ramp.x < ramp.y ? smoothstep(ramp.x, ramp.y, a) : a;
}
`;
