/**
 * Rectangles of the picture, one for each instance; no vertex buffers.
 *
 * `rect` is left, top, right, bottom, in `uv`, which is (0, 0) at the picture's top left corner.
 * Rectangles that touch share their numbers, so no pixel is left out or drawn twice. Textures hold
 * the top row first, as frames are uploaded. A texture that is drawn to keeps that order; the
 * canvas counts rows from the bottom, so only there the picture is turned over (`isCanvas`).
 *
 * `behind` is where a picture that covers the frame is read: scaled about its centre, so that
 * `coverScale` of it, 0..1 each way, is seen.
 */
export const QUAD = `#version 300 es
layout(location = 0) in vec4 rect;
uniform bool isCanvas;
uniform vec2 coverScale;
out vec2 uv;
out vec2 behind;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  uv = mix(rect.xy, rect.zw, corner);
  behind = (uv - 0.5) * coverScale + 0.5;
  vec2 position = uv * 2.0 - 1.0;
  gl_Position = vec4(position.x, isCanvas ? -position.y : position.y, 0.0, 1.0);
}`;
