"""CONV_2D and DEPTHWISE_CONV_2D."""

import numpy as np
from numpy.typing import NDArray

from builder.importers.tflite_model import ConvOptions
from builder.importers.tflite_op import Op
from builder.importers.tflite_ops.padding import pads


def _conv_2d(op: Op) -> None:
    channels = op.shape(0, rank=4)[3]
    weights = op.constant(1, rank=4)  # OHWI; I is a group's share of the input channels
    groups = channels // weights.shape[3]
    if groups < 1 or channels != groups * weights.shape[3] or weights.shape[0] % groups:
        raise op.error(f"weights {list(weights.shape)} do not fit {channels} input channels")
    _emit(op, weights.transpose(0, 3, 1, 2), groups)


def _depthwise_conv_2d(op: Op) -> None:
    channels = op.shape(0, rank=4)[3]
    weights = op.constant(1, rank=4)  # [1, H, W, channels × multiplier], the channel changing last
    if weights.shape[0] != 1 or weights.shape[3] % channels:
        raise op.error(f"weights {list(weights.shape)} do not fit {channels} input channels")
    _emit(op, weights.transpose(3, 0, 1, 2), channels)


def _emit(op: Op, weights: NDArray[np.float32], groups: int) -> None:
    """Emit a Conv with ``weights`` as [O, I / groups, H, W]."""
    options = op.options(ConvOptions)
    op.check_positive(strides=options.strides, dilations=options.dilations)
    _, height, width, _ = op.shape(0)
    kernel = (weights.shape[2], weights.shape[3])
    window = (
        (kernel[0] - 1) * options.dilations[0] + 1,
        (kernel[1] - 1) * options.dilations[1] + 1,
    )
    inputs = [op.value(0), op.weights(1, f"g{groups}", weights)]
    if op.has(2):
        inputs.append(bias(op, 2, weights.shape[0]))
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


def bias(op: Op, position: int, channels: int) -> str:
    """Store the bias, one number for each of the output channels."""
    contents = op.constant(position)
    if contents.size != channels:
        raise op.error(f"a bias of {contents.size} does not fit {channels} output channels")
    return op.weights(position, "bias", contents.reshape(-1))


CONVERTERS = {"CONV_2D": _conv_2d, "DEPTHWISE_CONV_2D": _depthwise_conv_2d}
