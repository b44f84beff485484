/** The texts in locales/ against the templates and modules that use them. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { REASONS } from '../../../web_template/page/figure-texts.js';
import { PAGE_CODES } from '../../../web_template/page/notices.js';
import { EFFECT_KINDS } from '../../../web_template/shared/effects.js';
import { ERROR_CODES } from '../../../web_template/shared/errors.js';
import { LOOKS_RANGES } from '../../../web_template/shared/looks.js';
import { REFUSALS } from '../../../web_template/shared/own-model.js';
import { STAGES } from '../../../web_template/shared/stats.js';

const ROOT = fileURLToPath(new URL('../../../web_template/', import.meta.url));

/** @param {string} folder @param {string} suffix */
function readAll(folder, suffix) {
  const names = readdirSync(ROOT + folder, { recursive: true }).map(String);
  const files = names.filter((name) => name.endsWith(suffix));
  assert.ok(files.length > 0, `nothing in ${folder}`);
  return files.map((name) => readFileSync(`${ROOT}${folder}/${name}`, 'utf8')).join('\n');
}

/** @type {Record<string, Record<string, string>>} */
const locales = Object.fromEntries(
  readdirSync(`${ROOT}locales`).map((name) => [
    name.replace('.json', ''),
    JSON.parse(readFileSync(`${ROOT}locales/${name}`, 'utf8')),
  ]),
);
const templates = readAll('templates', '.j2');
const modules = readAll('page', '.js');
const en = locales.en;

/** @param {string} name  of a list in the templates, of names or of (name, value) pairs */
function templateList(name) {
  const list = templates.match(new RegExp(`set ${name} = \\[(.*?)\\]`, 's'))?.[1] ?? '';
  const entries = list.includes('(')
    ? list.matchAll(/\("([\w-]+)"/g)
    : list.matchAll(/"([\w-]+)"/g);
  const names = [...entries].map(([, entry]) => entry);
  assert.ok(names.length > 1, `the templates have no list ${name}`);
  return names;
}

/** The facts of the panel of figures. */
function templateFigures() {
  const list = templates.match(/for each in \[("backend".*?)\] %}/)?.[1] ?? '';
  return [...list.matchAll(/"(\w+)"/g)].map(([, name]) => name);
}

/** Prefixes to which a name is added where they are used → the names. */
const BUILT = {
  'error.': [...ERROR_CODES, ...PAGE_CODES],
  'figure.': templateFigures(),
  'reason.': [...REASONS],
  'refusal.': [...REFUSALS],
  'color.': templateList('colors'),
  'backdrop.': templateList('backdrops'),
  'timing.': [...STAGES],
  'source.': ['camera', 'cameraSilent', 'demo', 'none', 'screen'],
  'comments.': ['speed', 'size', 'density', 'mixed', 'white'],
  'looks.': Object.keys(LOOKS_RANGES).flatMap((name) => [name, `${name}More`]),
};

/** Every key that is written out, in a template's call or as a string of a module. */
function literalKeys() {
  const sections = [...new Set(Object.keys(en).map((key) => key.split('.')[0]))].join('|');
  const quoted = new RegExp(`["']((?:${sections})\\.[\\w.-]*\\w)["'](?! ~)`, 'g');
  return [...`${templates}\n${modules}`.matchAll(quoted)]
    .map(([, key]) => key)
    .filter((key) => !/\.(js|json|j2)$/.test(key));
}

/** Every key that the page asks for. */
function usedKeys() {
  const keys = new Set(literalKeys());
  for (const [prefix, names] of Object.entries(BUILT)) {
    for (const name of names) keys.add(prefix + name);
  }
  for (const [, key] of modules.matchAll(/plural\('([\w.-]+)'/g)) {
    if (!(key in en)) keys.delete(key);
    keys.add(`${key}.one`).add(`${key}.other`); // by count
  }
  return keys;
}

test('English and Chinese are there', () => {
  assert.deepEqual(Object.keys(locales).sort(), ['en', 'zh']);
});

test('every language has the same keys, in the same order', () => {
  for (const [locale, texts] of Object.entries(locales)) {
    assert.deepEqual(Object.keys(texts), Object.keys(en), locale);
  }
});

test('every language fills in the same parameters', () => {
  const parameters = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const texts of Object.values(locales)) {
    for (const key of Object.keys(en)) {
      assert.deepEqual(parameters(texts[key]), parameters(en[key]), key);
    }
  }
});

test('no text is empty or has stray spaces', () => {
  for (const texts of Object.values(locales)) {
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.length > 0 && text === text.trim(), key);
    }
  }
});

test('Chinese texts are Chinese', () => {
  const same = Object.keys(en).filter((key) => !/\p{Script=Han}/u.test(locales.zh[key]));
  assert.deepEqual(same, ['effect.percent', 'timing.p95']);
});

test('every key that is used has a text', () => {
  const missing = [...usedKeys()].filter((key) => !(key in en));
  assert.deepEqual(missing, []);
});

test('every text is used', () => {
  const used = usedKeys();
  assert.deepEqual(
    Object.keys(en).filter((key) => !used.has(key)),
    [],
  );
});

test('every error code has a sentence, and no sentence is without a code', () => {
  const sentences = Object.keys(en).filter((key) => key.startsWith('error.'));
  assert.deepEqual(sentences.sort(), BUILT['error.'].map((code) => `error.${code}`).sort());
});

test('every effect can be picked and has a name', () => {
  for (const kind of EFFECT_KINDS) {
    assert.ok(templates.includes(`name="effect" value="${kind}"`), kind);
    assert.ok(`effect.${kind}` in en, kind);
  }
});
