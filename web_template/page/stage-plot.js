/**
 * Draws the milliseconds of each stage over the last minute: areas on top of each other, and a
 * line for the slowest frames. Its colours are the page's, so it follows light and dark.
 *
 * @typedef {import('./stage-history.js').StageHistory} StageHistory
 */

import { CAPACITY, PLOTTED, sum } from './stage-history.js';

/** Room for the scale's figures, CSS pixels. */
const MARGIN = { top: 6, right: 0, bottom: 1, left: 34 };

/**
 * @param {HTMLCanvasElement} canvas
 * @param {StageHistory} history
 */
export function drawStagePlot(canvas, history) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio); // also clears it
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  const style = getComputedStyle(canvas);
  const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const scaleMs = history.scaleMs;
  const plot = {
    x: (/** @type {number} */ index) =>
      width - MARGIN.right - ((index + 0.5) / (CAPACITY - 1)) * (width - MARGIN.left),
    y: (/** @type {number} */ ms) =>
      height - MARGIN.bottom - Math.min(1, ms / scaleMs) * (height - MARGIN.top - MARGIN.bottom),
  };
  const samples = history.samples.toReversed(); // the newest at the right
  drawAreas(context, samples, plot, color);
  drawScale(context, { width, scaleMs, font: `11px ${style.fontFamily}` }, plot, color);
  drawWorst(context, samples, plot, color('--ink'));
}

/**
 * @typedef {{x: (index: number) => number, y: (ms: number) => number}} Plot
 * @typedef {import('./stage-history.js').Sample} Sample
 */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Sample[]} samples
 * @param {Plot} plot
 * @param {(name: string) => string} color
 */
function drawAreas(context, samples, { x, y }, color) {
  PLOTTED.forEach((stage, number) => {
    context.fillStyle = color(`--stage-${stage}`);
    context.beginPath();
    samples.forEach(({ stages }, index) => {
      context.lineTo(x(index), y(sum(stages.slice(0, number + 1))));
    });
    samples.toReversed().forEach(({ stages }, back) => {
      context.lineTo(x(samples.length - 1 - back), y(sum(stages.slice(0, number))));
    });
    context.fill();
  });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{width: number, scaleMs: number, font: string}} look
 * @param {Plot} plot
 * @param {(name: string) => string} color
 */
function drawScale(context, { width, scaleMs, font }, { y }, color) {
  context.font = font;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.strokeStyle = color('--line');
  context.fillStyle = color('--ink-soft');
  context.lineWidth = 1;
  for (const ms of [0, scaleMs / 2, scaleMs]) {
    const at = Math.round(y(ms)) - 0.5;
    context.beginPath();
    context.moveTo(MARGIN.left, at);
    context.lineTo(width, at);
    context.stroke();
    context.fillText(String(ms), MARGIN.left - 6, Math.max(7, at - (ms === 0 ? 4 : 0)));
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Sample[]} samples
 * @param {Plot} plot
 * @param {string} color
 */
function drawWorst(context, samples, { x, y }, color) {
  context.strokeStyle = color;
  context.lineWidth = 1.25;
  context.beginPath();
  samples.forEach(({ worst }, index) => {
    context.lineTo(x(index), y(worst));
  });
  context.stroke();
}
