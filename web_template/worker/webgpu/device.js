/**
 * Whether there is a GPU that the engine can use: adapter ─► device ─► limits.
 *
 * @typedef {'no-webgpu' | 'no-adapter' | 'fallback-adapter' | 'limits' | 'no-device'} GpuReason
 *   no-webgpu: the browser, or the context, has no WebGPU; no-adapter: it gives no adapter;
 *   fallback-adapter: one that computes on the processor, which is slower than wasm there;
 *   limits: too small for what the runtime and the shaders bind; no-device: the adapter refuses
 *
 * @typedef {object} GpuAnswer  frozen
 * @property {GpuReason | null} reason  why the GPU cannot be used; null when it can
 * @property {boolean} isSoftware  the adapter computes on the processor
 * @property {boolean} hasF16      shaders may compute in float16
 * @property {string} name         of the adapter, as far as the browser says it
 */

/** What WebGPU guarantees without compatibility mode, of what is used here. */
const NEEDED = Object.freeze({
  maxStorageBuffersPerShaderStage: 8,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxTextureDimension2D: 8192,
});

/** The inference runtime binds as much as the adapter has, beyond what is guaranteed. */
const TAKEN = /** @type {const} */ ([
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
]);

/** Of Chromium, Mesa and Windows. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** Worth having, never needed. @type {readonly GPUFeatureName[]} */
const FEATURES = ['shader-f16', 'subgroups'];

/** @type {Promise<Readonly<GpuAnswer>> | undefined} */
let asked;

/**
 * Asked once in each context; nothing of the GPU is kept.
 * @returns {Promise<Readonly<GpuAnswer>>}
 */
export function gpuAnswer() {
  asked ??= requestGpu(navigator.gpu).then(({ answer, device }) => {
    device?.destroy();
    return answer;
  });
  return asked;
}

/**
 * @param {GPU | undefined} gpu
 * @param {{allowSoftware?: boolean}} [options]  for whoever wants WebGPU at any speed; false
 * @returns {Promise<{answer: Readonly<GpuAnswer>, device: GPUDevice | null}>} the device is the
 *   caller's to destroy; null when the answer has a reason
 */
export async function requestGpu(gpu, { allowSoftware = false } = {}) {
  if (!gpu) return refusal('no-webgpu');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(nothing);
  if (!adapter) return refusal('no-adapter');
  const facts = factsOf(adapter);
  if (facts.isSoftware && !allowSoftware) return refusal('fallback-adapter', facts);
  const isEnough = Object.entries(NEEDED).every(
    ([limit, least]) => Number(adapter.limits[/** @type {keyof typeof NEEDED} */ (limit)]) >= least,
  );
  if (!isEnough) return refusal('limits', facts);
  const device = await adapter
    .requestDevice({
      label: 'livematte',
      requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(TAKEN.map((limit) => [limit, adapter.limits[limit]])),
    })
    .catch(nothing);
  if (!device) return refusal('no-device', facts);
  return { answer: Object.freeze({ reason: null, ...facts }), device };
}

function nothing() {
  return null;
}

/**
 * @param {GPUAdapter} adapter
 * @returns {Omit<GpuAnswer, 'reason'>}
 */
function factsOf({ info, features }) {
  const said = info ? [info.vendor, info.architecture, info.device, info.description] : [];
  const name = said.filter(Boolean).join(' ');
  const isFallback = info?.isFallbackAdapter === true;
  return {
    isSoftware: isFallback || SOFTWARE.test(name),
    hasF16: features.has('shader-f16'),
    name,
  };
}

/**
 * @param {GpuReason} reason
 * @param {Omit<GpuAnswer, 'reason'>} [facts]
 * @returns {{answer: Readonly<GpuAnswer>, device: null}}
 */
function refusal(reason, facts = { isSoftware: false, hasF16: false, name: '' }) {
  return { answer: Object.freeze({ reason, ...facts }), device: null };
}
