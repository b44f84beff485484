/** A comment's sprite, premultiplied; `place` is its left, top, right and bottom in uv. */
import { MATTE } from './matte.glsl.js';

const READ = `
uniform sampler2D sprite;
uniform vec4 place;
uniform float opacity;
out vec4 color;
vec4 ink() {
  return texture(sprite, (uv - place.xy) / (place.zw - place.xy)) * opacity;
}
`;

/** Behind the person. */
export const COMMENT = `${MATTE}${READ}
void main() {
  color = ink() * (1.0 - matte(uv));
}`;

/** Where nobody is, or the blending keeps it behind. */
export const COMMENT_ALONE = `#version 300 es
precision highp float;
in vec2 uv;
${READ}
void main() {
  color = ink();
}`;
