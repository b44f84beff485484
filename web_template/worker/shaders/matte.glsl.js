/**
 * The head of every shader that reads the matte.
 *
 * The model's alpha is small and covers a rectangle of the picture; outside of it nobody is. It is
 * enlarged bilinearly by the texture unit, then shaped at the
 * full size, where a steep ramp leaves a smooth edge. The shape is the Python reference's
 * (builder/effects.py): two straight lines that move the threshold to 0.5, then a smoothstep from
 * ramp.x to ramp.y. A ramp that does not rise (x ≥ y) means none.
 */
export const MATTE = `#version 300 es
precision highp float;
uniform sampler2D alphaMap;  // r: probability of "person", 0..1
uniform vec4 area;           // left, top, right, bottom of what it covers, in uv
uniform float threshold;     // 0..1, exclusive
uniform vec2 ramp;
in vec2 uv;

float modelAlpha(vec2 at) {
  if (any(lessThan(at, area.xy)) || any(greaterThan(at, area.zw))) return 0.0;
  return textureLod(alphaMap, (at - area.xy) / (area.zw - area.xy), 0.0).r;
}

float matte(vec2 at) {
  float a = modelAlpha(at);
  a = a < threshold ? a / threshold : 1.0 + (a - threshold) / (1.0 - threshold);
  a *= 0.5;
  return ramp.x < ramp.y ? smoothstep(ramp.x, ramp.y, a) : a;
}
`;
