// Starts the engine's worker while the page is still being read: it and the runtime take longest.
// page/early-worker.js hands it to the engine. A classic script, since modules wait for the whole
// page; browsers that are too old stop at the first line.
(function () {
  if (!('noModule' in document.createElement('script')) || !('VideoFrame' in window)) return;
  var block = document.getElementById('manifest');
  if (!block) return;
  var manifest = JSON.parse(String(block.textContent));
  var worker = new Worker(manifest.engine + '/worker/worker.js', {
    type: 'module',
    name: 'livematte',
  });
  var early = { worker: worker, hasFailed: false };
  worker.onerror = function (/** @type {ErrorEvent} */ event) {
    event.preventDefault(); // the next one fails again, and is listened to
    early.hasFailed = true;
  };
  /** @type {any} */ (window).livematteEarlyWorker = early;

  /** @param {string} key */
  function stored(key) {
    try {
      return JSON.parse(localStorage.getItem(key) || '{}') || {};
    } catch (error) {
      return {}; // forbidden or damaged
    }
  }
  // What a GPU runs belongs to its canvas, which is not there yet.
  var asked = new URLSearchParams(location.search).get('backend');
  if ((asked || stored('livematte.backend').backend) === 'webgpu') return;
  var model = stored('livematte.settings').model || undefined;
  if (model === 'auto') model = undefined; // which begins with the default one
  var payload = {
    manifest: manifest,
    siteRoot: new URL('.', location.href).href,
    model: model,
    isKept: Boolean(navigator.serviceWorker && navigator.serviceWorker.controller),
  };
  worker.postMessage({ type: 'prepare', id: 0, payload: payload });
})();
