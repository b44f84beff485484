"""ADD, SUB, MUL, DIV and their like: two operands, broadcast as in NHWC."""

from collections.abc import Callable

from builder.importers.tflite_model import ActivationOptions
from builder.importers.tflite_op import Op


def _operands(op: Op) -> list[str]:
    rank = max(len(op.shape(0)), len(op.shape(1)))
    return [op.aligned(0, rank), op.aligned(1, rank)]


def _fused(kind: str) -> Callable[[Op], None]:
    def convert(op: Op) -> None:
        value = op.node(kind, _operands(op))
        op.write(op.activate(value, op.options(ActivationOptions).activation))

    return convert


def _plain(kind: str) -> Callable[[Op], None]:
    return lambda op: op.write(op.node(kind, _operands(op)))


def _squared_difference(op: Op) -> None:
    difference = op.node("Sub", _operands(op))
    op.write(op.node("Mul", [difference, difference]))


CONVERTERS = {
    "ADD": _fused("Add"),
    "SUB": _fused("Sub"),
    "MUL": _fused("Mul"),
    "DIV": _fused("Div"),
    "MAXIMUM": _plain("Max"),
    "MINIMUM": _plain("Min"),
    "SQUARED_DIFFERENCE": _squared_difference,
}
