/**
 * The whole protocol between the page and the worker.
 *
 * The page sends requests, each answered by one reply with the same id, and pushes frames; the
 * worker answers and, unasked, tells what happens. Whatever is transferable is transferred.
 *
 * @typedef {import('./capabilities.js').Capabilities} Capabilities
 * @typedef {import('./comments.js').Comments} Comments
 * @typedef {import('./effects.js').Effect} Effect
 * @typedef {import('./errors.js').WireError} WireError
 * @typedef {import('../worker/webgpu/device.js').GpuAnswer} GpuAnswer
 * @typedef {import('./looks.js').Looks} Looks
 * @typedef {import('./manifest.js').ModelSpec} ModelSpec
 * @typedef {import('./manifest.js').RuntimeSpec} RuntimeSpec
 * @typedef {import('./stats.js').Stats} Stats
 *
 * Where the worker's frames come from:
 * @typedef {{kind: 'readable', readable: ReadableStream<VideoFrame>}} ReadableInput  a stream of frames
 * @typedef {{kind: 'track', track: MediaStreamTrack}} TrackInput  the worker reads the track itself
 * @typedef {{kind: 'frames', source: 'stream' | 'video'}} FramesInput  the page pushes `frame` messages
 * @typedef {{kind: 'picture', bitmap: ImageBitmap}} PictureInput  one frame
 * @typedef {ReadableInput | TrackInput | FramesInput | PictureInput} Input
 *
 * Requests and their answers:
 * @typedef {'wasm' | 'webgpu'} Backend
 * @typedef {{canvas: OffscreenCanvas, runtime: RuntimeSpec, threads: number, effect: Effect,
 *   backend?: Backend,
 *   looks?: Looks, comments?: Comments | null, output?: OutputView, maxFps?: number | null,
 *   governor?: boolean, compositor?: CompositorChoice}} InitRequest
 * @typedef {Capabilities & {gpuFeatures: readonly string[]}} InitReply  the worker's own; what the
 *   GPU that it has opened can do beyond what any can
 * @typedef {'auto' | 'webgl2' | 'cpu'} CompositorChoice  auto: WebGL2 where there is a GPU behind it
 * @typedef {{model: ModelSpec}} LoadModelRequest
 * @typedef {{manifest: import('./manifest.js').Manifest, siteRoot: string, model?: string, isKept?: boolean}} PrepareRequest
 *   kept: the service worker answers this page
 * @typedef {{sourceId: number, input: Input}} AttachRequest
 * @typedef {{effect: Effect}} SetEffectRequest
 * @typedef {{looks: Looks}} SetLooksRequest
 * @typedef {{comments: Comments | null}} SetCommentsRequest
 * @typedef {{mirrored: boolean, alpha: boolean}} OutputView  of the track: the other way round; with
 *   the transparency of a cut-out, which calls do not know
 * @typedef {{type: string}} SnapshotRequest  an image MIME type
 * @typedef {{isOn: boolean}} SendFramesRequest  composited frames are wanted for a track
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect  pixels of a frame
 *
 * @typedef {object} Capture  one frame and the alpha that it was composited with
 * @property {number} width         of the frame, pixels
 * @property {number} height
 * @property {Uint8ClampedArray<ArrayBuffer>} rgba   the camera's picture, width × height × 4
 * @property {Float32Array<ArrayBuffer>} alpha       probability of "person", alphaWidth × alphaHeight
 * @property {number} alphaWidth    the model's size, pixels
 * @property {number} alphaHeight
 * @property {Rect} alphaRect       what of the frame it covers, pixels; outside it is 0
 * @property {Float32Array} modelAlpha  what the model answered for this frame, before any filter
 * @property {Rect} modelRect       what of the frame it saw
 * @property {number} timestamp     microseconds
 * @property {Blob} [picture]       the composited picture of this frame, where it was asked for
 *
 * @typedef {object} Requests  request type → what it carries and what its reply carries
 * @property {{payload: InitRequest, reply: InitReply}} init
 * @property {{payload: LoadModelRequest, reply: undefined}} load-model
 * @property {{payload: PrepareRequest, reply: undefined}} prepare  what a `load-model` is going to ask for
 * @property {{payload: AttachRequest, reply: undefined}} attach
 * @property {{payload: {}, reply: undefined}} detach
 * @property {{payload: SetEffectRequest, reply: undefined}} set-effect
 * @property {{payload: SetLooksRequest, reply: undefined}} set-looks
 * @property {{payload: SetCommentsRequest, reply: undefined}} set-comments
 * @property {{payload: OutputView, reply: undefined}} set-output
 * @property {{payload: {picture?: string}, reply: Capture}} capture
 * @property {{payload: SnapshotRequest, reply: Blob}} snapshot
 * @property {{payload: SendFramesRequest, reply: undefined}} send-frames
 * @property {{payload: {maxFps: number | null}, reply: undefined}} set-pace  frames a second of a
 *   stream at the most, while no track is sent
 * @property {{payload: {isOn: boolean}, reply: undefined}} set-governor
 * @property {{payload: {}, reply: GpuAnswer}} ask-gpu  whether there is one that can be used
 * @property {{payload: {}, reply: {busyMs: number}}} ping  how long it has been at one frame
 * @typedef {keyof Requests} RequestType
 *
 * What happens unasked:
 * @typedef {'idle' | 'loading' | 'running' | 'failed'} State
 *   idle: no source; loading: a source but no alpha yet; running: matting;
 *   failed: the last frame could not be matted, the canvas shows the replacement background
 * @typedef {{loaded: number, total: number}} Progress  bytes of model and runtime
 *
 * @typedef {object} Events  event type → what it carries
 * @property {Stats} stats                         a few times a second while frames flow
 * @property {State} state
 * @property {Progress} progress
 * @property {{width: number, height: number}} size   of the canvas, when it changes
 * @property {{startupMs: number}} first-matte     once for each source; since it was attached
 * @property {{sourceId: number}} ended            the source has no more frames
 * @property {{sourceId: number}} starved          a stream gives no frames, and may never again
 * @property {{sourceId: number}} frame-taken      a pushed frame has been used or dropped
 * @property {WireError} error
 * @property {WireError} broken                    only a new worker will help
 * @typedef {keyof Events} EventType
 *
 * The messages themselves:
 * @typedef {{[T in RequestType]: {type: T, id: number, payload: Requests[T]['payload']}}[RequestType]} Request
 * @typedef {{type: 'frame', sourceId: number, frame: VideoFrame}} FrameMessage
 * @typedef {{type: 'output-taken'}} OutputTakenMessage  the page has used an output frame
 * @typedef {{type: 'output', frame: VideoFrame}} OutputMessage  a composited frame for the track
 * @typedef {Request | FrameMessage | OutputTakenMessage} ToWorker
 * @typedef {{type: 'reply', id: number, ok: true, value: unknown}
 *   | {type: 'reply', id: number, ok: false, error: WireError}} Reply
 * @typedef {{[T in EventType]: {type: 'event', name: T, value: Events[T]}}[EventType]} EventMessage
 * @typedef {Reply | EventMessage | OutputMessage} FromWorker
 */

