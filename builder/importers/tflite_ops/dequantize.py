"""DEQUANTIZE of fp16 weights: folded into the weights at import."""

from builder.importers.tflite_op import Op


def _dequantize(op: Op) -> None:
    op.fold(op.constant(0))


CONVERTERS = {"DEQUANTIZE": _dequantize}
