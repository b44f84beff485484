/** The looks that the page begins with. The engine's own defaults change nothing. */

import { DEFAULT_LOOKS } from '../shared/looks.js';

/** Most people sit before a wall of one colour, which shows at the edge wherever they are put. */
export const PAGE_LOOKS = Object.freeze({ ...DEFAULT_LOOKS, spill: 0.8 });
