/**
 * One triangle that covers the target; no buffers.
 *
 * `uv` is (0, 0) at the picture's top left corner. Textures hold the top row first, as frames are
 * uploaded. A texture that is drawn to keeps that order; the canvas counts rows from the bottom,
 * so only there the picture is turned over (`isCanvas`).
 */
export const FULLSCREEN = `#version 300 es
uniform bool isCanvas;
out vec2 uv;
void main() {
  vec2 corner = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
  uv = vec2(corner.x, isCanvas ? 1.0 - corner.y : corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;
