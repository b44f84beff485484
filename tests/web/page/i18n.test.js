import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fill, pickLocale, Translator } from '../../../web_template/page/i18n.js';

const LOCALES = {
  en: {
    hello: 'Hello {name}',
    'threads.one': '{count} thread',
    'threads.other': '{count} threads',
  },
  zh: { hello: '你好，{name}', 'threads.other': '{count} 个线程' },
};

test('the first wish with texts wins', () => {
  assert.equal(pickLocale(['fr', 'zh', 'en'], ['en', 'zh'], 'en'), 'zh');
});

test('a regional wish is met by its language, in any case', () => {
  assert.equal(pickLocale(['zh-TW'], ['en', 'zh'], 'en'), 'zh');
  assert.equal(pickLocale(['ZH-hans-CN'], ['en', 'zh'], 'en'), 'zh');
});

test('an exact regional match comes before its language', () => {
  assert.equal(pickLocale(['pt-BR'], ['pt', 'pt-br'], 'en'), 'pt-br');
});

test('without a match the site’s own language is spoken', () => {
  assert.equal(pickLocale(['fr', 'de'], ['en', 'zh'], 'zh'), 'zh');
  assert.equal(pickLocale([], ['en', 'zh'], 'en'), 'en');
});

test('parameters are filled in, also 0; unknown ones stay', () => {
  assert.equal(fill('{a} of {b}, {c}', { a: 0, b: 'two' }), '0 of two, {c}');
});

test('a parameter’s own braces are left alone', () => {
  assert.equal(fill('{name}', { name: '{other}', other: 'x' }), '{other}');
});

test('texts follow the language, and listeners are told', () => {
  const translator = new Translator(LOCALES, 'en');
  let told = 0;
  translator.onChange(() => told++);
  assert.equal(translator.text('hello', { name: 'Ada' }), 'Hello Ada');
  translator.setLocale('zh');
  assert.equal(translator.text('hello', { name: 'Ada' }), '你好，Ada');
  assert.equal(told, 1);
});

test('an unknown language, and the same one again, change nothing', () => {
  const translator = new Translator(LOCALES, 'en');
  translator.onChange(() => assert.fail('told'));
  translator.setLocale('xx');
  translator.setLocale('en');
  assert.equal(translator.locale, 'en');
});

test('a missing text shows its key', () => {
  assert.equal(new Translator(LOCALES, 'en').text('no.such'), 'no.such');
});

test('counting follows the language', () => {
  const translator = new Translator(LOCALES, 'en');
  assert.equal(translator.plural('threads', 1), '1 thread');
  assert.equal(translator.plural('threads', 4), '4 threads');
  translator.setLocale('zh');
  assert.equal(translator.plural('threads', 1), '1 个线程');
});

test('bytes are decimal, with the unit that reads best', () => {
  const translator = new Translator(LOCALES, 'en');
  assert.equal(translator.bytes(235_600), '236 KB');
  assert.equal(translator.bytes(4_120_000), '4.1 MB');
});
