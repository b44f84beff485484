/**
 * The compositor without a GPU: plain arithmetic on the frame's pixels, shown by a 2D canvas.
 *
 * Where WebGL is emulated on the processor every pixel that a shader touches costs 6 to 20 ns; here
 * the background and the person are filled and copied at the speed of memory, and only the matte's
 * edges, some tenth of the picture, are worked out one by one.
 *
 * @typedef {import('../../shared/effects.js').Effect} Effect
 * @typedef {import('../mask-filter.js').Matte} Matte
 * @typedef {import('./compositor.js').Compositor} Compositor
 * @typedef {import('./compositor.js').CompositorOptions} CompositorOptions
 */

import { MatteError } from '../../shared/errors.js';
import { DEFAULT_LOOKS } from '../../shared/looks.js';
import { paintComments } from './cpu/comment-painter.js';
import { FramePixels } from './cpu/frame-pixels.js';
import { createPainter } from './cpu/painters.js';
import { Surface } from './cpu/surface.js';

/**
 * @param {Pick<CompositorOptions, 'canvas' | 'effect' | 'comments'>} options
 * @returns {Compositor}
 * @throws {MatteError} 'webgl-unavailable'
 */
export function createCpuCompositor({ canvas, effect, comments }) {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new MatteError('webgl-unavailable', 'this canvas gives no 2D context');
  const pixels = new FramePixels();
  /** @type {import('../../shared/looks.js').Looks} */
  let looks = DEFAULT_LOOKS;
  let surface = new Surface(canvas.width, canvas.height);
  let painter = createPainter(effect, surface, looks);
  const addComments = (/** @type {boolean} */ hasPerson) => {
    const placed =
      effect.kind === 'mask' ? [] : (comments?.place(surface.width, surface.height) ?? []);
    const behind = effect.kind === 'cutout' ? 'alpha' : hasPerson ? 'matte' : 'none';
    paintComments(surface, placed, behind);
  };
  const closeImage = () => {
    if (effect.kind === 'image') effect.image.close();
  };

  return {
    kind: 'cpu',
    prepare: (frame) => pixels.prepare(frame),
    replaced: (frame, copy) => pixels.replace(frame, copy),
    render(frame, matte) {
      if (frame && matte) surface.paint(painter, pixels.take(frame), matte);
      else painter.standIn();
      addComments(!!frame && !!matte);
      context.putImageData(surface.image, 0, 0);
    },
    resize(width, height) {
      canvas.width = width;
      canvas.height = height;
      surface = new Surface(width, height);
      surface.matte.looks = looks;
      painter = createPainter(effect, surface, looks);
    },
    setEffect(next) {
      closeImage();
      effect = next;
      painter = createPainter(effect, surface, looks);
    },
    setLooks(next) {
      const isPersonChanged =
        next.brightness !== looks.brightness ||
        next.lightWrap !== looks.lightWrap ||
        next.spill !== looks.spill;
      looks = next;
      surface.matte.looks = next;
      if (isPersonChanged) painter = createPainter(effect, surface, looks);
    },
    snapshot: (type) => canvas.convertToBlob({ type }),
    dispose: closeImage,
  };
}
