"""The parts of a TFLite file that the importer works on, as plain frozen values.

Shapes and axes are as the file has them: a 4-D tensor is NHWC, a convolution's weights are OHWI.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ConvOptions:
    """CONV_2D and DEPTHWISE_CONV_2D; pairs are (vertical, horizontal)."""

    padding: str  # "SAME" or "VALID"
    strides: tuple[int, int]
    dilations: tuple[int, int]
    activation: str  # a name of the schema's ActivationFunctionType


@dataclass(frozen=True)
class PoolOptions:
    """AVERAGE_POOL_2D and MAX_POOL_2D; pairs are (vertical, horizontal)."""

    padding: str
    strides: tuple[int, int]
    kernel: tuple[int, int]
    activation: str


@dataclass(frozen=True)
class ArithmeticOptions:
    """ADD, SUB, MUL and DIV."""

    activation: str


@dataclass(frozen=True)
class ResizeOptions:
    """RESIZE_BILINEAR."""

    align_corners: bool
    half_pixel_centers: bool


@dataclass(frozen=True)
class ReduceOptions:
    """MEAN."""

    keep_dims: bool


@dataclass(frozen=True)
class ReshapeOptions:
    """RESHAPE; ``None`` where the shape is a tensor only."""

    new_shape: tuple[int, ...] | None


Options = (
    ConvOptions | PoolOptions | ArithmeticOptions | ResizeOptions | ReduceOptions | ReshapeOptions
)


@dataclass(frozen=True)
class Tensor:
    """One tensor; ``data`` is a read-only view into the file, or ``None`` for an activation."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    data: NDArray[np.generic] | None


@dataclass(frozen=True)
class Operator:
    """One op; ``inputs`` and ``outputs`` number the graph's tensors, −1 is an absent input."""

    index: int
    name: str  # the schema's name, or a custom op's own
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options | None
    custom_options: bytes


@dataclass(frozen=True)
class Graph:
    """The file's main graph; every tensor number in it is valid."""

    origin: str  # for messages
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
