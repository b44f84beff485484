"""CONV_2D and DEPTHWISE_CONV_2D."""

import math

import numpy as np

from builder.importers.tflite_model import ConvOptions
from builder.importers.tflite_op import Op
from builder.importers.tflite_ops.padding import pads


def _conv_2d(op: Op) -> None:
    channels = op.shape(0, rank=4)[3]
    weights = op.constant(1, rank=4)  # OHWI; I is a group's share of the input channels
    groups = channels // weights.shape[3]
    if groups < 1 or channels != groups * weights.shape[3] or weights.shape[0] % groups:
        raise op.error(f"weights {list(weights.shape)} do not fit {channels} input channels")
    _emit(op, weights.shape, (0, 3, 1, 2), groups)


def _depthwise_conv_2d(op: Op) -> None:
    channels = op.shape(0, rank=4)[3]
    weights = op.constant(1, rank=4)  # [1, H, W, channels × multiplier], the channel changing last
    if weights.shape[0] != 1 or weights.shape[3] % channels:
        raise op.error(f"weights {list(weights.shape)} do not fit {channels} input channels")
    _emit(op, weights.shape, (3, 0, 1, 2), channels)


def _emit(op: Op, shape: tuple[int, ...], perm: tuple[int, ...], groups: int) -> None:
    """Emit a Conv; ``perm`` turns weights of ``shape`` to [O, I / groups, H, W]."""
    options = op.options(ConvOptions)
    op.check_positive(strides=options.strides, dilations=options.dilations)
    _, height, width, _ = op.shape(0)
    kernel = (shape[1], shape[2])
    window = (
        (kernel[0] - 1) * options.dilations[0] + 1,
        (kernel[1] - 1) * options.dilations[1] + 1,
    )
    inputs = [op.value(0), op.weights(1, f"g{groups}", perm)]
    if op.has(2):
        inputs.append(bias(op, 2, shape[perm[0]]))
    value = op.node(
        "Conv",
        inputs,
        kernel_shape=kernel,
        strides=options.strides,
        dilations=options.dilations,
        pads=pads(op, options.padding, (height, width), window, options.strides),
        group=groups,
    )
    op.write(op.activate(value, options.activation))


def bias(op: Op, position: int, channels: int, source: int = 0) -> str:
    """Store the bias, one number for each of the output channels.

    An integer bias counts in steps of the input's scale × the weights', whatever it says itself:
    it is added to the sum of their products. ``source`` is the input's position, weights are 1.
    """
    tensor, index = op.tensor(position), op.input(position)
    size = math.prod(tensor.shape)
    if size != channels:
        raise op.error(f"a bias of {size} does not fit {channels} output channels")
    if tensor.data is None or tensor.dtype.kind == "f":
        return op.emitter.stored(index, f"t{index}_bias", lambda x: x.reshape(-1))
    found, weights = op.tensor(source).quantization, op.tensor(1).quantization
    if tensor.dtype.kind != "i" or found is None or weights is None:
        raise op.error(f"an {tensor.dtype.name} bias goes with quantised input and weights")
    name, data = f"t{index}_bias{op.operator.index}", tensor.data.reshape(-1).astype(np.int64)
    scales = found.scales.astype(np.float64) * weights.scales
    if op.emitter.qdq:
        zeros = np.zeros(scales.size, np.int32)
        return op.emitter.dequantize(
            name, data.astype(np.int32), scales.astype(np.float32), zeros, 0
        )
    return op.emitter.initializer(name, (data * scales).astype(np.float32))


CONVERTERS = {"CONV_2D": _conv_2d, "DEPTHWISE_CONV_2D": _depthwise_conv_2d}
