/**
 * The one shape of every compositor.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('../../shared/looks.js').Looks} Looks
 * @typedef {import('../mask-filter.js').Matte} Matte
 *
 * @typedef {object} Compositor
 * @property {'webgl2' | 'webgpu' | 'cpu' | 'mock'} kind
 * @property {(frame: VideoFrame) => Promise<void>} prepare
 *   reads ahead what `render` will need of the frame; nothing that is shown changes
 * @property {(frame: VideoFrame | null, matte: Matte | null) => void} render
 *   draws the frame by its matte; without both only what the effect puts in place of the frame,
 *   never a pixel of it. The frame stays the caller's. Throws when nothing can be drawn.
 * @property {(frame: VideoFrame, copy: VideoFrame) => void} [replaced]
 *   the frame that was rendered last is rendered as this copy of it from now on
 * @property {(width: number, height: number) => void} resize  of the canvas, pixels
 * @property {(effect: Effect) => void} setEffect  takes over an image effect's bitmap
 * @property {(looks: Looks) => void} setLooks  until then the defaults
 * @property {(type: string) => Promise<Blob>} snapshot  of what was rendered in this very task
 * @property {() => void} dispose
 *
 * @typedef {object} CompositorOptions
 * @property {OffscreenCanvas} canvas
 * @property {Effect} effect
 * @property {() => void} onRestored  drawing works again, after it did not
 * @property {import('../comments/comment-layer.js').CommentLayer} [comments]  between person and
 *   background, except where the matte itself is shown
 */

export {};
