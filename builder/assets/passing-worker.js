/**
 * Takes the place of a site's service worker while the dev server follows changes: it answers
 * nothing, so the pages that the worker before it still showed are loaded again, from the server.
 */

const worker = /** @type {any} */ (globalThis);

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(showAnew());
});

async function showAnew() {
  await worker.clients.claim();
  const pages = await worker.clients.matchAll({ type: 'window' });
  // Not waited for: a page that is loaded waits for this worker to be active.
  for (const page of pages) page.navigate(page.url).catch(() => {});
}
