"""Convolution2DTransposeBias: MediaPipe's custom op, a transposed convolution with a bias.

Its behaviour is that of mediapipe/util/tflite/operations/transpose_conv_bias.cc: SAME padding
takes max(0, kernel − (size − 1) mod stride − 1) off the full output, the smaller half in front.
"""

import struct

from builder.importers.tflite_op import Op
from builder.importers.tflite_ops.convolution import bias

# The options are TfLiteTransposeConvParams as it lies in memory: padding, stride width, stride
# height, each a little-endian int32 (later versions append more, which do not matter here).
_OPTIONS = struct.Struct("<3i")
_SAME, _VALID = 1, 2  # TfLitePadding


def _transpose_conv_bias(op: Op) -> None:
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

    inputs = [op.value(0), op.weights(1, "iohw", weights.transpose(3, 0, 1, 2))]
    if op.has(2):
        inputs.append(bias(op, 2, weights.shape[0]))
    op.write(
        op.node("ConvTranspose", inputs, kernel_shape=kernel, strides=strides, pads=before + after)
    )


CONVERTERS = {"Convolution2DTransposeBias": _transpose_conv_bias}
