/**
 * The engine's workers. The page's first one has been started by assets/head-start.js, before there
 * was an engine, and may have opened a model meanwhile.
 *
 * @typedef {{worker: Worker, hasFailed: boolean}} EarlyWorker
 */

/** @returns {Worker} the one that was started early, or a new one */
export function takeWorker() {
  const scope = /** @type {{livematteEarlyWorker?: EarlyWorker}} */ (globalThis);
  const early = scope.livematteEarlyWorker;
  delete scope.livematteEarlyWorker;
  if (!early) return startWorker();
  early.worker.onerror = null;
  if (!early.hasFailed) return early.worker;
  early.worker.terminate();
  return startWorker(); // which tells what is wrong with it
}

function startWorker() {
  return new Worker(new URL('../worker/worker.js', import.meta.url), {
    type: 'module',
    name: 'livematte',
  });
}
