"""The ops that the importer knows: TFLite's name → converter.

One file a family. A new op is a function that takes the `Op`, emits nodes and writes the op's
outputs, and a row in its file's table; ops of a new family get a file and a row here.
"""

from collections.abc import Callable

from builder.importers.tflite_op import Op
from builder.importers.tflite_ops import (
    arithmetic,
    bordering,
    convolution,
    dequantize,
    joining,
    matrices,
    pooling,
    reducing,
    resizing,
    shaping,
    slicing,
    transposed,
    unary,
)

Converter = Callable[[Op], None]

CONVERTERS: dict[str, Converter] = {
    **arithmetic.CONVERTERS,
    **bordering.CONVERTERS,
    **convolution.CONVERTERS,
    **dequantize.CONVERTERS,
    **joining.CONVERTERS,
    **matrices.CONVERTERS,
    **pooling.CONVERTERS,
    **reducing.CONVERTERS,
    **resizing.CONVERTERS,
    **shaping.CONVERTERS,
    **slicing.CONVERTERS,
    **transposed.CONVERTERS,
    **unary.CONVERTERS,
}
