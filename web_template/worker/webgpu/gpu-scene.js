/**
 * What the GPU's compositor draws: the frame as an external texture, the matte where the filter has
 * left it, and the background. Every pixel goes through one shader; on a GPU there is nothing to
 * win by telling regions apart.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('./gpu-filter.js').GpuMatte} GpuMatte
 * @typedef {{source: import('./gpu-blur.js').Source, isQuotient: boolean, strength: number}} Blurred
 */

import { parseColor, standInColor } from '../../shared/effects.js';
import { DEFAULT_LOOKS, rampWith } from '../../shared/looks.js';
import { LIGHT_STRENGTH } from '../compositor/blur-grid.js';
import { createGpuBlur } from './gpu-blur.js';
import { createGpuComments } from './gpu-comments.js';
import { createGpuSides } from './gpu-sides.js';
import { createMatteCopy } from './matte-copy.js';
import { COMPOSITE, STAND_IN } from './shaders/composite.wgsl.js';
import { createDrawing, createLayout, createUniforms, submit } from './steps.js';

/** Meaning none: it does not rise. */
const NO_RAMP = [1, 0];
const PICTURE = 0x2 | 0x4 | 0x10; // GPUTextureUsage: COPY_DST, TEXTURE_BINDING, RENDER_ATTACHMENT

/** Nothing is blurred. */
const NO_GRID = { cell: [0, 0], taps: 1 };

/** The background, its light, and both sides of the edge. @type {import('./steps.js').Kind[]} */
const TEXTURES = ['texture', 'texture', 'texture', 'texture'];

/** What the shaders read, by binding. @type {readonly import('./steps.js').Kind[]} */
const LAYOUT = ['uniforms', 'sampler', 'texture', 'words', 'frame', ...TEXTURES];

/** Floats of the scene. */
const SCENE_SIZE = 28;

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
 * @param {import('../comments/comment-layer.js').CommentLayer} [comments]
 */
