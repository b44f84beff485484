/**
 * Keeps one build of the site on the visitor's machine, whole or not at all, and answers from
 * there: the page opens without a network. It also gives its answers the headers that isolate a
 * page, for hosts that cannot send them.
 *
 * One cache for each build. At the first visit nothing is kept until the page asks for it, so that
 * the start is not slowed down and an unisolated page can be isolated at once. Later builds are
 * kept before they may take over, which they do at a navigation that leaves no page of the build
 * before; until then that one answers, so no page is ever made of two builds.
 *
 * A classic script: module workers of this kind came to Firefox late (147).
 */

/** Hash of the whole build; the builder writes it here. */
const BUILD = '__BUILD__';

const worker = /** @type {any} */ (globalThis);
const scope = new URL(worker.registration.scope);
/** Sites in several sub-paths share one origin's storage. */
const FAMILY = `livematte ${scope.pathname} `;
const CACHE = FAMILY + BUILD;
/** Stands in the cache once everything else does. */
const WHOLE = new URL('__whole__', scope).href;
const HASHED = /-[0-9a-f]{10}[./]/;
/** What the page would load for its workers: from here each of them gets its own, at once. */
const PREFETCH = /<link rel="prefetch"[^>]*>\n?/g;
/** Tells the engine that a file's bytes have been checked already (worker/checked-wasm.js). */
const CHECKED = 'Livematte-Sha256';

const ISOLATION = Object.freeze({
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
});

/** How often a navigation is sent round to let a newer build take over, before it is answered. */
const MAX_DETOURS = 4;
/** Should no control come, or the next page stay away, it is asked for again after so long. */
const DETOUR_MS = 3000;
const DETOUR = `<!doctype html><link rel="icon" href="data:,"><script>
navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
setInterval(() => location.reload(), ${DETOUR_MS});
navigator.serviceWorker.getRegistration().then((registration) =>
  registration?.waiting ? registration.waiting.postMessage({ type: 'take-over' }) : location.reload(),
);
</script>`;
let detours = 0;

/** @type {Promise<void> | null} */
let keeping = null;
let isWhole = false;

worker.addEventListener('install', (/** @type {any} */ event) => {
  event.waitUntil(worker.registration.active ? keep() : worker.skipWaiting());
});

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener('message', (/** @type {any} */ event) => {
  if (event.data?.type === 'take-over') worker.skipWaiting();
  if (event.data?.type === 'keep') event.waitUntil(tellWhetherKept(event.ports[0]));
});

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(scope.href)) return;
  if (request.cache === 'only-if-cached') return; // the browser's own cache is meant
  event.respondWith(respond(request));
});

/** @param {Request} request */
async function respond(request) {
  if (request.mode === 'navigate' && (await mayChangeBuild())) return detour();
  const path = pathOf(request.url);
  const kept = request.cache === 'reload' ? undefined : await find(path);
  if (kept) return request.headers.has('range') ? partOf(kept, request) : kept;
  const response = await fetch(request);
  if (response.status !== 200 || response.type === 'opaqueredirect') return response;
  const isolated = withHeaders(response);
  if (HASHED.test(path) && (await hasAll())) {
    // What the first visit does not need, such as another model.
    const cache = await caches.open(CACHE);
    await cache.put(new URL(path, scope), isolated.clone()).catch(() => {}); // storage is full
  }
  return isolated;
}

/**
 * @param {string} url
 * @returns {string} the file's path in the site
 */
function pathOf(url) {
  const path = decodeURI(new URL(url).pathname).slice(decodeURI(scope.pathname).length);
  return path === '' || path.endsWith('/') ? `${path}index.html` : path;
}

/**
 * Names that stay are answered only from a whole build; those with a hash mean the same in each.
 * @param {string} path
 * @returns {Promise<Response | undefined>}
 */
async function find(path) {
  const url = new URL(path, scope);
  if (await hasAll()) {
    const own = await (await caches.open(CACHE)).match(url);
    if (own) return own;
  }
  if (!HASHED.test(path)) return undefined;
  for (const name of await family()) {
    const found = await (await caches.open(name)).match(url);
    if (found) return found;
  }
  return undefined;
}

async function hasAll() {
  isWhole ||= (await caches.has(CACHE)) && !!(await (await caches.open(CACHE)).match(WHOLE));
  return isWhole;
}

async function family() {
  return (await caches.keys()).filter((name) => name.startsWith(FAMILY));
}

/** Whether a newer build waits and nobody but the page that navigates uses this one. */
async function mayChangeBuild() {
  if (!worker.registration.waiting || detours >= MAX_DETOURS) return false;
  return (await worker.clients.matchAll({ type: 'window' })).length <= 1;
}

/**
 * An empty page that lets the newer build take over, and is asked for again once that has control:
 * a navigation that arrives while one worker ends for the other may never be answered.
 */
