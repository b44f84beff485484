/**
 * The engine's figures in words: for visitors in their language, and as plain text for a report
 * of a fault, which is read by those who know the engine's own names.
 *
 * @typedef {import('../shared/stats.js').Stats} Stats
 * @typedef {import('./i18n.js').Translator} Translator
 * @typedef {import('./memory-meter.js').Memory} Memory
 * @typedef {'backend' | 'threads' | 'model' | 'picture' | 'sampler' | 'governor' | 'frames' | 'memory'} Figure
 */

import { STAGES } from '../shared/stats.js';

const UNKNOWN = '–';

/** Why a backend was chosen: the codes that there are words for. */
export const REASONS = Object.freeze([
  'untried',
  'only-candidate',
  'remembered',
  'forced',
  'race-won',
  'race-lost',
  'golden-failed',
  'start-timeout',
  'trial-failed',
  'no-webgpu',
  'no-adapter',
  'fallback-adapter',
  'limits',
  'no-device',
  'failed-over',
]);

/**
 * @param {Stats} stats
 * @param {{modelTitle: string, memory: Memory | null, translator: Translator}} rest
 * @returns {Record<Figure, string>}
 */
export function figureTexts(stats, { modelTitle, memory, translator }) {
  const { threads, isolated, variant, width, height } = stats;
  const runs = threads > 0;
  const isolation = translator.text(isolated ? 'status.isolated' : 'status.notIsolated');
  return {
    backend: stats.model
      ? joined(stats.backend, reasonText(stats.backendReason, translator))
      : UNKNOWN,
    threads: joined(runs ? translator.plural('status.threads', threads) : '', isolation),
    model: joined(modelTitle, variant),
    picture: width > 0 ? joined(`${width} × ${height}`, stats.compositor) : UNKNOWN,
    sampler: samplerText(stats, translator) || UNKNOWN,
    governor: governorText(stats, translator),
    frames: translator.text('figure.framesValue', {
      frames: translator.number(stats.frames),
      dropped: translator.number(stats.droppedFrames),
    }),
    memory: memory ? memoryText(memory, translator) : UNKNOWN,
  };
}

/** @param {...string} parts */
function joined(...parts) {
  return parts.filter(Boolean).join(', ') || UNKNOWN;
}

/**
 * @param {string} reason  a code of page/backend-choice.js; after a colon, what failed
 * @param {Translator} translator
 */
export function reasonText(reason, translator) {
  const [code = '', detail = ''] = (reason ?? '').split(':');
  if (!REASONS.includes(code)) return code;
  return translator.text(`reason.${code}`, { detail });
}

/**
 * How frames are read, and what the race of the ways measured.
 * @param {Pick<Stats, 'sampler' | 'samplerTimes'>} stats
 * @param {Translator} translator
 */
export function samplerText({ sampler, samplerTimes }, translator) {
  if (sampler === '') return '';
  const times = Object.entries(samplerTimes ?? {})
    .sort(([, a], [, b]) => a - b)
    .map(([way, ms]) => `${way} ${translator.number(ms, 1)}`)
    .join(', ');
  return times ? translator.text('figure.samplerTimes', { way: sampler, times }) : sampler;
}

/**
 * @param {Stats} stats
 * @param {Translator} translator
 */
function governorText(stats, translator) {
  const { governor } = /** @type {{governor?: {level?: number, stride?: number}}} */ (stats);
  if (!governor) return UNKNOWN;
  const { level = 0, stride = 1 } = governor;
  const lowered = level > 0 ? translator.text('figure.governorLevel', { level }) : '';
  const sparse = stride > 1 ? translator.text('figure.governorStride', { stride }) : '';
  return lowered || sparse ? joined(lowered, sparse) : translator.text('figure.governorFull');
}

/**
 * @param {Memory} memory
 * @param {Translator} translator
 */
function memoryText({ bytes, isWhole }, translator) {
  const key = isWhole ? 'figure.memoryWhole' : 'figure.memoryPage';
  return translator.text(key, { bytes: translator.bytes(bytes) });
}

/**
 * @param {Stats} stats
 * @param {{version: string, memory: Memory | null, userAgent: string, page: string}} rest
 *   page: its address, without what a visitor has put into it
 * @returns {string} several lines of English, with nothing about the visitor's pictures
 */
export function reportText(stats, { version, memory, userAgent, page }) {
  const { stages, samplerTimes, ...facts } = stats;
  const lines = [`Livematte ${version}`, page, userAgent];
  for (const [name, value] of Object.entries(facts)) lines.push(`${name}: ${shown(value)}`);
  lines.push(`samplerTimes: ${shown(samplerTimes)}`);
  for (const stage of STAGES) {
    const { p50, p95 } = stages[stage];
    lines.push(`${stage}: median ${p50.toFixed(2)}, 95 % ${p95.toFixed(2)}`);
  }
  const of = memory?.isWhole ? 'page and worker' : 'page alone';
  lines.push(`memory: ${memory ? `${(memory.bytes / 1e6).toFixed(1)} MB, ${of}` : 'not told'}`);
  return lines.join('\n');
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
