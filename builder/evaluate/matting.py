"""How close an alpha is to a soft matte: the errors of the matting literature.

Each has the shape of ``metrics.Metric``; the threshold plays no part. They are of the whole
picture, no trimap. After Rhemann et al., "A Perceptually Motivated Online Benchmark for Image
Matting", CVPR 2009; the sums are divided by 1000, as is usual in its successors.
"""

import math

import numpy as np
from numpy.typing import NDArray

from builder.evaluate.components import components

Float = NDArray[np.float32]
Double = NDArray[np.float64]

GRADIENT_SIGMA = 1.4  # of the Gaussian, pixels
CONNECTIVITY_STEP = 0.1
CONNECTIVITY_SLACK = 0.15  # θ: a smaller gap to the connected level is none


def mad(alpha: Float, mask: Float, _threshold: float = 0.5) -> float:
    """Mean ``|alpha − mask|``, 0..1."""
    return float(np.abs(alpha - mask).mean(dtype=np.float64))


def mse(alpha: Float, mask: Float, _threshold: float = 0.5) -> float:
    """Mean ``(alpha − mask)²``, 0..1."""
    return float(np.square(alpha - mask).mean(dtype=np.float64))


def sad(alpha: Float, mask: Float, _threshold: float = 0.5) -> float:
    """``Σ |alpha − mask| / 1000``."""
    return float(np.abs(alpha - mask).sum(dtype=np.float64)) / 1000


def gradient_error(alpha: Float, mask: Float, _threshold: float = 0.5) -> float:
    """``Σ (|∇alpha| − |∇mask|)² / 1000``.

    The gradient is taken with first-order Gaussian derivatives, σ = 1.4, of unit norm; the border
    is continued with its own values.
    """
    difference = _gradient(alpha) - _gradient(mask)
    return float(np.square(difference).sum(dtype=np.float64)) / 1000


def connectivity_error(alpha: Float, mask: Float, _threshold: float = 0.5) -> float:
    """``Σ |φ(alpha) − φ(mask)| / 1000``, what is not connected to the person where it should be.

    For levels of 0.1: the largest 4-connected region in which both are at least the level is the
    source. ``l`` is the highest level at which a pixel is still in it, ``d = value − l`` and
    ``φ = 1 − d`` where ``d ≥ 0.15``, else 1.
    """
    levels = np.arange(0, 1 + CONNECTIVITY_STEP, CONNECTIVITY_STEP)
    reached = np.full(alpha.shape, -1.0)
    both = np.minimum(alpha, mask)
    for number, level in enumerate(levels[1:], 1):
        found = components(both >= level, neighbours=4)
        if len(found.sizes):
            lost = ~found.mask(int(np.argmax(found.sizes)))
        else:
            lost = np.ones(alpha.shape, bool)
        reached[(reached < 0) & lost] = levels[number - 1]
        if lost.all():
            break
    reached[reached < 0] = 1
    return float(np.abs(_connected(alpha, reached) - _connected(mask, reached)).sum()) / 1000


def _connected(values: Float, reached: Double) -> Double:
    gap = values - reached
    return np.asarray(1 - gap * (gap >= CONNECTIVITY_SLACK))


def _gradient(values: Float) -> Float:
    """The gradient's magnitude."""
    radius = math.ceil(
        GRADIENT_SIGMA * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * GRADIENT_SIGMA * 0.01))
    )
    place = np.arange(-radius, radius + 1)
    smooth = np.exp(-(place**2) / (2 * GRADIENT_SIGMA**2)).astype(np.float32)
    slope = (-place * smooth).astype(np.float32)
    smooth, slope = smooth / np.linalg.norm(smooth), slope / np.linalg.norm(slope)
    across = _filtered(_filtered(values, smooth, 0), slope, 1)
    down = _filtered(_filtered(values, slope, 0), smooth, 1)
    return np.asarray(np.hypot(across, down))


def _filtered(values: Float, kernel: Float, axis: int) -> Float:
    radius, count = len(kernel) // 2, values.shape[axis]
    margin = [(0, 0), (0, 0)]
    margin[axis] = (radius, radius)
    padded = np.pad(values, margin, mode="edge")
    out = np.zeros_like(values)
    for offset, weight in enumerate(kernel):
        part = padded[offset : offset + count] if axis == 0 else padded[:, offset : offset + count]
        out += weight * part
    return out
