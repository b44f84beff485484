/**
 * What `livematte check` runs in the built page: the engine, one picture after the other.
 */

/** @param {ArrayBuffer | ArrayBufferView | Blob} bytes */
function toBase64(bytes) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',')[1]);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([/** @type {any} */ (bytes)]));
  });
}

/** @type {any} */
let matte;

/** @param {any} error  of the engine */
function told(error) {
  const detail = error.detail ? ` (${error.detail})` : '';
  return new Error(error.code ? `${error.code}: ${error.message}${detail}` : error.message);
}

/** @param {{model: string, backend: string}} options */
async function start(options) {
  const engine = await import(new URL('./matte.js', location.href).href);
  const canvas = document.createElement('canvas');
  document.body.replaceChildren(canvas);
  try {
    matte = await engine.createMatte({ ...options, canvas, effect: { kind: 'mask' } });
    await matte.ready;
  } catch (error) {
    throw told(error);
  }
  return engineFacts();
}

function engineFacts() {
  const { backend, backendReason, variant, model } = matte.stats;
  return { backend, backendReason, variant, model };
}

/**
 * Mattes one picture.
 * @param {string} png  base64
 */
async function picture(png) {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }), {
    colorSpaceConversion: 'none',
  });
  const first = new Promise((resolve, reject) => {
    const silent = matte.on('first-matte', () => {
      silent();
      resolve(undefined);
    });
    const whole = matte.on('error', (/** @type {any} */ error) => {
      whole();
      reject(told(error));
    });
  });
  await matte.attach(bitmap);
  await first;
  const { rgba, alpha, modelAlpha, timestamp: _, ...facts } = await matte.capture();
  matte.detach();
  bitmap.close();
  return {
    ...facts,
    ...engineFacts(),
    rgba: await toBase64(rgba),
    alpha: await toBase64(alpha),
    modelAlpha: await toBase64(modelAlpha),
  };
}

Object.assign(globalThis, { livematteCheck: { start, picture } });
