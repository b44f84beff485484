"""The old background's colour is taken out of the person's edge.

A pixel of the edge shows some of the room behind the person; before another background that is a
fringe of the wrong colour. Three steps find the person's own colour there:

1. What person and room look like nearby. ``F`` and ``B`` are means of the frame, weighted by how
   surely a pixel is person or room. Of the bent alpha (see ``effects``): person by a smoothstep
   from 0.5 to 0.8, room by one from 0.3 down to 0.05, so that the unsure pixels between count for
   neither. As in M. Forte, "Approximate Fast Foreground Colour Estimation" (ICIP 2021), each is a
   weighted sum over the sum of its weights. Here both are shrunk to a grid whose longer side is 128
   pixels, of small frames half of theirs, a cell of 2 × 2 quarters with one weight each, enlarged
   bilinearly, and only then divided, so that a cell without any weight counts for nothing.
2. How much person the pixel's colour ``C`` shows: its place between the two,
   ``t = (C − B)·d / (d·d + 1/512)`` of 0..1, with ``d = F − B`` (Chuang et al., "A Bayesian
   Approach to Digital Matting", CVPR 2001). The alpha itself says too little: the model's is no
   matte, its edge is wider than the person's and often beside it.
3. What it lacks is added: ``C + spill · sureness · (1 − alpha⁴) · (1 − t) · d``. Where all is
   person nothing is changed; ``sureness`` is 0..1, less than 1 where hardly any sure person or
   sure room is near.
"""

import numpy as np
from numpy.typing import NDArray

from builder.resample import resize

Float = NDArray[np.float32]

GRID = 128  # pixels of the longer side: a cell is about as wide as the edge
SURE_PERSON = (0.5, 0.8)  # of the bent alpha
SURE_ROOM = (0.05, 0.3)
ENOUGH = 1 / 8  # of a weight, of 1: from there on a mean is believed
_CONTRAST_FLOOR = 1 / 512  # of d·d: where both sides look alike there is nothing to take out


def clean_edge(rgb: NDArray[np.uint8], bent: Float, alpha: Float, spill: float) -> Float:
    """Take ``spill``, 0..1, of the old background's colour out of the edge.

    Args:
        rgb: the frame, uint8 ``[H, W, 3]``.
        bent: the alpha whose threshold is 0.5, without a ramp, ``[H, W]`` 0..1.
        alpha: the one that the frame is drawn by.
        spill: how much.

    Returns:
        float32 ``[H, W, 3]``, 0..255; the frame's own colours where ``alpha`` is 1.
    """
    height, width = alpha.shape
    k = min(0.5, GRID / max(height, width))
    rows, columns = max(1, int(height * k + 0.5)), max(1, int(width * k + 0.5))
    quarters = resize(np.dstack([rgb / np.float32(255), bent]), 2 * rows, 2 * columns)

    def near(weight: Float) -> Float:
        """The sums ``w·rgb`` and ``w`` around each pixel, ``[H, W, 4]``."""
        layers = np.dstack([quarters[..., :3] * weight[..., None], weight])
        return resize(resize(layers, rows, columns), height, width)

    person = near(_rise(quarters[..., 3], SURE_PERSON))
    room = near(1 - _rise(quarters[..., 3], SURE_ROOM))
    color = rgb / np.float32(255)
    sureness = np.minimum(1, person[..., 3] / ENOUGH) * np.minimum(1, room[..., 3] / ENOUGH)
    away = _quotient(person) - _quotient(room)
    along = ((color - _quotient(room)) * away).sum(axis=2)
    shown = np.clip(along / ((away * away).sum(axis=2) + _CONTRAST_FLOOR), 0, 1)
    amount = np.float32(spill) * sureness * (1 - alpha**4) * (1 - shown)
    cleaned = np.clip(color + amount[..., None] * away, 0, 1)
    return np.asarray(255 * cleaned, np.float32)


def _quotient(sums: Float) -> Float:
    return np.asarray(sums[..., :3] / np.maximum(sums[..., 3:], 1 / 255), np.float32)


def _rise(bent: Float, ramp: tuple[float, float]) -> Float:
    """A smoothstep."""
    low, high = ramp
    t = np.clip((bent - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
