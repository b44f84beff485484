"""Quantised tensors: what their integers mean, and which numbers they can hold.

The scheme is TFLite's (tensorflow.org/lite/performance/quantization_spec): real = scale × (stored
− zero point). An op's result that the stored type cannot hold saturates, and converters rely on
that: they leave out a RELU6 whose bounds are those of the type.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from builder.importers.tflite_model import Quantization, Tensor

Quantized = Literal["float", "qdq"]

Range = tuple[float, float]
EVERYTHING: Range = (-np.inf, np.inf)

# What an op's results lie between by themselves, whatever comes in.
_OWN_RANGES: dict[str, Range] = {"LOGISTIC": (0, 1), "SOFTMAX": (0, 1), "TANH": (-1, 1)}

# Ops whose results lie between the smallest and the largest of their inputs (and 0, in PAD).
_WITHIN_INPUTS = frozenset(
    (
        *("AVERAGE_POOL_2D", "CONCATENATION", "DEPTH_TO_SPACE", "DEQUANTIZE", "EXPAND_DIMS"),
        *("GATHER", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM", "MIRROR_PAD", "PACK", "PAD"),
        *("PADV2", "QUANTIZE", "REDUCE_MAX", "REDUCE_MIN", "RELU", "RELU6", "RESHAPE"),
        *("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SPACE_TO_DEPTH", "SPLIT"),
        *("SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE", "UNPACK"),
    )
)


def dequantized(data: NDArray[np.generic], quantization: Quantization) -> NDArray[np.float32]:
    """Return the numbers that stored integers stand for."""
    scales, zeros = quantization.scales.astype(np.float64), quantization.zero_points
    shape = [1] * data.ndim if scales.size > 1 else []
    if shape:
        shape[quantization.axis] = scales.size
    real = (data.astype(np.int64) - zeros.reshape(shape)) * scales.reshape(shape)
    return real.astype(np.float32)


def range_of(tensor: Tensor) -> Range:
    """Return the smallest and the largest number that an activation's type holds."""
    if tensor.quantization is None:
        return EVERYTHING
    limits = np.iinfo(tensor.dtype.str)
    scale, zero = float(tensor.quantization.scales[0]), int(tensor.quantization.zero_points[0])
    return (limits.min - zero) * scale, (limits.max - zero) * scale


def cut(limits: Range, to: Range, slack: float) -> Range | None:
    """Return what of ``to`` must be enforced on numbers within ``limits``; ``None`` if nothing.

    Numbers may leave ``to`` by ``slack``, which stands for a fraction of a quantisation step.
    """
    if to[0] <= limits[0] + slack and limits[1] - slack <= to[1]:
        return None
    return max(limits[0], to[0]), min(limits[1], to[1])


def results_of(name: str, inputs: list[Tensor]) -> Range:
    """Return bounds of an op's results before any saturation."""
    if name in _OWN_RANGES:
        return _OWN_RANGES[name]
    if name not in _WITHIN_INPUTS:
        return EVERYTHING
    numbers = [t for t in inputs if t.dtype.kind == "f" or t.quantization is not None]
    ranges = [range_of(tensor) for tensor in numbers] or [EVERYTHING]
    return min(low for low, _ in ranges), max(high for _, high in ranges)
