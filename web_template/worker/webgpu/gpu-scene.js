/**
 * What the GPU's compositor draws: the frame as an external texture, the matte where the filter has
 * left it, and the background. Every pixel goes through one shader; on a GPU there is nothing to
 * win by telling regions apart.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('./gpu-filter.js').GpuMatte} GpuMatte
 * @typedef {import('./steps.js').Resource} Resource
 */

import { parseColor, standInColor } from '../../shared/effects.js';
import { DEFAULT_LOOKS, rampWith } from '../../shared/looks.js';
import { createGpuBlur } from './gpu-blur.js';
import { createMatteCopy } from './matte-copy.js';
import { COMPOSITE, STAND_IN } from './shaders/composite.wgsl.js';
import { createDrawing, createLayout, createUniforms, submit } from './steps.js';

/** Meaning none: it does not rise. */
const NO_RAMP = [1, 0];
const PICTURE = 0x2 | 0x4 | 0x10; // GPUTextureUsage: COPY_DST, TEXTURE_BINDING, RENDER_ATTACHMENT

/** What the shaders read, by binding. @type {readonly import('./steps.js').Kind[]} */
const LAYOUT = ['uniforms', 'sampler', 'texture', 'words', 'frame', 'texture'];

/** The fragment shader of each effect. @type {Record<Effect['kind'], string>} */
const SHADERS = {
  blur: 'overBlur',
  image: 'overPicture',
  overlay: 'overlay',
  mask: 'alphaOnly',
  color: 'overColor',
  cutout: 'overColor',
};

/**
 * @param {GPUDevice} device
 * @param {GPUTextureFormat} format  of the canvas
 */
export function createGpuScene(device, format) {
  const layout = createLayout(device, LAYOUT);
  const module = device.createShaderModule({ label: 'composite', code: COMPOSITE });
  const filtering = device.createSampler({ magFilter: 'linear', minFilter: 'linear' });
  const uniforms = createUniforms(device, 'scene', 24);
  const shown = createMatteCopy(device);
  const blank = createPicture(device, 1, 1);
  /** @type {Map<string, ReturnType<typeof createDrawing>>} */
  const drawings = new Map();
  /** @type {ReturnType<typeof createGpuBlur> | null} */
  let blur = null;
  /** @type {ReturnType<typeof createStandIn> | null} */
  let standIn = null;
  /** @type {GPUTexture | null} */
  let picture = null;
  /** @type {Effect} */
  let effect = { kind: 'mask' };
  let looks = DEFAULT_LOOKS;

  const drawingOf = (/** @type {string} */ shader) => {
    const drawing = drawings.get(shader) ?? createDrawing(device, module, shader, format, layout);
    drawings.set(shader, drawing);
    return drawing;
  };
  /** @type {(target: GPUTexture, matte: GpuMatte | null, grid: {cell: number[], taps: number}) => void} */
  const write = (target, matte, { cell, taps }) => {
    const color = premultiplied(standInColor(effect));
    const tint = effect.kind === 'overlay' ? parseColor(effect.color) : [0, 0, 0, 0];
    const ramp = (matte && rampWith(matte.ramp, looks)) ?? NO_RAMP;
    const cover = effect.kind === 'image' ? coverScaleOf(effect.image, target) : [1, 1];
    // The shape divides by the threshold and by what is left of it.
    const threshold = Math.min(Math.max(matte?.threshold ?? 0.5, 1e-3), 1 - 1e-3);
    const area = matte?.area ?? [0, 0, 1, 1];
    uniforms.write([
      ...[...area, ...color, ...color, ...tint],
      ...[...ramp, ...cover, ...cell, taps, threshold],
    ]);
  };

  return {
    /**
     * @param {GPUTexture} target
     * @param {VideoFrame} frame
     * @param {GpuMatte} matte
     */
    render(target, frame, matte) {
      const { displayWidth, displayHeight } = frame;
      blur ??= effect.kind === 'blur' ? createGpuBlur(device, layout, filtering) : null;
      const grid =
        effect.kind === 'blur' ? blur?.grid(displayWidth, displayHeight, effect.strength) : null;
      write(target, matte, grid?.scene ?? { cell: [0, 0], taps: 1 });
      const external = device.importExternalTexture({ source: frame });
      submit(device, (encoder) => {
        const { alphaMap, report } = shown.take(encoder, matte);
        const behind = (/** @type {GPUTextureView} */ view) =>
          /** @type {Resource[]} */ ([
            uniforms.buffer,
            filtering,
            alphaMap,
            report,
            external,
            view,
          ]);
        if (grid) blur?.draw(encoder, grid, behind(blank.createView()));
        const background = grid?.result ?? (picture ?? blank).createView();
        drawingOf(SHADERS[effect.kind]).draw(encoder, target.createView(), behind(background));
      });
    },

    /**
     * What the effect shows without a frame.
     * @param {GPUTexture} target
     */
    renderStandIn(target) {
      if (effect.kind === 'image' && picture) {
        write(target, null, { cell: [0, 0], taps: 1 });
        standIn ??= createStandIn(device, format);
        const resources = [uniforms.buffer, filtering, picture.createView()];
        submit(device, (encoder) => standIn?.draw(encoder, target.createView(), resources));
      } else {
        clear(device, target, premultiplied(standInColor(effect)));
      }
    },

    /** @param {Effect} next */
    setEffect(next) {
      effect = next;
      picture?.destroy();
      picture = null;
      if (next.kind !== 'image') return;
      const { image } = next;
      picture = createPicture(device, image.width, image.height);
      device.queue.copyExternalImageToTexture({ source: image }, { texture: picture }, [
        image.width,
        image.height,
      ]);
    },

    /** @param {import('../../shared/looks.js').Looks} next */
    setLooks(next) {
      looks = next;
    },

    dispose() {
      blur?.dispose();
      shown.dispose();
      blank.destroy();
      picture?.destroy();
      uniforms.buffer.destroy();
    },
  };
}

/**
 * @param {GPUDevice} device
 * @param {GPUTextureFormat} format
 */
function createStandIn(device, format) {
  const layout = createLayout(device, ['uniforms', 'sampler', 'texture']);
  const module = device.createShaderModule({ label: 'stand-in', code: STAND_IN });
  return createDrawing(device, module, 'picture', format, layout);
}

/**
 * @param {GPUDevice} device
 * @param {GPUTexture} target
 * @param {[number, number, number, number]} color  premultiplied
 */
function clear(device, target, color) {
  submit(device, (encoder) => {
    const view = target.createView();
    encoder
      .beginRenderPass({
        colorAttachments: [{ view, clearValue: color, loadOp: 'clear', storeOp: 'store' }],
      })
      .end();
  });
}

/**
 * @param {GPUDevice} device
 * @param {number} width   pixels
 * @param {number} height
 */
function createPicture(device, width, height) {
  return device.createTexture({ size: [width, height], format: 'rgba8unorm', usage: PICTURE });
}

/**
 * @param {{width: number, height: number}} picture
 * @param {{width: number, height: number}} target
 */
function coverScaleOf({ width, height }, target) {
  const aspect = width / height / (target.width / target.height);
  return aspect > 1 ? [1 / aspect, 1] : [1, aspect];
}

/**
 * @param {import('../../shared/effects.js').Rgba} color
 * @returns {[number, number, number, number]}
 */
function premultiplied([red, green, blue, alpha]) {
  return [red * alpha, green * alpha, blue * alpha, alpha];
}
