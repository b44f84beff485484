import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLooks, DEFAULT_LOOKS, rampWith } from '../../../web_template/shared/looks.js';
import { discMatte, FakeCanvas, HEIGHT, noisyFrame, shown, WIDTH } from '../cpu-scene.js';
import { FakeFrame } from '../fakes.js';

const { createCpuCompositor } = await import('../../../web_template/worker/compositor/cpu.js');

/** @typedef {import('../../../web_template/shared/effects.js').Effect} Effect */
/** @typedef {import('../../../web_template/shared/looks.js').Looks} Looks */

/** @type {Effect} */
const GREEN = { kind: 'color', color: '#00ff00' };
const COLOR_PAIR = /** @type {const} */ ([GREEN, { kind: 'cutout' }]);

/**
 * @param {Effect} effect
 * @param {Partial<Looks>[]} looks  told one after the other, each before a drawing
 * @param {{frame?: FakeFrame, matte?: import('../../../web_template/worker/mask-filter.js').Matte}} [scene]
 * @returns {Promise<Uint8ClampedArray[]>} what each drawing gave
 */
async function paint(effect, looks, { frame = noisyFrame(1), matte = discMatte() } = {}) {
  const canvas = new FakeCanvas();
  const compositor = createCpuCompositor({ canvas: /** @type {any} */ (canvas), effect });
  await compositor.prepare(frame.asVideoFrame);
  const drawn = [];
  for (const each of looks) {
    compositor.setLooks(checkLooks(each));
    compositor.render(frame.asVideoFrame, matte);
    drawn.push(shown(canvas).slice());
  }
  frame.close();
  return drawn;
}

/** A frame of one colour. @param {number[]} rgb */
function evenFrame(rgb) {
  const frame = new FakeFrame({ width: WIDTH, height: HEIGHT });
  for (let i = 0; i < WIDTH * HEIGHT; i++) frame.bytes.set([...rgb, 255], 4 * i);
  return frame;
}

for (const effect of /** @type {Effect[]} */ ([
  ...COLOR_PAIR,
  { kind: 'blur', strength: 0.5 },
  { kind: 'overlay', color: '#ff0000' },
  { kind: 'mask' },
])) {
  test(`${effect.kind}: at the defaults nothing is changed, also after other looks`, async () => {
    const all = { shrink: 0.5, softness: 1, brightness: 0.5, spill: 1, lightWrap: 1 };
    const [plain, changed, back] = await paint(effect, [{}, all, DEFAULT_LOOKS]);
    assert.deepEqual(back, plain);
    if (effect.kind === 'mask') assert.deepEqual(changed, plain);
    else assert.notDeepEqual(changed, plain);
  });
}

for (const looks of [{ shrink: 0.6 }, { shrink: -0.6 }, { softness: 0 }, { softness: 1 }]) {
  test(`${JSON.stringify(looks)}: as a model with that ramp of its own`, async () => {
    const ramp = rampWith([0.2, 0.8], { ...DEFAULT_LOOKS, ...looks });
    const [shaped] = await paint({ kind: 'cutout' }, [looks]);
    const matte = discMatte({ ramp: /** @type {[number, number]} */ (ramp) });
    assert.deepEqual(shaped, (await paint({ kind: 'cutout' }, [{}], { matte }))[0]);
  });
}

test('shrink: > 0 leaves less of the person, < 0 more', async () => {
  const [plain, less, more] = await paint({ kind: 'cutout' }, [
    {},
    { shrink: 0.5 },
    { shrink: -0.5 },
  ]);
  const area = (/** @type {Uint8ClampedArray} */ data) =>
    data.reduce((sum, value, i) => sum + (i % 4 === 3 ? value : 0), 0);
  assert.ok(area(less) < 0.95 * area(plain), `${area(less)}, not under ${area(plain)}`);
  assert.ok(area(more) > 1.05 * area(plain), `${area(more)}, not over ${area(plain)}`);
});

test('brightness bends the person alone, black and white stay', async () => {
  const everybody = discMatte();
  everybody.alpha.fill(1);
  const nobody = discMatte();
  nobody.alpha.fill(0);
  for (const effect of [...COLOR_PAIR, /** @type {Effect} */ ({ kind: 'blur', strength: 1 })]) {
    const frame = () => evenFrame([0, 100, 255]);
    const looks = [{ brightness: 1 }, { brightness: -1 }];
    const [bright, dark] = await paint(effect, looks, { frame: frame(), matte: everybody });
    // 255 · √(100/255) = 159.7; 255 · (100/255)² = 39.2
    assert.deepEqual([...bright.subarray(0, 4)], [0, 160, 255, 255]);
    assert.deepEqual([...dark.subarray(0, 4)], [0, 39, 255, 255]);
    const [without, plain] = await paint(effect, [...looks, {}], { frame: frame(), matte: nobody });
    assert.deepEqual(without, plain);
  }
});

test('the edge is as bright as the person', async () => {
  const [data] = await paint({ kind: 'cutout' }, [{ brightness: 1 }], {
    frame: evenFrame([0, 100, 255]),
  });
  let edges = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue;
    if (data[i + 3] < 255) edges++;
    assert.deepEqual([...data.subarray(i, i + 3)], [0, 160, 255]);
  }
  assert.ok(edges > 50);
});

test('light never makes a white person anything but white', async () => {
  const [plain, lit] = await paint({ kind: 'color', color: '#ffffff' }, [{}, { lightWrap: 1 }], {
    frame: evenFrame([255, 255, 255]),
  });
  assert.deepEqual(lit, plain);
});

