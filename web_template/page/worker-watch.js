/**
 * Notices a worker that does not answer, or that cannot get done with a frame: one that was ended,
 * hangs, or waits for a thread that is gone. The page's own ticks are counted instead of a clock,
 * so a page that was asleep, throttled or busy itself does not blame the worker.
 *
 * @typedef {object} WatchedBridge  as much of a WorkerBridge as is watched
 * @property {(type: 'ping', payload: {}) => Promise<{busyMs: number}>} request
 * @property {boolean} isBusy  requests other than pings are open
 */

const TICK_MS = 250;

/** A worker that was at work a moment ago and stays away this long is taken for dead. */
const LIMIT_MS = 1500;

/** Models start and shaders compile in one piece, on a slow machine for many seconds. */
const START_LIMIT_MS = 30_000;

/** A slow model on a slow machine is no fault: so many of its own frames are waited for. */
const FRAMES = 10;

/**
 * @param {WatchedBridge} bridge
 * @param {{isSettled: () => boolean, frameMs: () => number, onStuck: (detail: string) => void}} listeners
 *   settled: frames are being matted; frameMs: what one usually takes
 * @returns {() => void} ends the watch
 */
export function watchWorker(bridge, { isSettled, frameMs, onStuck }) {
  let silentMs = 0;
  let isOpen = false;
  let hasEnded = false;
  const tick = () => {
    if (hasEnded) return;
    const isAtWork = bridge.isBusy || !isSettled();
    const limitMs = isAtWork ? START_LIMIT_MS : Math.max(LIMIT_MS, FRAMES * frameMs());
    if (silentMs >= limitMs) {
      end();
      onStuck(`it has not answered for ${silentMs} ms`);
      return;
    }
    silentMs += TICK_MS;
    if (isOpen) return;
    isOpen = true;
    bridge.request('ping', {}).then(
      ({ busyMs }) => {
        isOpen = false;
        // The worker's clock may have gone on while the page was asleep.
        silentMs = Math.min(busyMs, silentMs);
      },
      () => end(), // it is dead, which its bridge has told
    );
  };
  const timer = setInterval(tick, TICK_MS);
  const end = () => {
    hasEnded = true;
    clearInterval(timer);
  };
  return end;
}
