"""What a viewer sees move where nothing moves, between consecutive frames."""

import math

import numpy as np
from numpy.typing import NDArray

from builder.evaluate.metrics import BAND, BAND_MIN_PX, MASK_THRESHOLD, boundary_band

Float = NDArray[np.float32]

STILL = 1 / 255  # a change of the mask below a step of 8 bits is none


def flicker(before: Float, alpha: Float, mask_before: Float, mask: Float) -> float:
    """Mean ``|alpha − alpha before|`` along the edge where the mask does not change.

    The band is that of ``metrics.boundary_error``; nan where no still pixel is in it. All are
    float32 ``[H, W]`` 0..1. (This project's own measure.)
    """
    band = boundary_band(mask >= MASK_THRESHOLD, max(BAND_MIN_PX, BAND * max(mask.shape)))
    still = band & (np.abs(mask - mask_before) < STILL)
    if not still.any():
        return math.nan
    return float(np.abs(alpha[still] - before[still]).mean(dtype=np.float64))


def dt_ssd(before: Float, alpha: Float, mask_before: Float, mask: Float) -> float:
    """Root of the mean ``((alpha − alpha before) − (mask − mask before))²``, 0..1.

    dtSSD of Erofeev et al., "Perceptually Motivated Benchmark for Video Matting", BMVC 2015.
    """
    wrong = (alpha - before) - (mask - mask_before)
    return math.sqrt(float(np.square(wrong).mean(dtype=np.float64)))