test('light of the background falls on the edge and fades into the person', async () => {
  const matte = discMatte({ ramp: null });
  matte.alpha.forEach((_, i) => {
    matte.alpha[i] = i % matte.width >= matte.width / 2 ? 1 : 0;
  });
  const looks = [{}, { lightWrap: 0.5 }, { lightWrap: 1 }];
  const drawn = await paint(GREEN, looks, { frame: evenFrame([100, 100, 100]), matte });
  const y = HEIGHT >> 1;
  const [none, half, full] = drawn.map((data) =>
    Array.from({ length: WIDTH / 2 }, (_, x) => data[4 * (y * WIDTH + WIDTH / 2 + x) + 1]),
  );
  // A sigma of 1.2 pixels; the matte's own edge is 4 pixels wide and half of it lies here.
  const at = 2;
  assert.ok(full[at] > none[at] + 2 && full[at] < none[at] + 30, `${full}`);
  assert.ok(none.slice(at).every((value) => value === 100));
  for (let x = at; x < full.length; x++) {
    assert.ok(full[x] <= full[x - 1], `${full}`);
    assert.ok(Math.abs(2 * (half[x] - 100) - (full[x] - 100)) <= 1);
  }
  assert.equal(full[12], 100);
  const [plain, , lit] = drawn;
  for (const i of [0, 2]) {
    // No red and no blue in the light.
    for (let x = 0; x < WIDTH; x++) {
      assert.equal(lit[4 * (y * WIDTH + x) + i], plain[4 * (y * WIDTH + x) + i]);
    }
  }
});

/** The disc with an edge as steep as a model's: in a wide one hardly a pixel has both sides near. */
function steepMatte() {
  const matte = discMatte();
  matte.alpha.forEach((value, i) => {
    matte.alpha[i] = Math.round(value);
  });
  return matte;
}

/** Its person in red before a blue room. */
function redBeforeBlue() {
  const { alpha, width, height } = steepMatte();
  const frame = evenFrame([20, 60, 200]);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const x = Math.floor((((i % WIDTH) + 0.5) * width) / WIDTH);
    const y = Math.floor(((Math.floor(i / WIDTH) + 0.5) * height) / HEIGHT);
    if (alpha[y * width + x] === 1) frame.bytes.set([200, 80, 40, 255], 4 * i);
  }
  return frame;
}

test('spill: the blue of the edge becomes the red of the person', async () => {
  const scene = { frame: redBeforeBlue(), matte: steepMatte() };
  const [plain, half, full] = await paint(
    { kind: 'cutout' },
    [{}, { spill: 0.5 }, { spill: 1 }],
    scene,
  );
  let cleaned = 0;
  for (let i = 0; i < plain.length; i += 4) {
    const alpha = plain[i + 3];
    const [before, between, after] = [plain, half, full].map((data) => data[i]);
    assert.equal(full[i + 3], alpha);
    if (alpha === 0 || alpha === 255) assert.equal(after, before);
    else {
      // The means are quotients of bytes, which may be a few steps off.
      assert.ok(after >= before - 4 && after <= 204, `${before} to ${after} at ${alpha}`);
      assert.ok(Math.abs(between - (before + after) / 2) <= 1);
      // At least 1 − 0.5⁴ of what it lacks, but for bytes, where both sides are near.
      if (alpha < 128 && after >= 20 + 0.9 * 180) cleaned++;
    }
  }
  assert.ok(cleaned > 30, `${cleaned}`);
});

test('spill: without a sure person nearby nothing is changed, nor without a room', async () => {
  for (const sure of [0, 1]) {
    const matte = steepMatte();
    matte.alpha.forEach((value, i) => {
      matte.alpha[i] = value === 1 ? sure : 0.4;
    });
    const scene = { frame: redBeforeBlue(), matte };
    const [plain, cleaned] = await paint(GREEN, [{}, { spill: 1 }], scene);
    assert.deepEqual(cleaned, plain);
  }
});

test('spill: the room’s colour stays where the room does', async () => {
  for (const effect of /** @type {Effect[]} */ ([
    { kind: 'blur', strength: 1 },
    { kind: 'overlay', color: '#ff0000' },
    { kind: 'mask' },
  ])) {
    const [plain, cleaned] = await paint(effect, [{}, { spill: 1 }], { frame: redBeforeBlue() });
    assert.deepEqual(cleaned, plain);
  }
});

test('no light from a room that is blurred, nor from nothing', async () => {
  for (const effect of /** @type {Effect[]} */ ([
    { kind: 'blur', strength: 1 },
    { kind: 'cutout' },
  ])) {
    const [plain, lit] = await paint(effect, [{}, { lightWrap: 1 }]);
    assert.deepEqual(lit, plain);
  }
});

test('a new size keeps the looks', async () => {
  const canvas = new FakeCanvas();
  const compositor = createCpuCompositor({
    canvas: /** @type {any} */ (canvas),
    effect: { kind: 'cutout' },
  });
  compositor.setLooks(checkLooks({ shrink: 0.7, brightness: 1 }));
  compositor.resize(WIDTH, HEIGHT);
  const frame = noisyFrame(1);
  await compositor.prepare(frame.asVideoFrame);
  compositor.render(frame.asVideoFrame, discMatte());
  frame.close();
  const [same] = await paint({ kind: 'cutout' }, [{ shrink: 0.7, brightness: 1 }]);
  assert.deepEqual(shown(canvas), same);
});
