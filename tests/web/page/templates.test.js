/** The templates against the modules and files that they and the modules name. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DEFAULTS } from '../../../web_template/page/settings.js';
import { STAGES } from '../../../web_template/shared/stats.js';

const ROOT = fileURLToPath(new URL('../../../web_template/', import.meta.url));

/** @param {string} folder */
function sources(folder) {
  const names = readdirSync(ROOT + folder, { recursive: true }).map(String);
  const files = names.filter((name) => /\.(js|j2|css)$/.test(name));
  return files.map((name) => readFileSync(`${ROOT}${folder}/${name}`, 'utf8')).join('\n');
}

const templates = sources('templates');
const modules = sources('page');
const styles = sources('styles');

/** @param {string} text @param {RegExp} pattern @returns {string[]} the first group of each match */
function found(text, pattern) {
  const matches = [...new Set([...text.matchAll(pattern)].map(([, group]) => group))];
  assert.ok(matches.length > 0, `nothing matches ${pattern}`);
  return matches;
}

test('every element that a module asks for by its id is in a template', () => {
  const ids = new Set(found(templates, /\bid="([\w{} -]+)"/g));
  for (const [loop, names] of Object.entries({
    'status-{{ each }}': ['model', 'backend', 'threads', 'isolation', 'rate', 'time'],
    'timing-{{ stage }}-bar': STAGES,
  })) {
    assert.ok(ids.has(loop), loop);
    for (const name of names) ids.add(loop.replace(/\{\{ \w+ \}\}/, name));
  }
  for (const [, name] of templates.matchAll(/icon\("[\w-]+", "([\w-]+)"\)/g)) ids.add(name);
  const asked = found(modules, /byId\('([\w-]+)'/g);
  assert.deepEqual(
    asked.filter((id) => !ids.has(id)),
    [],
  );
});

test('every icon that is used is drawn, and every one that is drawn is used', () => {
  const drawn = found(templates, /<symbol id="i-([\w-]+)"/g);
  const used = new Set([
    ...found(templates, /icon\("([\w-]+)"/g),
    ...found(templates, /href="#i-([\w-]+)"/g),
    ...found(found(modules, /(setIcon\(this[^;]*);/g).join('\n'), /'([\w-]+)'/g),
  ]);
  assert.deepEqual(
    [...used].filter((name) => !drawn.includes(name)),
    [],
  );
  assert.deepEqual(
    drawn.filter((name) => !used.has(name)),
    [],
  );
});

test('every backdrop of the picker is a file without style or script', () => {
  const list = found(templates, /set backdrops = \[(.*?)\]/g)[0];
  const names = found(list, /"([\w-]+)"/g);
  for (const name of names) {
    const path = `${ROOT}assets/backdrops/${name}.svg`;
    assert.ok(existsSync(path), name);
    // A strict style-src of the server also governs drawings.
    assert.doesNotMatch(readFileSync(path, 'utf8'), /<style|style=|<script|href="http/, name);
  }
  assert.deepEqual(
    readdirSync(`${ROOT}assets/backdrops`).sort(),
    names.map((name) => `${name}.svg`).sort(),
  );
});

test('the defaults are choices that the picker has', () => {
  assert.ok(templates.includes(`value="${DEFAULTS.effect}"`));
  assert.match(templates, new RegExp(`set backdrops = .*"${DEFAULTS.backdrop}"`));
  assert.match(templates, new RegExp(`set colors = .*"${DEFAULTS.color}"`));
});

test('every style sheet is imported by a linked one, and every linked or imported one is there', () => {
  const linked = found(templates, /styles\/([\w-]+)\.css/g);
  const reached = new Set(linked);
  for (const sheet of reached) {
    const text = readFileSync(`${ROOT}styles/${sheet}.css`, 'utf8');
    for (const [, name] of text.matchAll(/@import\s+(?:url\()?["']\.\/([\w-]+)\.css/g))
      reached.add(name);
  }
  const there = readdirSync(`${ROOT}styles`).map((name) => name.replace('.css', ''));
  assert.deepEqual([...reached].sort(), there.sort());
});

test('no template has a style or script of its own, which the policy would forbid', () => {
  assert.doesNotMatch(templates, /<style|\sstyle="|\son\w+="/);
  for (const [tag] of templates.matchAll(/<script[^>]*>/g)) {
    assert.match(tag, /src="|type="application\/json"/);
  }
});

test('every colour of the styles is a custom property with a dark counterpart', () => {
  const [light, dark] = styles.split('@media (prefers-color-scheme: dark)');
  const colors = /--([\w-]+): #[0-9a-f]{6};/g;
  const exempt = ['neutral']; // the engine's own stand-in, the same in both
  const inDark = new Set(found(dark.slice(0, dark.indexOf('\n}\n')), colors));
  const tokens = found(light.slice(light.indexOf(':root')), colors);
  assert.deepEqual(
    tokens.filter((name) => !inDark.has(name)),
    exempt,
  );
});
