/** The visitor's camera, with the browser's refusals put into the engine's codes. */

import { MatteError } from '../shared/errors.js';

/**
 * Names of getUserMedia's exceptions → what they mean to a visitor.
 * @type {Readonly<Record<string, [import('../shared/errors.js').MatteErrorCode, string]>>}
 */
const REFUSALS = Object.freeze({
  NotAllowedError: ['camera-denied', 'the camera was refused: allow it for this page'],
  SecurityError: ['camera-denied', 'a policy forbids the camera here'],
  NotFoundError: ['camera-missing', 'there is no camera'],
  OverconstrainedError: ['camera-missing', 'no camera can do what was asked for'],
  NotReadableError: ['camera-busy', 'the camera is used by another program'],
  AbortError: ['camera-busy', 'the camera did not start'],
});

/** @type {MediaTrackConstraints} */
const DEFAULT_VIDEO = Object.freeze({
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
});

/**
 * @param {MediaTrackConstraints} [video]  1280×720 at 30 fps where the camera can
 * @returns {Promise<MediaStream>}
 * @throws {MatteError} 'insecure-origin' | 'camera-denied' | 'camera-missing' | 'camera-busy' | 'unknown'
 */
export async function openCamera(video = DEFAULT_VIDEO) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new MatteError('insecure-origin', 'cameras work on https and on localhost only');
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    throw cameraError(error);
  }
}

/** Whether this browser can show its screen at all; phones cannot. */
export const canOpenScreen = () => !!navigator.mediaDevices?.getDisplayMedia;

/**
 * @returns {Promise<MediaStream>} of a screen or a window that the visitor chooses
 * @throws {MatteError} 'screen-denied': they chose none
 */
export async function openScreen() {
  try {
    return await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 30 }, audio: false });
  } catch (error) {
    throw MatteError.from(error, 'screen-denied', 'no screen was chosen');
  }
}

/**
 * @param {unknown} error  what getUserMedia threw
 * @returns {MatteError}
 */
export function cameraError(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const [code, message] = REFUSALS[name] ?? ['unknown', 'the camera could not be opened'];
  return MatteError.from(error, code, message);
}
