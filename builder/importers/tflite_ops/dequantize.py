"""QUANTIZE and DEQUANTIZE: constants are folded, activations stay the numbers that they are."""

from builder.importers.tflite_op import Op


def _dequantize(op: Op) -> None:
    if op.emitter.is_constant(op.input(0)):
        op.fold(op.constant(0))
    else:
        op.write(op.value(0))


def _quantize(op: Op) -> None:
    op.write(op.value(0))


CONVERTERS = {"DEQUANTIZE": _dequantize, "QUANTIZE": _quantize}
