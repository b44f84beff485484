/**
 * The few WebGL2 things that the compositor is made of. Each `create…` gives an object that its
 * creator disposes of.
 *
 * @typedef {WebGL2RenderingContext} GL
 *
 * @typedef {object} Program
 * @property {(uniforms: Record<string, UniformValue>) => void} use  makes it current and sets uniforms
 * @property {() => void} dispose
 * @typedef {number | boolean | readonly number[] | Float32Array | WebGLTexture} UniformValue
 *
 * @typedef {object} Target  a texture that is drawn to
 * @property {WebGLTexture} texture
 * @property {WebGLFramebuffer} framebuffer
 * @property {number} width   pixels
 * @property {number} height
 * @property {() => void} dispose
 */

import { MatteError } from '../../shared/errors.js';
import { QUAD } from '../shaders/quad.vert.js';

/** Where the vertex shader has its one attribute. */
const RECT = 0;

/**
 * @param {GL} gl
 * @param {string} fragmentSource
 * @returns {Program}
 */
export function createProgram(gl, fragmentSource) {
  const program = gl.createProgram();
  const shaders = [
    compile(gl, gl.VERTEX_SHADER, QUAD),
    compile(gl, gl.FRAGMENT_SHADER, fragmentSource),
  ];
  for (const shader of shaders) gl.attachShader(program, shader);
  gl.linkProgram(program);
  for (const shader of shaders) gl.deleteShader(shader);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new MatteError('webgl-unavailable', 'a shader does not link', logOf(gl, program));
  }
  const setters = uniformSetters(gl, program);
  return {
    use(uniforms) {
      gl.useProgram(program);
      for (const [name, value] of Object.entries(uniforms)) setters.get(name)?.(value);
    },
    dispose() {
      gl.deleteProgram(program);
    },
  };
}

/**
 * @param {GL} gl
 * @param {GLenum} type
 * @param {string} source
 */
function compile(gl, type, source) {
  const shader = gl.createShader(type);
  if (!shader) throw new MatteError('webgl-unavailable', 'the graphics context was lost');
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) {
    const log = gl.getShaderInfoLog(shader) ?? '';
    throw new MatteError('webgl-unavailable', 'a shader does not compile', log);
  }
  return shader;
}

/**
 * @param {GL} gl
 * @param {WebGLProgram} program
 */
function logOf(gl, program) {
  return gl.getProgramInfoLog(program) ?? '';
}

/**
 * One setter for each uniform of the program, by its type; samplers get units of their own.
 * @param {GL} gl
 * @param {WebGLProgram} program
 * @returns {Map<string, (value: any) => void>}
 */
function uniformSetters(gl, program) {
  const setters = new Map();
  let units = 0;
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let i = 0; i < count; i++) {
    const info = gl.getActiveUniform(program, i);
    if (!info) continue;
    const location = gl.getUniformLocation(program, info.name);
    const name = info.name.replace('[0]', '');
    if (info.type === gl.SAMPLER_2D) setters.set(name, samplerSetter(gl, location, units++));
    else setters.set(name, valueSetter(gl, location, info.type));
  }
  return setters;
}

/**
 * @param {GL} gl
 * @param {WebGLUniformLocation | null} location
 * @param {number} unit
 */
function samplerSetter(gl, location, unit) {
  return (/** @type {WebGLTexture} */ texture) => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(location, unit);
  };
}

/**
 * @param {GL} gl
 * @param {WebGLUniformLocation | null} location
 * @param {GLenum} type
 * @returns {(value: any) => void}
 */
function valueSetter(gl, location, type) {
  switch (type) {
    case gl.FLOAT:
      return (value) => {
        if (typeof value === 'number') gl.uniform1f(location, value);
        else gl.uniform1fv(location, value);
      };
    case gl.FLOAT_VEC2:
      return (value) => gl.uniform2fv(location, value);
    case gl.FLOAT_VEC3:
      return (value) => gl.uniform3fv(location, value);
    case gl.FLOAT_VEC4:
      return (value) => gl.uniform4fv(location, value);
    default:
      return (value) => gl.uniform1i(location, Number(value));
  }
}

/**
 * A texture that is filled later; linear, clamped at its edges.
 * @param {GL} gl
 * @returns {WebGLTexture}
 */
export function createTexture(gl) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

/**
 * @param {GL} gl
 * @param {GLenum} internalFormat  a sized one that can be drawn to
 * @param {number} width
 * @param {number} height
 * @returns {Target}
 */
export function createTarget(gl, internalFormat, width, height) {
  const texture = createTexture(gl);
  gl.texStorage2D(gl.TEXTURE_2D, 1, internalFormat, width, height);
  const framebuffer = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return {
    texture,
    framebuffer,
    width,
    height,
    dispose() {
      gl.deleteFramebuffer(framebuffer);
      gl.deleteTexture(texture);
    },
  };
}

/**
 * @param {GL} gl
 * @param {Target} target
 */
export function drawToTarget(gl, { framebuffer, width, height }) {
  gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
  gl.viewport(0, 0, width, height);
  drawWhole(gl);
}

/**
 * The whole target as one rectangle.
 * @param {GL} gl
 */
export function drawWhole(gl) {
  drawRect(gl, 0, 0, 1, 1);
}

/**
 * @param {GL} gl
 * @param {number} left  in uv, as the others
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 */
export function drawRect(gl, left, top, right, bottom) {
  gl.disableVertexAttribArray(RECT);
  gl.vertexAttrib4f(RECT, left, top, right, bottom);
  gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, 1);
}

/**
 * Some of the rectangles in the bound ARRAY_BUFFER.
 * @param {GL} gl
 * @param {number} first
 * @param {number} count
 */
export function drawRects(gl, first, count) {
  if (count === 0) return;
  gl.enableVertexAttribArray(RECT);
  gl.vertexAttribPointer(RECT, 4, gl.FLOAT, false, 0, first * 4 * Float32Array.BYTES_PER_ELEMENT);
  gl.vertexAttribDivisor(RECT, 1);
  gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
}
