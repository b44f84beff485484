"""The shape of a matte, as options: stray islands go, the body stays.

* ``clean``: the classic morphological clean-up. Pixels of ``alpha · 255 > 240`` are eroded by a
  cross of 5×5, dilated by one of 25×25 and multiplied into the alpha. The kernels are for masks of
  256 pixels' width and scale with the matte's own. Outside of the matte counts as the best: as
  person for the erosion, as nobody for the dilation.
* ``keep_largest``: of the connected components (8 neighbours) of what is visible, ``alpha >
  VISIBLE``, all but the largest become 0; of two of a size the first from the top left stays.

The browser has the same (`worker/shape.js`).
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Bool = NDArray[np.bool_]

CORE = 240 / 255
ERODE_REACH = 2  # pixels on each side of the centre, at BASE_WIDTH
DILATE_REACH = 12
BASE_WIDTH = 256
VISIBLE = 0.1


def clean(alpha: Float) -> Float:
    """Alpha ``[h, w]`` 0..1 → the same with what is far from any sure person set to 0."""
    scale = alpha.shape[1] / BASE_WIDTH
    core = alpha > np.float32(CORE)
    core = ~_dilated(~core, reach(ERODE_REACH, scale))
    return np.asarray(alpha * _dilated(core, reach(DILATE_REACH, scale)), np.float32)


def reach(pixels: int, scale: float) -> int:
    """Scale one arm of a cross, rounded half up."""
    return int(pixels * scale + 0.5)


def _dilated(mask: Bool, reach: int) -> Bool:
    """Dilate by a cross; what lies outside the mask is False."""
    result = mask.copy()
    for step in range(1, reach + 1):
        result[step:] |= mask[:-step]
        result[:-step] |= mask[step:]
        result[:, step:] |= mask[:, :-step]
        result[:, :-step] |= mask[:, step:]
    return result


def keep_largest(alpha: Float) -> Float:
    """Alpha ``[h, w]`` 0..1 → the same with all but the largest component set to 0."""
    labels = _components(alpha > np.float32(VISIBLE))
    counts = np.bincount(labels.ravel())
    if len(counts) < 3:  # none, or one alone
        return alpha
    largest = 1 + int(np.argmax(counts[1:]))
    return np.where((labels == 0) | (labels == largest), alpha, np.float32(0))


def _components(mask: Bool) -> NDArray[np.intp]:
    """Number the components from 1 in the order of their first pixels; 0 is no component.

    Each pixel takes the least number of its neighbourhood until nothing changes, in sweeps along
    rows and columns.
    """
    height, width = mask.shape
    none = height * width
    labels = np.where(mask, np.arange(none).reshape(height, width), none)
    before = np.zeros(0)
    while not np.array_equal(before, labels):
        before = labels.copy()
        for axis in (0, 1):
            for backwards in (False, True):
                _sweep(np.flip(labels, axis) if backwards else labels, mask, axis, backwards)
    first = np.unique(labels[mask])
    return np.where(mask, np.searchsorted(first, labels) + 1, 0)


def _sweep(labels: NDArray[np.intp], mask: Bool, axis: int, backwards: bool) -> None:
    """Carry the least number on, line after line, to the three neighbours ahead; in place."""
    allowed = np.flip(mask, axis) if backwards else mask
    lines = labels if axis == 0 else labels.T
    allowed = allowed if axis == 0 else allowed.T
    for at in range(1, len(lines)):
        ahead = lines[at - 1]
        least = np.minimum(lines[at], ahead)
        least[1:] = np.minimum(least[1:], ahead[:-1])
        least[:-1] = np.minimum(least[:-1], ahead[1:])
        lines[at][allowed[at]] = least[allowed[at]]


def island_stages(islands: "bool | Literal['largest']") -> tuple[Callable[[Float], Float], ...]:
    """Give what the look ``islands`` does, in this order: True cleans, "largest" does both."""
    if not islands:
        return ()
    return (keep_largest, clean) if islands == "largest" else (clean,)
