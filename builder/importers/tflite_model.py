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
class ActivationOptions:
    """ADD, SUB, MUL and DIV."""

    activation: str


@dataclass(frozen=True)
class ConcatenationOptions:
    """CONCATENATION."""

    axis: int
    activation: str


@dataclass(frozen=True)
class TransposeConvOptions:
    """TRANSPOSE_CONV; the pair is (vertical, horizontal)."""

    padding: str
    strides: tuple[int, int]
    activation: str


@dataclass(frozen=True)
class FullyConnectedOptions:
    """FULLY_CONNECTED."""

    activation: str
    weights_format: str
    keep_dims: bool


@dataclass(frozen=True)
class BatchMatMulOptions:
    """BATCH_MATMUL; which operand's last two dimensions change places."""

    adjoint_x: bool
    adjoint_y: bool


@dataclass(frozen=True)
class ResizeOptions:
    """RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR."""

    align_corners: bool
    half_pixel_centers: bool


@dataclass(frozen=True)
class ReduceOptions:
    """MEAN, SUM, REDUCE_MAX and REDUCE_MIN."""

    keep_dims: bool


@dataclass(frozen=True)
class ReshapeOptions:
    """RESHAPE; ``None`` where the shape is a tensor only."""

    new_shape: tuple[int, ...] | None


@dataclass(frozen=True)
class SqueezeOptions:
    """SQUEEZE; no axes mean every dimension of 1."""

    axes: tuple[int, ...]


@dataclass(frozen=True)
class StridedSliceOptions:
    """STRIDED_SLICE; bit i of a mask speaks of dimension i."""

    begin_mask: int
    end_mask: int
    ellipsis_mask: int
    new_axis_mask: int
    shrink_axis_mask: int
    offset: bool


@dataclass(frozen=True)
class AxisOptions:
    """GATHER, PACK and UNPACK; ``batch_dims`` is GATHER's."""

    axis: int
    batch_dims: int = 0


@dataclass(frozen=True)
class NumberOptions:
    """One number: SOFTMAX's beta, LEAKY_RELU's alpha, a block size, a mirror mode."""

    number: float


Options = (
    ActivationOptions
    | AxisOptions
    | BatchMatMulOptions
    | ConcatenationOptions
    | ConvOptions
    | FullyConnectedOptions
    | NumberOptions
    | PoolOptions
    | ReduceOptions
    | ReshapeOptions
    | ResizeOptions
    | SqueezeOptions
    | StridedSliceOptions
    | TransposeConvOptions
)


@dataclass(frozen=True, eq=False)
class Quantization:
    """real = scale × (stored − zero point), per tensor or per slice along ``axis``."""

    scales: NDArray[np.float32]  # finite and positive: one, or one a slice
    zero_points: NDArray[np.int64]  # as many as scales, each in the stored type's range
    axis: int


@dataclass(frozen=True)
class Tensor:
    """One tensor; ``data`` is a read-only view into the file, or ``None`` for an activation."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    data: NDArray[np.generic] | None
    quantization: Quantization | None = None  # of an integer tensor with a scale


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
