/**
 * What lasts from `init` to the worker's end: the canvas and what draws on it, on the backend that
 * was asked for, and the loop that frames go through.
 *
 * @typedef {import('../shared/messages.js').InitRequest} InitRequest
 * @typedef {import('../shared/manifest.js').ModelSpec} ModelSpec
 * @typedef {import('../shared/errors.js').MatteError} MatteError
 * @typedef {import('./compositor/compositor.js').Compositor} Compositor
 * @typedef {import('./engine.js').EngineParts} EngineParts
 * @typedef {import('./engine.js').OpenWay} OpenWay
 *
 * @typedef {object} Session
 * @property {InitRequest} settings
 * @property {Compositor} compositor
 * @property {FrameLoop} loop
 * @property {Pacer} pacer
 * @property {TrackOutput} output
 * @property {CommentLayer} comments
 * @property {QualityControl} quality
 * @property {OpenWay} openWay  on the backend that was asked for
 * @property {string[]} gpuFeatures  that variants of a model may need
 *
 * @typedef {object} SessionListeners
 * @property {import('../shared/stats.js').FrameStats} stats  counts the frames
 * @property {(model: ModelSpec) => Promise<void>} load  another model, for the governor
 * @property {() => boolean} isLent  the frames that come now are a camera's few
 * @property {() => void} onTaken
 * @property {() => void} onComposited
 * @property {(width: number, height: number) => void} onSize
 * @property {(error: MatteError, isGpu: boolean) => void} onFailure
 */

import { DEFAULT_LOOKS } from '../shared/looks.js';
import { CommentLayer } from './comments/comment-layer.js';
import { FrameLoop } from './frame-loop.js';
import { Pacer } from './pacer.js';
import { QualityControl } from './quality-control.js';
import { PLAIN_VIEW, TrackOutput, watched } from './track-output.js';

/**
 * @param {InitRequest} settings
 * @param {Pick<EngineParts, 'post' | 'createCompositor' | 'openWay' | 'openGpu'>} parts
 * @param {SessionListeners} listeners
 * @returns {Promise<Session>}
 * @throws {MatteError} 'webgl-unavailable' | 'gpu-unavailable'
 */
export async function openSession(settings, parts, { stats, load, onSize, onFailure, ...told }) {
  const gpu = settings.backend === 'webgpu' ? await parts.openGpu() : null;
  const { createCompositor, openWay } = gpu ?? parts;
  const redraw = () => loop.redraw();
  const { output, comments } = createLayers(settings, parts.post, {
    redraw,
    isBusy: () => loop.busyMs > 0,
  });
  const bare = createCompositor({
    choice: settings.compositor,
    canvas: settings.canvas,
    effect: settings.effect,
    onRestored: redraw,
    comments,
  });
  const compositor = watched(bare, () => output.drawn());
  const quality = new QualityControl(
    { draw: (looks) => compositor.setLooks(looks), load },
    { isGoverned: settings.governor ?? true },
  );
  quality.setLooks(settings.looks ?? DEFAULT_LOOKS);
  const pacer = new Pacer(() => output.isOn);
  pacer.limit(settings.maxFps ?? null);
  const loop = new FrameLoop({
    ...told,
    compositor,
    stats,
    onArrived: (timestampUs) => quality.arrived(timestampUs),
    onDone: (busyMs) => quality.done(busyMs),
    onSize: (width, height) => {
      quality.setSize(width, height);
      onSize(width, height);
    },
    onFailure: (error) => onFailure(error, gpu !== null),
  });
  gpu?.failed.then((error) => loop.fail(error));
  const gpuFeatures = gpu?.answer.hasF16 ? ['shader-f16'] : [];
  return { settings, compositor, loop, pacer, output, comments, quality, openWay, gpuFeatures };
}

/**
 * What lies on the picture, and what takes the picture away.
 * @param {InitRequest} settings
 * @param {EngineParts['post']} post
 * @param {{redraw: () => void, isBusy: () => boolean}} loop
 */
function createLayers({ canvas, comments: flying, output: view }, post, { redraw, isBusy }) {
  const output = new TrackOutput({
    canvas,
    send: (frame) => post({ type: 'output', frame }, [frame]),
    redraw,
  });
  output.view = view ?? PLAIN_VIEW;
  const comments = new CommentLayer({ redraw, isBusy });
  comments.set(flying ?? null);
  return { output, comments };
}
