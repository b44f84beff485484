import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QualityGovernor, TURN_AFTER_MS } from '../../../web_template/worker/quality-governor.js';

/** @type {import('../../../web_template/worker/quality-governor.js').Rung[]} */
const LADDER = [
  { name: 'large', relief: 1, room: 0.5 },
  { name: 'base', relief: 0.6 },
  { name: 'plain', relief: 0.85 },
  { name: 'half', relief: 0.7 },
  { name: 'third', relief: 0.85 },
];
const INTERVAL_MS = 1000 / 30;

/** A source at 30 fps and a machine whose frames take what it is told. */
class Machine {
  nowMs = 0;
  /** Frames that come too early are offered too. */
  showsRate = true;
  governor = new QualityGovernor();
  /** @type {{atMs: number, level: number}[]} */
  changes = [];

  constructor(start = 'base', ladder = LADDER) {
    this.governor.setLadder(ladder, start);
  }

  /**
   * @param {number} seconds
   * @param {(level: number) => number} busyMs  what a frame takes on a level
   */
  run(seconds, busyMs) {
    const end = this.nowMs + 1000 * seconds;
    while (this.nowMs < end) {
      const took = busyMs(this.governor.level);
      for (let frames = Math.max(1, Math.ceil(took / INTERVAL_MS)); frames > 0; frames--) {
        this.nowMs += INTERVAL_MS;
        if (this.showsRate || frames === 1) this.governor.arrived(this.nowMs, this.nowMs);
      }
      if (this.governor.done(this.nowMs, took)) {
        this.changes.push({ atMs: this.nowMs, level: this.governor.level });
      }
    }
  }

  /** When the direction changed. */
  get turns() {
    const levels = [LADDER.findIndex(({ name }) => name === 'base')];
    /** @type {number[]} */
    const turns = [];
    let direction = 0;
    for (const { atMs, level } of this.changes) {
      const next = Math.sign(level - levels[levels.length - 1]);
      if (direction !== 0 && next !== direction) turns.push(atMs);
      direction = next;
      levels.push(level);
    }
    return turns;
  }
}

/** What a frame takes when the best takes `ms`. @param {number} ms */
const by = (ms) => (/** @type {number} */ level) =>
  LADDER.slice(1, level + 1).reduce((sum, { relief }) => sum * relief, ms);

test('a machine with time to spare stays, or takes the better model', () => {
  const machine = new Machine();
  machine.run(20, () => 11); // 0.33 of the interval: the larger model would need 0.55 of it
  assert.deepEqual(machine.changes, []);
  assert.equal(machine.governor.reason, 'start');
  machine.run(20, by(9));
  assert.equal(machine.governor.rung.name, 'large');
  assert.equal(machine.governor.reason, 'time-left');
});

test('too slow a machine goes down rung by rung, no further than it has to', () => {
  const machine = new Machine();
  machine.run(10, by(90)); // 54 ms on 'base', 46 on 'plain', 32 on 'half', 27 on 'third'
  assert.deepEqual(
    machine.changes.map(({ level }) => LADDER[level].name),
    ['plain', 'half', 'third'],
  );
  assert.equal(machine.governor.reason, 'slow');
  assert.ok(machine.changes[2].atMs < 5000, 'within five seconds');
});

test('one slow frame is no reason, nor is a slow start', () => {
  const machine = new Machine();
  machine.run(0.4, () => 80);
  for (let i = 0; i < 20; i++) {
    machine.run(1.5, () => 15);
    machine.run(0.05, () => 120);
  }
  assert.deepEqual(machine.changes, []);
});

test('it comes back up when the load is gone, in no haste', () => {
  const machine = new Machine();
  machine.run(10, by(120));
  assert.equal(machine.governor.rung.name, 'third');
  const sinceMs = machine.nowMs;
  machine.run(60, by(25));
  assert.equal(machine.governor.rung.name, 'base');
  assert.ok(machine.changes[3].atMs - sinceMs >= 3000);
});

test('a better rung that was too good is tried ever less often', () => {
  const machine = new Machine();
  // 'plain' is light, and 'base' far heavier than was to be expected.
  machine.run(600, (level) => (level >= 2 ? 15 : 60));
  const raised = machine.changes.filter(({ level }) => level === 1).map(({ atMs }) => atMs);
  const pauses = raised.slice(1).map((atMs, i) => atMs - raised[i]);
  assert.ok(raised.length >= 2 && raised.length <= 7, `${raised.length} tries in ten minutes`);
  for (let i = 1; i < pauses.length; i++) assert.ok(pauses[i] > pauses[i - 1] - 100, `${pauses}`);
});

test('frames that are not offered do not make the time for a frame longer', () => {
  const machine = new Machine();
  machine.showsRate = false;
  machine.run(2, () => 15);
  machine.run(3, () => 36); // every other frame
  assert.ok(machine.governor.level > 1);
  const slow = new Machine();
  slow.showsRate = false;
  slow.run(3, () => 60); // from the beginning
  assert.ok(slow.governor.level > 1);
});

test('a ladder that changes keeps the rung, another source its own rate', () => {
  const { governor } = new Machine('plain');
  governor.setLadder(LADDER.slice(2), 'half');
  assert.deepEqual([governor.level, governor.rung.name], [0, 'plain']);
  governor.setLadder(LADDER.slice(3), 'half');
  assert.deepEqual([governor.level, governor.rung.name], [0, 'half']);
  // At 25 fps 35 ms are no overload any more, once the source is another.
  governor.setLadder(LADDER, 'base');
  governor.arrived(0, 0);
  governor.arrived(0, INTERVAL_MS);
  governor.reset();
  for (let ms = 0; ms < 5000; ms += 40) {
    governor.arrived(ms, ms);
    governor.done(ms, 35);
  }
  assert.equal(governor.rung.name, 'half');
});

/** A small generator with a seed. @param {number} seed */
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('whatever the load does, the direction changes once in ten seconds at the most', () => {
  let turns = 0;
  let changes = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const next = random(seed);
    const machine = new Machine();
    for (let i = 0; i < 60; i++) {
      const seconds = 0.1 + 8 * next() ** 3;
      const base = 5 + 150 * next() ** 2;
      const depends = next() < 0.5;
      const noise = 40 * next();
      machine.run(seconds, (level) => (depends ? by(base)(level) : base) + noise * next());
      if (next() < 0.05) machine.nowMs += 30_000 * next(); // asleep
      if (next() < 0.05) machine.governor.reset();
    }
    const { turns: at } = machine;
    for (let i = 1; i < at.length; i++) {
      assert.ok(at[i] - at[i - 1] >= TURN_AFTER_MS, `seed ${seed}: ${at}`);
    }
    turns += at.length;
    changes += machine.changes.length;
  }
  assert.ok(turns > 300 && changes > 1000, `${turns} turns, ${changes} changes were looked at`);
});
