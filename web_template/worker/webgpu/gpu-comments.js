/**
 * Comments on the GPU's way: one rectangle with a texture of its own for each, blended over what has
 * been drawn by one minus the matte, or under it where the effect leaves the background transparent.
 *
 * @typedef {import('../comments/comment-layer.js').PlacedSprite} PlacedSprite
 * @typedef {import('../comments/sprites.js').Sprite} Sprite
 * @typedef {'behind' | 'under' | 'alone'} How  behind the person; under what is drawn, by its own
 *   transparency; alone, since nobody is shown
 */

import { COMMENT } from './shaders/composite.wgsl.js';
import { bind, createLayout, createUniforms } from './steps.js';

const SPRITE = 0x2 | 0x4 | 0x10; // GPUTextureUsage: COPY_DST, TEXTURE_BINDING, RENDER_ATTACHMENT

/** What the shaders read, by binding. @type {readonly import('./steps.js').Kind[]} */
const LAYOUT = ['uniforms', 'sampler', 'texture', 'words', 'corners', 'texture'];

/** Colours are premultiplied. @type {Record<'over' | 'under', GPUBlendComponent>} */
const BLENDS = {
  over: { srcFactor: 'one', dstFactor: 'one-minus-src-alpha' },
  under: { srcFactor: 'one-minus-dst-alpha', dstFactor: 'one' },
};

/**
 * @param {GPUDevice} device
 * @param {GPUTextureFormat} format  of the canvas
 */
export function createGpuComments(device, format) {
  const layout = createLayout(device, LAYOUT);
  const module = device.createShaderModule({ label: 'comment', code: COMMENT });
  const pipelineOf = (/** @type {string} */ entryPoint, /** @type {GPUBlendComponent} */ blend) =>
    device.createRenderPipeline({
      label: `comment ${entryPoint}`,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      vertex: { module, entryPoint: 'quad' },
      fragment: {
        module,
        entryPoint,
        targets: [{ format, blend: { color: blend, alpha: blend } }],
      },
      primitive: { topology: 'triangle-strip' },
    });
  /** @type {Record<How, GPURenderPipeline>} */
  const pipelines = {
    behind: pipelineOf('behind', BLENDS.over),
    under: pipelineOf('alone', BLENDS.under),
    alone: pipelineOf('alone', BLENDS.over),
  };
  /** @type {Map<Sprite, GPUTexture>} */
  const textures = new Map();
  /** One for each comment of a picture. @type {ReturnType<typeof createUniforms>[]} */
  const places = [];

  /** @param {Sprite} sprite */
  const textureOf = (sprite) => {
    const kept = textures.get(sprite);
    if (kept) return kept;
    const { canvas } = sprite;
    const size = [canvas.width, canvas.height];
    const texture = device.createTexture({ size, format: 'rgba8unorm', usage: SPRITE });
    const to = { texture, premultipliedAlpha: true };
    device.queue.copyExternalImageToTexture({ source: canvas }, to, size);
    textures.set(sprite, texture);
    return texture;
  };
  const forgetUnused = (/** @type {readonly PlacedSprite[]} */ placed) => {
    const used = new Set(placed.map(({ sprite }) => sprite));
    for (const [sprite, texture] of textures) {
      if (used.has(sprite)) continue;
      texture.destroy();
      textures.delete(sprite);
    }
  };

  return {
    /**
     * @param {GPUCommandEncoder} encoder
     * @param {GPUTexture} target  what has been drawn
     * @param {readonly PlacedSprite[]} placed
     * @param {readonly import('./steps.js').Resource[]} scene  uniforms, sampler, alpha, report
     * @param {How} how
     */
    draw(encoder, target, placed, scene, how) {
      forgetUnused(placed);
      if (placed.length === 0) return;
      const view = target.createView();
      const pass = encoder.beginRenderPass({
        label: 'comments',
        colorAttachments: [{ view, loadOp: 'load', storeOp: 'store' }],
      });
      pass.setPipeline(pipelines[how]);
      placed.forEach(({ sprite, x, y, opacity }, i) => {
        const place = places[i] ?? createUniforms(device, 'comment', 8);
        places[i] = place;
        const [left, top] = [x / target.width, y / target.height];
        const right = (x + sprite.width) / target.width;
        const bottom = (y + sprite.height) / target.height;
        place.write([left, top, right, bottom, opacity]);
        const resources = [...scene, place.buffer, textureOf(sprite).createView()];
        pass.setBindGroup(0, bind(device, layout, resources));
        pass.draw(4);
      });
      pass.end();
    },
    dispose() {
      for (const texture of textures.values()) texture.destroy();
      for (const { buffer } of places) buffer.destroy();
    },
  };
}