function detour() {
  detours++;
  const headers = { 'Content-Type': 'text/html', ...ISOLATION };
  return new Response(DETOUR, { headers });
}

/** @param {MessagePort | undefined} port */
async function tellWhetherKept(port) {
  try {
    await keep();
    port?.postMessage({ isKept: true });
    await dropOthers();
  } catch (error) {
    port?.postMessage({ isKept: false, reason: String(error) });
  }
}

function keep() {
  keeping ??= keepAll().finally(() => {
    keeping = null;
  });
  return keeping;
}

async function keepAll() {
  if (await hasAll()) return;
  const cache = await caches.open(CACHE);
  const manifest = await fetchFile('manifest.json', 'no-cache');
  const facts = JSON.parse(new TextDecoder().decode(manifest.bytes));
  if (facts.build !== BUILD) throw new Error('the host has another build: the next visit looks');
  for (const { path, sha256 } of neededFiles(facts)) {
    const url = new URL(path, scope);
    if (await cache.match(url)) continue;
    await cache.put(url, await fetchChecked(path, sha256));
  }
  await cache.put(new URL('manifest.json', scope), manifest.response);
  await cache.put(WHOLE, new Response(''));
}

/**
 * The files that a page needs to start and run by its defaults. Other models, and runtimes that
 * only some browsers use, are kept when they are first asked for.
 * @param {any} manifest
 * @returns {{path: string, sha256: string}[]}
 */
function neededFiles({ files, models, defaultModel, runtime, runtimes = {} }) {
  const model = models.find((/** @type {any} */ each) => each.name === defaultModel);
  const { file } = model.variants.find((/** @type {any} */ each) => each.name === model.preferred);
  const plain = new Set(Object.values({ ...runtime, ...runtime.reduced }));
  const others = new Set(
    JSON.stringify([runtimes, runtime.wasm])
      .match(/"(?:\\.|[^"\\])*"/g)
      ?.map(unquote) ?? [],
  );
  return files.filter((/** @type {{path: string}} */ { path }) => {
    if (path.startsWith('models/')) return path === file;
    if (path.endsWith('.map')) return false; // for those who look into the engine
    return path !== 'service-worker.js' && (plain.has(path) || !others.has(path));
  });
}

/** @param {string} text */
function unquote(text) {
  return String(JSON.parse(text));
}

/**
 * @param {string} path
 * @param {string} sha256  hex
 * @returns {Promise<Response>}
 */
async function fetchChecked(path, sha256) {
  /** @type {RequestCache[]} */
  const ways = HASHED.test(path) ? ['default', 'reload'] : ['no-cache', 'reload'];
  for (const way of ways) {
    const { bytes, response } = await fetchFile(path, way);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (hex === sha256) return asKept(path, bytes, response, sha256);
  }
  throw new Error(`${path} is not the file that was built`);
}

/**
 * @param {string} path
 * @param {ArrayBuffer} bytes
 * @param {Response} response
 * @param {string} sha256
 */
function asKept(path, bytes, response, sha256) {
  response.headers.set(CHECKED, sha256);
  if (!path.endsWith('.html')) return response;
  const page = new TextDecoder().decode(bytes).replace(PREFETCH, '');
  return new Response(page, { headers: response.headers });
}

/**
 * @param {string} path
 * @param {RequestCache} way
 */
async function fetchFile(path, way) {
  const answer = await fetch(new URL(path, scope), { cache: way });
  if (!answer.ok) throw new Error(`${path}: HTTP status ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  return { bytes, response: withHeaders(answer, bytes) };
}

/**
 * @param {Response} response
 * @param {ArrayBuffer | ReadableStream | null} [body]  what was read of it already
 */
function withHeaders(response, body = response.body) {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  headers.delete('Content-Encoding'); // the bytes are unpacked by now
  headers.delete('Content-Length');
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}

/**
 * One range of bytes: a video that is played asks for it, and Safari plays nothing without.
 * @param {Response} whole
 * @param {Request} request
 */
async function partOf(whole, request) {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '') ?? [];
  const bytes = await whole.clone().blob();
  if (from === undefined || Number(from) >= bytes.size) return whole;
  const end = Math.min(to ? Number(to) + 1 : bytes.size, bytes.size);
  const headers = new Headers(whole.headers);
  headers.set('Content-Range', `bytes ${from}-${end - 1}/${bytes.size}`);
  return new Response(bytes.slice(Number(from), end), { status: 206, headers });
}

/** The builds before, once no page of theirs can be left. A newer one that waits keeps its own. */
async function dropOthers() {
  const { installing, waiting } = worker.registration;
  if (installing || waiting) return;
  if ((await worker.clients.matchAll({ type: 'window' })).length > 1) return;
  const old = (await family()).filter((name) => name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}
