"""Activations and functions that stand alone: one input, one output, the same shape."""

from collections.abc import Callable

from builder.importers.tflite_model import NumberOptions
from builder.importers.tflite_op import Op


def _unary(*kinds: str) -> Callable[[Op], None]:
    """Convert to ONNX ops, one after another."""

    def convert(op: Op) -> None:
        value = op.value(0)
        for kind in kinds:
            value = op.node(kind, [value])
        op.write(value)

    return convert


def _fused(activation: str) -> Callable[[Op], None]:
    return lambda op: op.write(op.activate(op.value(0), activation))


def _square(op: Op) -> None:
    op.write(op.node("Mul", [op.value(0), op.value(0)]))


def _leaky_relu(op: Op) -> None:
    op.write(op.node("LeakyRelu", [op.value(0)], alpha=op.options(NumberOptions).number))


def _prelu(op: Op) -> None:
    op.write(op.node("PRelu", [op.value(0), op.aligned(1, len(op.shape(0)))]))


def _softmax(op: Op) -> None:
    beta, value = op.options(NumberOptions).number, op.value(0)
    if beta != 1:
        value = op.node("Mul", [value, op.scalar(beta)])
    op.write(op.node("Softmax", [value], axis=op.onnx_axis(-1, len(op.shape(0)))))


def _cast(op: Op) -> None:
    op.write(op.node("Cast", [op.value(0)], to=op.emitter.type_of(op.output())))


CONVERTERS = {
    "ABS": _unary("Abs"),
    "CAST": _cast,
    "EXP": _unary("Exp"),
    "HARD_SWISH": _unary("HardSwish"),
    "LEAKY_RELU": _leaky_relu,
    "LOG": _unary("Log"),
    "LOGISTIC": _unary("Sigmoid"),
    "NEG": _unary("Neg"),
    "PRELU": _prelu,
    "RELU": _fused("RELU"),
    "RELU6": _fused("RELU6"),
    "RELU_N1_TO_1": _fused("RELU_N1_TO_1"),
    "RSQRT": _unary("Sqrt", "Reciprocal"),
    "SOFTMAX": _softmax,
    "SQRT": _unary("Sqrt"),
    "SQUARE": _square,
    "TANH": _fused("TANH"),
}
