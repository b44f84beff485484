import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gpuAnswer, requestGpu } from '../../../../web_template/worker/webgpu/device.js';

const LIMITS = {
  maxStorageBuffersPerShaderStage: 10,
  maxStorageBufferBindingSize: 2 ** 30,
  maxBufferSize: 2 ** 31,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
  maxComputeWorkgroupSizeZ: 64,
  maxComputeWorkgroupStorageSize: 32_768,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxTextureDimension2D: 16_384,
};

/**
 * A GPU whose adapter is `changes` away from a good one.
 * @param {object} [changes]
 * @returns {any}
 */
function gpu(changes = {}) {
  const told = { destroyed: 0, asked: /** @type {any[]} */ ([]) };
  const device = { destroy: () => told.destroyed++ };
  const adapter = {
    info: { vendor: 'acme', architecture: 'rocket', device: '', description: '' },
    features: new Set(['shader-f16', 'timestamp-query']),
    limits: LIMITS,
    requestDevice: async (/** @type {any} */ wanted) => {
      told.asked.push(wanted);
      return device;
    },
    ...changes,
  };
  return { told, device, requestAdapter: async () => adapter };
}

test('an adapter that is good gives its device, with all that the runtime can use', async () => {
  const good = gpu();
  const { answer, device } = await requestGpu(good);
  assert.equal(device, good.device);
  assert.deepEqual(answer, { reason: null, isSoftware: false, hasF16: true, name: 'acme rocket' });
  assert.ok(Object.isFrozen(answer));
  const [wanted] = good.told.asked;
  assert.deepEqual(wanted.requiredFeatures, ['shader-f16']);
  assert.equal(wanted.requiredLimits.maxStorageBufferBindingSize, 2 ** 30);
  assert.equal('maxTextureDimension2D' in wanted.requiredLimits, false);
});

const refuse = async () => {
  throw new Error('made to fail');
};
const SWIFTSHADER = { info: { vendor: 'google', architecture: 'swiftshader' } };

for (const [what, given, reason] of /** @type {[string, any, string][]} */ ([
  ['a browser without WebGPU', undefined, 'no-webgpu'],
  ['no adapter', { requestAdapter: async () => null }, 'no-adapter'],
  ['an adapter that is refused', { requestAdapter: refuse }, 'no-adapter'],
  [
    'one that says it is a fallback',
    gpu({ info: { isFallbackAdapter: true } }),
    'fallback-adapter',
  ],
  ['one that is known for software', gpu(SWIFTSHADER), 'fallback-adapter'],
  ['few bindings', gpu({ limits: { ...LIMITS, maxStorageBuffersPerShaderStage: 4 } }), 'limits'],
  [
    'small workgroups',
    gpu({ limits: { ...LIMITS, maxComputeInvocationsPerWorkgroup: 128 } }),
    'limits',
  ],
  ['a limit that is not told', gpu({ limits: {} }), 'limits'],
  ['no device', gpu({ requestDevice: refuse }), 'no-device'],
])) {
  test(`${what}: ${reason}`, async () => {
    const { answer, device } = await requestGpu(given);
    assert.equal(answer.reason, reason);
    assert.equal(device, null);
    assert.ok(Object.isFrozen(answer));
  });
}

test('software is taken where it is asked for, and said', async () => {
  const { answer, device } = await requestGpu(gpu(SWIFTSHADER), { allowSoftware: true });
  assert.deepEqual([answer.reason, answer.isSoftware], [null, true]);
  assert.ok(device);
});

test('an adapter without info is no software', async () => {
  const { answer } = await requestGpu(gpu({ info: undefined }));
  assert.deepEqual([answer.reason, answer.isSoftware, answer.name], [null, false, '']);
});

test('the answer is asked for once, and keeps no device', async (t) => {
  const good = gpu();
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: good }, configurable: true });
  t.after(() => {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  });
  const first = gpuAnswer();
  assert.equal(first, gpuAnswer());
  assert.equal((await first).reason, null);
  assert.deepEqual([good.told.asked.length, good.told.destroyed], [1, 1]);
});
