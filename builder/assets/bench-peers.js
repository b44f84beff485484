/**
 * The peers of the bench, each doing its part of the work on the same weights and the same clip:
 * LiteRT.js the inference, MediaPipe's tasks the whole frame. All addresses are relative to the
 * folder that the bench puts together.
 */

/**
 * @typedef {object} Ran
 * @property {number[]} ms       one entry for each run
 * @property {number} seconds    that all of them took together
 * @property {number} person     share of the last mask that is person, 0..1
 */

const FIRST_RUNS = 5; // what is compiled at first use has been compiled after these

/**
 * Inference alone: input tensor → alpha, read back.
 * @param {{width: number, height: number, threads: number, seconds: number}} options
 * @returns {Promise<Ran>}
 */
async function litert({ width, height, threads, seconds }) {
  const { loadLiteRt, loadAndCompile, Tensor } = await importFrom('./litert/dist/index.js');
  await loadLiteRt('./litert/wasm/', { threads: threads > 1 });
  const model = await loadAndCompile('./model.tflite', {
    accelerator: 'wasm',
    cpuOptions: { numThreads: threads },
  });
  const response = await fetch('./frames.bin');
  const values = new Float32Array(await response.arrayBuffer());
  const size = 3 * width * height;
  const run = async (/** @type {number} */ index) => {
    const at = (index % (values.length / size)) * size;
    const input = new Tensor(values.subarray(at, at + size), [1, height, width, 3]);
    const [output] = await model.run([input]);
    const alpha = (await output.data()).slice();
    input.delete();
    output.delete();
    return alpha;
  };
  return repeat(run, seconds);
}

/**
 * The whole frame: a camera's picture in, a 2D canvas with one colour behind the person out.
 * @param {{width: number, height: number, seconds: number}} options
 * @returns {Promise<Ran>}
 */
async function tasksVision({ width, height, seconds }) {
  const { FilesetResolver, ImageSegmenter } = await importFrom('./tasks-vision/vision_bundle.mjs');
  const segmenter = await ImageSegmenter.createFromOptions(
    await FilesetResolver.forVisionTasks(new URL('./tasks-vision/wasm', location.href).href),
    {
      baseOptions: { modelAssetPath: './tagged.tflite', delegate: 'CPU' },
      runningMode: 'VIDEO',
      outputConfidenceMasks: true,
      outputCategoryMask: false,
    },
  );
  const video = await openCamera(width, height);
  const output = context2d(width, height);
  const run = async () => {
    /** @type {Float32Array} */
    let alpha = new Float32Array();
    segmenter.segmentForVideo(video, performance.now(), (/** @type {any} */ result) => {
      const [mask] = result.confidenceMasks;
      alpha = mask.getAsFloat32Array().slice();
      drawPerson(output, video, alpha, mask.width, mask.height);
    });
    await new Promise((resolve) => setTimeout(resolve, 0)); // the page stays alive
    return alpha;
  };
  return repeat(run, seconds);
}

/**
 * @param {(index: number) => Promise<Float32Array>} run
 * @param {number} seconds
 * @returns {Promise<Ran>}
 */
async function repeat(run, seconds) {
  for (let i = 0; i < FIRST_RUNS; i++) await run(i);
  /** @type {number[]} */
  const ms = [];
  /** @type {Float32Array} */
  let alpha = new Float32Array();
  const start = performance.now();
  while (performance.now() - start < 1000 * seconds) {
    const before = performance.now();
    alpha = await run(ms.length);
    ms.push(performance.now() - before);
  }
  const person = alpha.reduce((sum, value) => sum + (value >= 0.5 ? 1 : 0), 0) / alpha.length;
  return { ms, seconds: (performance.now() - start) / 1000, person };
}

/**
 * @param {number} width
 * @param {number} height
 */
async function openCamera(width, height) {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = await navigator.mediaDevices.getUserMedia({
    video: { width: { exact: width }, height: { exact: height } },
  });
  await video.play();
  return video;
}

/** @type {OffscreenCanvasRenderingContext2D | null} */
let maskContext = null;

/**
 * @param {OffscreenCanvasRenderingContext2D} output
 * @param {HTMLVideoElement} video
 * @param {Float32Array} alpha
 * @param {number} width
 * @param {number} height
 */
function drawPerson(output, video, alpha, width, height) {
  maskContext ??= context2d(width, height);
  const pixels = maskContext.createImageData(width, height);
  for (let i = 0; i < alpha.length; i++) pixels.data[4 * i + 3] = 255 * alpha[i];
  maskContext.putImageData(pixels, 0, 0);
  const { canvas } = output;
  output.globalCompositeOperation = 'copy';
  output.drawImage(maskContext.canvas, 0, 0, canvas.width, canvas.height);
  output.globalCompositeOperation = 'source-in';
  output.drawImage(video, 0, 0, canvas.width, canvas.height);
  output.globalCompositeOperation = 'destination-over';
  output.fillStyle = '#00b140';
  output.fillRect(0, 0, canvas.width, canvas.height);
}

/**
 * @param {number} width
 * @param {number} height
 */
function context2d(width, height) {
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('no 2D canvas');
  return context;
}

/**
 * The peers are no part of this project's own modules.
 * @param {string} path
 * @returns {Promise<any>}
 */
function importFrom(path) {
  return import(new URL(path, location.href).href);
}

Object.assign(globalThis, { livemattePeers: { litert, tasksVision } });
