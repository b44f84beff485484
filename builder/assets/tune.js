/**
 * The page behind `livematte build --tune`: starts one worker for each runtime and number of
 * threads, hands them models, and lets them run in turn, so that whatever else the machine does
 * meanwhile slows all of them alike.
 */

/**
 * @typedef {object} Racer
 * @property {string} worker   as named in `start`
 * @property {string} model    as named in `load`
 */

const REPLY_LIMIT_MS = 120_000;
const FIRST_RUNS = 5; // what is compiled or allocated at first use has been after these

/** @type {Map<string, Worker>} */
const workers = new Map();

/**
 * Starts a worker.
 * @param {string} name
 * @param {'ort' | 'litert'} runtime
 * @param {number} threads
 * @param {number} [memoryBytes]  of a runtime that marks what it calls, see `marks`
 */
async function start(name, runtime, threads, memoryBytes) {
  // LiteRT's loader needs importScripts, which module workers lack, and finds its files beside
  // the worker's own script.
  const worker =
    runtime === 'ort'
      ? new Worker('./tune-ort.js', { type: 'module' })
      : new Worker('./litert/wasm/tune-litert.js');
  workers.set(name, worker);
  await call(name, { op: 'start', threads, memoryBytes });
}

/**
 * Loads a model of the folder into a worker, or takes it out again.
 * @param {'load' | 'free'} op
 * @param {Racer & {isOptimized?: boolean}} racer
 */
async function change(op, { worker, ...model }) {
  await call(worker, { op, ...model });
}

/**
 * @param {string} worker
 * @param {number} base
 * @param {number} count
 * @returns {Promise<number[]>}  the functions that have been called
 */
function marks(worker, base, count) {
  return call(worker, { op: 'marks', base, count });
}

/**
 * Lets models run in turn.
 * @param {Racer[]} racers
 * @param {number} rounds   how often each has its turn
 * @param {number} repeats  runs in one turn
 * @returns {Promise<number[][]>}  for each racer, in each round, the fastest run in milliseconds
 */
async function race(racers, rounds, repeats) {
  for (const { worker, model } of racers) {
    await call(worker, { op: 'run', model, repeats: FIRST_RUNS });
  }
  const fastest = racers.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < racers.length; turn++) {
      const index = (turn + round) % racers.length; // nobody is always first
      const { worker, model } = racers[index];
      const ms = await call(worker, { op: 'run', model, repeats });
      fastest[index].push(Math.min(...ms));
    }
  }
  return fastest;
}

/**
 * @param {string} name
 * @param {object} message
 * @returns {Promise<any>}
 */
function call(name, message) {
  const worker = workers.get(name);
  return new Promise((resolve, reject) => {
    if (!worker) throw new Error(`no worker ${name}`);
    const limit = setTimeout(() => reject(new Error(`${name} does not answer`)), REPLY_LIMIT_MS);
    worker.onmessage = ({ data }) => {
      clearTimeout(limit);
      if ('error' in data) reject(new Error(data.error));
      else resolve(data.result);
    };
    worker.onerror = (event) => {
      clearTimeout(limit);
      reject(new Error(event.message || `${name} could not start`));
    };
    worker.postMessage(message);
  });
}

Object.assign(globalThis, { livematteTune: { start, change, race, marks } });
