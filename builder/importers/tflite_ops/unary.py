"""Activations that stand alone: one input, one output, the same shape."""

from collections.abc import Callable

from builder.importers.tflite_op import Op


def _unary(kind: str) -> Callable[[Op], None]:
    return lambda op: op.write(op.node(kind, [op.value(0)]))


def _fused(activation: str) -> Callable[[Op], None]:
    return lambda op: op.write(op.activate(op.value(0), activation))


CONVERTERS = {
    "HARD_SWISH": _unary("HardSwish"),
    "LOGISTIC": _unary("Sigmoid"),
    "RELU": _fused("RELU"),
    "RELU6": _fused("RELU6"),
    "RELU_N1_TO_1": _fused("RELU_N1_TO_1"),
    "TANH": _fused("TANH"),
}
