"""TRANSPOSE_CONV, and Convolution2DTransposeBias, MediaPipe's custom op of the kind."""

import struct

from builder.importers.tflite_model import TransposeConvOptions
from builder.importers.tflite_op import Op
from builder.importers.tflite_ops.convolution import bias
from builder.importers.tflite_ops.padding import pads

# The options are TfLiteTransposeConvParams as it lies in memory: padding, stride width, stride
# height, each a little-endian int32 (later versions append more, which do not matter here).
_OPTIONS = struct.Struct("<3i")
_SAME, _VALID = 1, 2  # TfLitePadding

_IOHW = (3, 0, 1, 2)  # from OHWI


def _transpose_conv(op: Op) -> None:
    """Convert TFLite's own: the output's size is given, and the padding follows from it.

    tensorflow/lite/kernels/transpose_conv.cc takes off in front what a convolution of the output
    with this stride would put there; what then lies behind the output's end falls away.
    """
    options = op.options(TransposeConvOptions)
    op.check_positive(strides=options.strides)
    batch, height, width, channels = op.shape(2, rank=4)
    weights = op.shape(1, rank=4)  # OHWI
    target = op.sizes(0, op.output_shape())
    if len(target) != 4 or min(target) < 1 or target[0] != batch or target[3] != weights[0]:
        raise op.error(f"weights {list(weights)} do not make the output {list(target)}")
    if weights[3] != channels:
        raise op.error(f"weights {list(weights)} do not fit {channels} input channels")
    kernel, size = (weights[1], weights[2]), (target[1], target[2])
    around = pads(op, options.padding, size, kernel, options.strides)
    before = around[:2]
    ends = [
        (count - 1) * stride + reach - first - out
        for count, stride, reach, first, out in zip(
            (height, width), options.strides, kernel, before, size, strict=True
        )
    ]
    inputs = [op.value(2), op.weights(1, "iohw", _IOHW)]
    if op.has(3):
        inputs.append(bias(op, 3, weights[0], source=2))
    value = op.node(
        "ConvTranspose",
        inputs,
        kernel_shape=kernel,
        strides=options.strides,
        pads=before + [max(end, 0) for end in ends],
        output_padding=[max(-end, 0) for end in ends],
    )
    op.write(op.activate(value, options.activation))


def _transpose_conv_bias(op: Op) -> None:
    """Convert MediaPipe's, which behaves as its transpose_conv_bias.cc.

    SAME padding takes max(0, kernel − (size − 1) mod stride − 1) off the full output, the smaller
    half in front.
    """
    if len(op.operator.custom_options) < _OPTIONS.size:
        raise op.error("has no options; the file is damaged, fetch it again")
    padding, stride_x, stride_y = _OPTIONS.unpack_from(op.operator.custom_options)
    strides = (stride_y, stride_x)
    op.check_positive(strides=strides)
    if padding not in (_SAME, _VALID):
        raise op.error(f"has the padding number {padding}, which is not known")

    _, height, width, channels = op.shape(0, rank=4)
    weights = op.constant(1, rank=4)  # OHWI
    if weights.shape[3] != channels:
        raise op.error(f"weights {list(weights.shape)} do not fit {channels} input channels")
    kernel = (weights.shape[1], weights.shape[2])
    crops = [
        max(0, reach - (size - 1) % stride - 1) if padding == _SAME else 0
        for reach, size, stride in zip(kernel, (height, width), strides, strict=True)
    ]
    before = [crop // 2 for crop in crops]
    after = [crop - first for crop, first in zip(crops, before, strict=True)]

    inputs = [op.value(0), op.weights(1, "iohw", _IOHW)]
    if op.has(2):
        inputs.append(bias(op, 2, weights.shape[0]))
    op.write(
        op.node("ConvTranspose", inputs, kernel_shape=kernel, strides=strides, pads=before + after)
    )


CONVERTERS = {
    "Convolution2DTransposeBias": _transpose_conv_bias,
    "TRANSPOSE_CONV": _transpose_conv,
}
