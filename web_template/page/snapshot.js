/** Saving what is shown, as the visitor sees it. */

/**
 * @param {Blob} picture
 * @returns {Promise<Blob>} left and right exchanged, transparency kept
 */
export async function mirrorPicture(picture) {
  const bitmap = await createImageBitmap(picture);
  try {
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    if (!context) return picture;
    context.translate(bitmap.width, 0);
    context.scale(-1, 1);
    context.drawImage(bitmap, 0, 0);
    return await canvas.convertToBlob({ type: picture.type });
  } finally {
    bitmap.close();
  }
}

/**
 * @param {Date} now
 * @param {string} [suffix]
 * @returns {string} sorts by time, and is a valid name on every system
 */
export function fileName(now, suffix = 'png') {
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join('');
  return `livematte-${day}-${time}.${suffix}`;
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser reads the address in its own time, and says nothing when it has.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
