import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const TEMPLATE = new URL('../../../web_template/', import.meta.url);
const IMPORT = /(?:\bfrom|\bimport\(|^import)\s*['"](\.[^'"]+\.js)['"]/gm;

/**
 * @param {string} entry  below web_template/
 * @returns {Map<string, string>} the texts of all modules that it reaches, by path
 */
function modulesOf(entry) {
  /** @type {Map<string, string>} */
  const modules = new Map();
  const follow = (/** @type {URL} */ url) => {
    if (modules.has(url.href)) return;
    // Types are imported in comments, of modules that never run.
    const text = readFileSync(url, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    modules.set(url.href, text);
    for (const [, path] of text.matchAll(IMPORT)) follow(new URL(path, url));
  };
  follow(new URL(entry, TEMPLATE));
  const short = (/** @type {string} */ href) => href.slice(TEMPLATE.href.length);
  return new Map([...modules].map(([href, text]) => [short(href), text]));
}

test('no frame waits for the screen: a hidden page gets no animation frames', () => {
  for (const [entry, passesBy] of /** @type {const} */ ([
    ['worker/worker.js', ['worker/frame-loop.js', 'worker/webgpu/gpu-way.js']],
    ['page/matte.js', ['page/sources/track-feed.js', 'page/sources/video-feed.js']],
    ['page/live-matte.js', ['page/matte-client.js']],
  ])) {
    const modules = modulesOf(entry);
    for (const path of passesBy) assert.ok(modules.has(path), `${entry} does not reach ${path}`);
    for (const [path, text] of modules) {
      assert.doesNotMatch(text, /requestAnimationFrame/, `${path}, from ${entry}`);
    }
  }
});
