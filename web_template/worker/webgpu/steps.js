/**
 * The few WebGPU things that the GPU's way is made of.
 *
 * @typedef {GPUBuffer | GPUTextureView | GPUExternalTexture | GPUSampler} Resource
 */

export const STORAGE = 0x80 | 0x4 | 0x8; // GPUBufferUsage: STORAGE, COPY_SRC, COPY_DST
const UNIFORM = 0x40 | 0x8; // UNIFORM, COPY_DST

/**
 * @param {GPUDevice} device
 * @param {string} label
 * @param {number} floats
 */
export function createFloats(device, label, floats) {
  return device.createBuffer({ label, size: 4 * floats, usage: STORAGE });
}

/**
 * Numbers that a shader reads as uniforms, in the order of its struct.
 * @param {GPUDevice} device
 * @param {string} label
 * @param {number} floats  a multiple of 4
 */
export function createUniforms(device, label, floats) {
  const buffer = device.createBuffer({ label, size: 4 * floats, usage: UNIFORM });
  const values = new Float32Array(floats);
  return {
    buffer,
    /** @param {readonly number[]} numbers */
    write(numbers) {
      values.set(numbers);
      device.queue.writeBuffer(buffer, 0, values);
    },
  };
}

/**
 * A compute shader with one invocation for each pixel, in groups of 8 × 8.
 * @param {GPUDevice} device
 * @param {string} entryPoint
 * @param {string} code
 */
export function createStep(device, entryPoint, code) {
  const module = device.createShaderModule({ label: entryPoint, code });
  const pipeline = device.createComputePipeline({
    label: entryPoint,
    layout: 'auto',
    compute: { module, entryPoint },
  });
  return {
    /**
     * @param {GPUCommandEncoder} encoder
     * @param {readonly Resource[]} resources  by binding
     * @param {number} width   pixels
     * @param {number} height
     */
    run(encoder, resources, width, height) {
      const pass = encoder.beginComputePass({ label: entryPoint });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bind(device, pipeline.getBindGroupLayout(0), resources));
      pass.dispatchWorkgroups(Math.ceil(width / 8), Math.ceil(height / 8));
      pass.end();
    },
  };
}

/**
 * @param {GPUDevice} device
 * @param {GPUBindGroupLayout} layout
 * @param {readonly Resource[]} resources  by binding
 */
export function bind(device, layout, resources) {
  const entries = resources.map((resource, binding) => ({
    binding,
    resource: resource instanceof GPUBuffer ? { buffer: resource } : resource,
  }));
  return device.createBindGroup({ layout, entries });
}

/**
 * Records work and hands it to the GPU.
 * @param {GPUDevice} device
 * @param {(encoder: GPUCommandEncoder) => void} record
 */
export function submit(device, record) {
  const encoder = device.createCommandEncoder();
  record(encoder);
  device.queue.submit([encoder.finish()]);
}

/**
 * What a buffer holds once all that was submitted is done.
 * @param {GPUDevice} device
 * @param {GPUBuffer} buffer
 * @param {number} [size]  bytes, of its beginning
 * @returns {Promise<ArrayBuffer>}
 */
export async function readBuffer(device, buffer, size = buffer.size) {
  const usage = 0x1 | 0x8; // MAP_READ, COPY_DST
  const staging = device.createBuffer({ label: 'read back', size, usage });
  try {
    submit(device, (encoder) => encoder.copyBufferToBuffer(buffer, 0, staging, 0, size));
    await staging.mapAsync(1);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}

/**
 * What draws the whole of a target by one fragment shader.
 * @param {GPUDevice} device
 * @param {GPUShaderModule} module   with a vertex shader `quad`
 * @param {string} entryPoint
 * @param {GPUTextureFormat} format  of what is drawn to
 * @param {GPUBindGroupLayout} layout
 */
export function createDrawing(device, module, entryPoint, format, layout) {
  const pipeline = device.createRenderPipeline({
    label: entryPoint,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    vertex: { module, entryPoint: 'quad' },
    fragment: { module, entryPoint, targets: [{ format }] },
    primitive: { topology: 'triangle-strip' },
  });
  return {
    /**
     * @param {GPUCommandEncoder} encoder
     * @param {GPUTextureView} target
     * @param {readonly Resource[]} resources  by binding
     */
    draw(encoder, target, resources) {
      const pass = encoder.beginRenderPass({
        label: entryPoint,
        colorAttachments: [{ view: target, loadOp: 'clear', storeOp: 'store' }],
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bind(device, layout, resources));
      pass.draw(4);
      pass.end();
    },
  };
}

/**
 * What shaders read, by binding; `corners` are uniforms that the vertex shader reads too.
 * @typedef {'uniforms' | 'corners' | 'sampler' | 'texture' | 'words' | 'frame'} Kind
 */

/**
 * @param {GPUDevice} device
 * @param {readonly Kind[]} kinds  by binding
 */
export function createLayout(device, kinds) {
  const [VERTEX, FRAGMENT] = [1, 2]; // GPUShaderStage
  /** @type {Record<Kind, Omit<GPUBindGroupLayoutEntry, 'binding' | 'visibility'>>} */
  const entries = {
    uniforms: { buffer: {} },
    corners: { buffer: {} },
    sampler: { sampler: {} },
    texture: { texture: {} },
    words: { buffer: { type: 'read-only-storage' } },
    frame: { externalTexture: {} },
  };
  return device.createBindGroupLayout({
    entries: kinds.map((kind, binding) => ({
      binding,
      visibility: kind === 'corners' ? VERTEX | FRAGMENT : FRAGMENT,
      ...entries[kind],
    })),
  });
}