export const REQUEST_TYPES = Object.freeze(
  /** @type {const} */ ([
    'init',
    'load-model',
    'prepare',
    'attach',
    'detach',
    'set-effect',
    'set-looks',
    'set-comments',
    'set-output',
    'capture',
    'snapshot',
    'send-frames',
    'set-pace',
    'set-governor',
    'ask-gpu',
    'ping',
  ]),
);

/**
 * @template {RequestType} T
 * @param {T} type
 * @param {number} id
 * @param {Requests[T]['payload']} payload
 * @returns {Request}
 */
export function request(type, id, payload) {
  return /** @type {Request} */ ({ type, id, payload });
}

/**
 * @param {number} id
 * @param {unknown} value
 * @returns {Reply}
 */
export function reply(id, value) {
  return { type: 'reply', id, ok: true, value };
}

/**
 * @param {number} id
 * @param {WireError} error
 * @returns {Reply}
 */
export function refusal(id, error) {
  return { type: 'reply', id, ok: false, error };
}

/**
 * @template {EventType} T
 * @param {T} name
 * @param {Events[T]} value
 * @returns {EventMessage}
 */
export function event(name, value) {
  return /** @type {EventMessage} */ ({ type: 'event', name, value });
}

/**
 * @param {unknown} message
 * @returns {message is Request}
 */
export function isRequest(message) {
  const { type, id } = /** @type {{type?: any, id?: any}} */ (message ?? {});
  return REQUEST_TYPES.includes(type) && Number.isInteger(id);
}
