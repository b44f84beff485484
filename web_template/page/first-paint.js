/**
 * Runs before anything is painted: settles the language, and the background that was chosen at
 * the visit before, so that nobody sees another one first. It therefore imports next to nothing.
 */

import { backdropImage, paintBackdrop } from './backdrop-layer.js';
import './language.js';
import { loadSettings } from './settings.js';

const { effect, color, backdrop } = loadSettings();
paintBackdrop(effect, { color, image: backdropImage(document, backdrop)?.src ?? '' });
