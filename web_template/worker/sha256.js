/**
 * @param {BufferSource} bytes
 * @returns {Promise<string>} hex, as in the manifest; only secure contexts have `crypto.subtle`
 */
export async function sha256Of(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
