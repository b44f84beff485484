/**
 * The shape of a frame's way up to its matte: sample ─► segment ─► filter, with one model on one
 * backend. The frame loop knows no more of it than this.
 *
 * @typedef {object} FrameWay
 * @property {import('../../shared/manifest.js').ModelSpec} model
 * @property {'wasm' | 'webgpu'} backend
 * @property {number} threads  that the runtime uses; 0 where it uses none of its own
 * @property {string} sampler  how the last frame was read; '' before the first
 * @property {Readonly<Record<string, number>>} [samplerTimes]  milliseconds for a frame, by each way
 *   of reading it that was tried
 * @property {(frame: VideoFrame, turn: Turn) => Promise<Matted | null>} matte
 *   null when the turn was over before it was done; the frame stays the caller's; throws when the
 *   frame cannot be matted
 * @property {(listener: (error: unknown) => void) => void} [watch]  who is told of a matte that was
 *   found wrong after it was given, and that no next frame tells of
 * @property {(looks: Looks) => void} setLooks  steadiness, flow, islands and region, from the next frame on
 * @property {(stride: number) => void} [setStride]  the model looks at one of so many frames; where
 *   there is none it looks at each
 * @property {() => void} reset  the next frame has nothing to do with the last one
 * @property {() => Promise<void>} dispose
 * @typedef {import('../../shared/looks.js').Looks} Looks
 *
 * @typedef {object} Turn  of one frame
 * @property {() => Promise<void>} prepare  lets the compositor begin with the frame; to be called
 *   once, where it can go on beside the inference
 * @property {() => boolean} isCurrent  false once the frame is not wanted any more
 *
 * @typedef {object} Matted
 * @property {import('../mask-filter.js').Matte} matte  the way's, until the next frame
 * @property {Times} times
 *
 * @typedef {object} Times
 * @property {number} sampleMs
 * @property {number} prepareMs  what the compositor took meanwhile
 * @property {number} inferMs
 * @property {number} maskMs
 * @property {number} [lateMs]   how long the matte will still take where it is not waited for
 */

export {};
