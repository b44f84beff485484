/**
 * The region of a recurrent model: always the whole frame. Its states are pictures too; a crop that
 * moves from frame to frame would lay them beside what they belong to.
 *
 * @typedef {import('./region-of-interest.js').RegionOfInterest} RegionOfInterest
 * @returns {Pick<RegionOfInterest, 'look' | 'learn' | 'follow' | 'matteRect' | 'reset'>}
 */
export function createWholeFrame() {
  return {
    look: (width, height) => ({ rect: { x: 0, y: 0, width, height }, isWhole: true }),
    learn: () => null,
    follow: () => null,
    matteRect: ({ rect }) => rect,
    reset() {},
  };
}
