/**
 * What the address of embed.html asks for, besides the looks that a link of the page has, too:
 *
 *     embed.html?bg=transparent&effect=cutout&model=selfie&camera=logitech&mirror=1&fit=cover
 *
 * @typedef {object} EmbedWishes
 * @property {string} background  of the page: 'transparent' or '#rrggbb'
 * @property {'camera' | 'demo'} source
 * @property {string} camera      part of a camera's name; '' for the browser's choice
 * @property {boolean} mirrored
 * @property {'contain' | 'cover'} fit
 */

/**
 * @param {string} search  '?…'
 * @returns {EmbedWishes} what does not fit is as if it were not there
 */
export function embedWishes(search) {
  const given = new URLSearchParams(search);
  const background = given.get('bg') ?? '';
  const camera = given.get('camera') ?? '';
  return {
    background: /^#[0-9a-f]{6}$/i.test(background) ? background : 'transparent',
    source: given.get('source') === 'demo' ? 'demo' : 'camera',
    camera: camera === '1' ? '' : camera,
    mirrored: given.get('mirror') === '1',
    fit: given.get('fit') === 'cover' ? 'cover' : 'contain',
  };
}
