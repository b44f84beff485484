"""ADD, SUB, MUL, DIV: two operands, broadcast as in NHWC."""

from collections.abc import Callable

from builder.importers.tflite_model import ArithmeticOptions
from builder.importers.tflite_op import Op


def _binary(kind: str) -> Callable[[Op], None]:
    def convert(op: Op) -> None:
        rank = max(len(op.shape(0)), len(op.shape(1)))
        value = op.node(kind, [op.aligned(0, rank), op.aligned(1, rank)])
        op.write(op.activate(value, op.options(ArithmeticOptions).activation))

    return convert


CONVERTERS = {
    "ADD": _binary("Add"),
    "SUB": _binary("Sub"),
    "MUL": _binary("Mul"),
    "DIV": _binary("Div"),
}