export function createGpuScene(device, format, comments) {
  const layout = createLayout(device, LAYOUT);
  const module = device.createShaderModule({ label: 'composite', code: COMPOSITE });
  const filtering = device.createSampler({ magFilter: 'linear', minFilter: 'linear' });
  const uniforms = createUniforms(device, 'scene', SCENE_SIZE);
  const shown = createMatteCopy(device);
  const blank = createPicture(device, 1, 1);
  /** @type {Map<string, ReturnType<typeof createDrawing>>} */
  const drawings = new Map();
  /** @type {Map<Blurred['source'], ReturnType<typeof createGpuBlur>>} */
  const blurs = new Map();
  /** @type {ReturnType<typeof createGpuSides> | null} */
  let sides = null;
  /** @type {ReturnType<typeof createGpuComments> | null} */
  let texts = null;
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
  const blurOf = (/** @type {Blurred} */ blurred) => {
    const blur = blurs.get(blurred.source) ?? createGpuBlur(device, layout, filtering, blurred);
    blurs.set(blurred.source, blur);
    return blur;
  };
  /** @type {(target: GPUTexture, matte: GpuMatte | null, grid: {cell: number[], taps: number}) => number[]} */
  const sceneOn = (target, matte, { cell, taps }) => {
    const color = premultiplied(standInColor(effect));
    const tint = effect.kind === 'overlay' ? parseColor(effect.color) : [0, 0, 0, 0];
    const ramp = (matte && rampWith(matte.ramp, looks)) ?? NO_RAMP;
    const cover = effect.kind === 'image' ? coverScaleOf(effect.image, target) : [1, 1];
    // The shape divides by the threshold and by what is left of it.
    const threshold = Math.min(Math.max(matte?.threshold ?? 0.5, 1e-3), 1 - 1e-3);
    const area = matte?.area ?? [0, 0, 1, 1];
    return [
      ...[...area, ...color, ...color, ...tint],
      ...[...ramp, ...cover, ...cell, taps, threshold],
      ...[2 ** -looks.brightness, isReplaced(effect) ? looks.lightWrap : 0, spillOn(effect, looks)],
    ];
  };
  /** @type {(encoder: GPUCommandEncoder, target: GPUTexture, alphaMap: GPUTextureView | null, report: GPUBuffer) => void} */
  const drawComments = (encoder, target, alphaMap, report) => {
    const placed =
      effect.kind === 'mask' ? [] : (comments?.place(target.width, target.height) ?? []);
    if (placed.length > 0) texts ??= createGpuComments(device, format);
    const map = alphaMap ?? blank.createView();
    const how = alphaMap ? (effect.kind === 'cutout' ? 'under' : 'behind') : 'alone';
    texts?.draw(encoder, target, placed, [uniforms.buffer, filtering, map, report], how);
  };

  return {
    /**
     * @param {GPUTexture} target
     * @param {VideoFrame} frame
     * @param {GpuMatte} matte
     */
    render(target, frame, matte) {
      const blurred = blurredBy(effect, looks);
      const blur = blurred && blurOf(blurred);
      const grid = blur?.grid(frame.displayWidth, frame.displayHeight, blurred?.strength ?? 0);
      uniforms.write(sceneOn(target, matte, grid?.scene ?? NO_GRID));
      const external = device.importExternalTexture({ source: frame });
      submit(device, (encoder) => {
        const { alphaMap, report } = shown.take(encoder, matte);
        const empty = blank.createView();
        const image = picture?.createView() ?? empty;
        const seen = [filtering, alphaMap, report, external];
        const resources = [uniforms.buffer, ...seen];
        if (blur && grid) blur.draw(encoder, grid, [...resources, image, empty, empty, empty]);
        let both = [empty, empty];
        if (spillOn(effect, looks) > 0) {
          sides ??= createGpuSides(device, layout, filtering, SCENE_SIZE);
          const unused = [empty, empty, empty, empty];
          const scene = sceneOn.bind(null, target, matte);
          both = sides.draw(encoder, frame, scene, [...seen, ...unused]);
        }
        const isBackground = effect.kind === 'blur';
        const behind = isBackground && grid ? grid.result : image;
        const light = !isBackground && grid ? grid.result : empty;
        const drawing = drawingOf(SHADERS[effect.kind]);
        drawing.draw(encoder, target.createView(), [...resources, behind, light, ...both]);
        drawComments(encoder, target, alphaMap, report);
      });
    },

    /**
     * What the effect shows without a frame.
     * @param {GPUTexture} target
     */
    renderStandIn(target) {
      uniforms.write(sceneOn(target, null, NO_GRID));
      submit(device, (encoder) => {
        if (effect.kind === 'image' && picture) {
          standIn ??= createStandIn(device, format);
          const resources = [uniforms.buffer, filtering, picture.createView()];
          standIn.draw(encoder, target.createView(), resources);
        } else {
          clear(encoder, target, premultiplied(standInColor(effect)));
        }
        drawComments(encoder, target, null, shown.report);
      });
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
      for (const blur of blurs.values()) blur.dispose();
      sides?.dispose();
      texts?.dispose();
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
 * What of a picture is blurred for the effect and the looks.
 * @param {Effect} effect
 * @param {import('../../shared/looks.js').Looks} looks
 * @returns {Blurred | null}
 */
function blurredBy(effect, { lightWrap }) {
  if (effect.kind === 'blur') {
    return { source: 'shrinkFrame', isQuotient: true, strength: effect.strength };
  }
  if (!isReplaced(effect) || lightWrap === 0) return null;
  const source = effect.kind === 'image' ? 'shrinkPicture' : 'shrinkColor';
  return { source, isQuotient: false, strength: LIGHT_STRENGTH };
}

/**
 * Whether there is a background whose light can fall on the person.
 * @param {Effect} effect
 */
function isReplaced({ kind }) {
  return kind === 'image' || kind === 'color';
}

/**
 * How much of the room's colour is taken out of the edge.
 * @param {Effect} effect
 * @param {import('../../shared/looks.js').Looks} looks
 */
function spillOn(effect, { spill }) {
  return isReplaced(effect) || effect.kind === 'cutout' ? spill : 0;
}

/**
 * @param {GPUCommandEncoder} encoder
 * @param {GPUTexture} target
 * @param {[number, number, number, number]} color  premultiplied
 */
function clear(encoder, target, color) {
  const view = target.createView();
  const cleared = { view, clearValue: color, loadOp: 'clear', storeOp: 'store' };
  encoder.beginRenderPass({ colorAttachments: [/** @type {any} */ (cleared)] }).end();
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
