"""The one definition of how a picture or an alpha changes its size.

The browser's sampler follows the same definition, so that both sides feed the model the same
numbers. Each axis on its own, with ``scale = n_in / n_out``:

* ``scale > 2``: exact area average. Output pixel ``i`` is the mean over the interval
  ``[i·scale, (i+1)·scale)`` of the input, with fractional weights at both ends.
* otherwise: bilinear with half-pixel centres. Output pixel ``i`` is read at
  ``(i + 0.5)·scale − 0.5`` and lies between its two neighbours; beyond the edge the edge pixel
  counts (clamped).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Index = NDArray[np.intp]

AREA_ABOVE = 2.0  # up to this shrink two neighbours see every pixel; beyond it bilinear would alias


@lru_cache(maxsize=64)
def axis_taps(n_in: int, n_out: int) -> tuple[Index, Float]:
    """Source pixels and weights of one axis.

    Returns ``(index, weight)``, both ``[n_out, taps]``: output pixel ``i`` is
    ``sum(source[index[i, k]] * weight[i, k])``. Each row of weights sums to 1. The arrays are
    shared between callers and read-only.
    """
    scale = n_in / n_out
    index, weight = _area_taps(n_in, n_out) if scale > AREA_ABOVE else _linear_taps(n_in, n_out)
    weight32 = weight.astype(np.float32)
    index.flags.writeable = weight32.flags.writeable = False
    return index, weight32


def _linear_taps(n_in: int, n_out: int) -> tuple[Index, NDArray[np.float64]]:
    centre = (np.arange(n_out) + 0.5) * (n_in / n_out) - 0.5
    low = np.floor(centre).astype(np.intp)
    fraction = centre - low
    index = np.clip(np.stack([low, low + 1], axis=1), 0, n_in - 1)
    return index, np.stack([1.0 - fraction, fraction], axis=1)


def _area_taps(n_in: int, n_out: int) -> tuple[Index, NDArray[np.float64]]:
    scale = n_in / n_out
    start = np.arange(n_out) * scale
    end = start + scale
    first = np.floor(start).astype(np.intp)
    taps = int((np.ceil(end - 1e-9).astype(np.intp) - first).max())
    index = first[:, None] + np.arange(taps)
    overlap = np.minimum(end[:, None], index + 1) - np.maximum(start[:, None], index)
    weight = np.clip(overlap, 0.0, None)
    return np.minimum(index, n_in - 1), weight / weight.sum(axis=1, keepdims=True)


def resize(image: NDArray[np.float32] | NDArray[np.uint8], height: int, width: int) -> Float:
    """``[H, W]`` or ``[H, W, C]``, uint8 or float32 → float32 of the new size, same range.

    Raises ``ValueError`` for an empty picture or a size below 1.
    """
    if image.ndim not in (2, 3) or 0 in image.shape or height < 1 or width < 1:
        raise ValueError(f"cannot resize {image.shape} to {height} × {width}")
    return _along(_along(image, height, 0), width, 1)


def _along(image: NDArray[np.float32] | NDArray[np.uint8], n_out: int, axis: int) -> Float:
    """Resample one axis; a tap at a time, which costs about one pass over the larger side."""
    if image.shape[axis] == n_out:
        return image.astype(np.float32)
    index, weight = axis_taps(image.shape[axis], n_out)
    shape = [1] * image.ndim
    shape[axis] = n_out
    result: Float = np.empty((*image.shape[:axis], n_out, *image.shape[axis + 1 :]), np.float32)
    np.multiply(np.take(image, index[:, 0], axis), weight[:, 0].reshape(shape), out=result)
    scratch = np.empty_like(result)
    for k in range(1, index.shape[1]):
        np.multiply(np.take(image, index[:, k], axis), weight[:, k].reshape(shape), out=scratch)
        result += scratch
    return result
