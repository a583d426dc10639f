// Runs an answer and one test as one program, and records what they came to on descriptor 3.
// The spec is gone before the answer begins, and what tests rest on is put back after it was read.
'use strict';
const fs = require('fs');
const Module = require('module');
const path = require('path');
const assert = require('assert');

const spec = JSON.parse(fs.readFileSync('backfeed_spec.json', 'utf8'));
fs.unlinkSync('backfeed_spec.json');
const { writeSync } = fs;
const { stringify } = JSON;
const { ok } = assert;
let executed = 0, phase = 'code', failure = null, ended = false;

const KEPT = [
  globalThis, Object, Array, String, Number, Math, JSON, Map, Set, Promise, Reflect, Symbol, RegExp, Date,
  BigInt, Function, console, assert, assert.strict, process,
  ...[Object, Array, String, Number, Map, Set, Promise, RegExp, Date, Function].map((kind) => kind.prototype),
];
const NAMES = ['console', 'Object', 'Array', 'String', 'Number', 'Math', 'JSON', 'Map', 'Set', 'Promise',
  'Reflect', 'Symbol', 'RegExp', 'Date', 'BigInt', 'Function', 'process', 'require', 'isNaN', 'parseInt'];

function counted(holder, name) {
  const plain = holder[name];
  if (typeof plain !== 'function' || name === 'AssertionError' || name === 'strict') return;
  const told = function (...words) {
    executed += 1;
    return Reflect.apply(plain, this, words);
  };
  Object.assign(told, plain);
  holder[name] = told;
}

console.assert = (holds, ...words) => {
  if (!holds) throw new assert.AssertionError({ message: words.length ? words.map(String).join(' ') : 'console.assert' });
};
counted(console, 'assert');
for (const holder of [assert, assert.strict])
  for (const name of Object.keys(holder)) counted(holder, name);
const counting = Object.assign(function (...words) {
  executed += 1;
  return ok(...words);
}, assert);
counting.strict = Object.assign(function (...words) {
  executed += 1;
  return ok(...words);
}, assert.strict);
const builtin = (name) => name.replace(/^node:/, '');
const load = Module._load;
Module._load = function (name, ...more) {
  if (builtin(name) === 'assert') return counting;
  if (builtin(name) === 'assert/strict') return counting.strict;
  return Reflect.apply(load, this, [name, ...more]);
};

const before = KEPT.map((holder) => new Map(
  Reflect.ownKeys(holder)
    .filter((name) => holder !== globalThis || NAMES.includes(name))
    .map((name) => [name, Object.getOwnPropertyDescriptor(holder, name)])));

function putBack() {
  KEPT.forEach((holder, place) => before[place].forEach((plain, name) => {
    const now = Object.getOwnPropertyDescriptor(holder, name);
    const same = now && now.value === plain.value && now.get === plain.get;
    if (!same) try { Object.defineProperty(holder, name, plain); } catch { /* it stays */ }
  }));
}

Object.defineProperty(globalThis, '__backfeed_test__', {
  value() {
    putBack();
    executed = 0;
    phase = 'test';
  },
});
Object.defineProperty(globalThis, '__backfeed_end__', {
  value() {
    ended = true;
  },
});

function told(error) {
  const kind = error instanceof assert.AssertionError ? 'AssertionError'
    : (error && error.code === 'MODULE_NOT_FOUND' || error && error.code === 'ERR_MODULE_NOT_FOUND')
      ? 'ModuleNotFoundError' : (error && error.name) || 'thrown';
  const stack = String(error && error.stack);
  const place = /main\.m?js:(\d+)/.exec(stack);
  const line = place ? Math.max(0, Number(place[1]) - (phase === 'test' ? spec.before : 0)) : 0;
  const message = String(error && error.message !== undefined ? error.message : error).split('\n')[0];
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(message);
  return { type: String(kind), message: missing ? missing[1] : message.slice(0, 300), line };
}

function fail(error) {
  if (failure === null) failure = told(error);
  process.exitCode = 1;
}

process.on('uncaughtException', (error) => {
  fail(error);
  console.error(error);
});
process.on('exit', () => {
  if (failure === null && !ended) return;
  const test = { executed: executed + (failure ? 0 : spec.guards), phase, error: failure };
  writeSync(3, stringify({ word: spec.word, tests: [test] }));
});
for (const name of ['exit', 'reallyExit', 'abort', 'kill']) {
  const plain = process[name].bind(process);
  process[name] = (...words) => {
    ended = false;
    return plain(...words);
  };
}
before[KEPT.indexOf(process)] = new Map(
  Reflect.ownKeys(process).map((name) => [name, Object.getOwnPropertyDescriptor(process, name)]));

const file = path.resolve(spec.main);
if (spec.main.endsWith('.mjs')) {
  globalThis.require = Module.createRequire(file);
  import(file).catch((error) => {
    fail(error);
    console.error(error);
  });
} else {
  const main = new Module(file, null);
  main.filename = file;
  main.paths = Module._nodeModulePaths(path.dirname(file));
  globalThis.require = main.require.bind(main);
  try {
    main._compile(fs.readFileSync(file, 'utf8'), file);
  } catch (error) {
    fail(error);
    console.error(error);
  }
}
