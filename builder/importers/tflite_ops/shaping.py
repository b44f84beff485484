"""RESHAPE."""

import math

from builder.importers.tflite_model import ReshapeOptions
from builder.importers.tflite_op import Op


def _reshape(op: Op) -> None:
    """Reshape in NHWC's memory order, which costs transpositions only where it must."""
    shape = op.shape(0)
    target = _resolve(op, _wanted(op), math.prod(shape))
    op.write(op.emitter.reshape(op.value(0), shape, target))


def _wanted(op: Op) -> tuple[int, ...]:
    """Return the shape that the op asks for: its second input, or else its options."""
    if op.has(1):
        return op.integers(1)
    options = op.options(ReshapeOptions)
    if options.new_shape is None:
        raise op.error("says no shape; the file is damaged, fetch it again")
    return options.new_shape


def _resolve(op: Op, wanted: tuple[int, ...], elements: int) -> tuple[int, ...]:
    """Put a number in the place of one −1."""
    known = math.prod(size for size in wanted if size != -1)
    if wanted.count(-1) == 1 and known > 0 and elements % known == 0:
        return tuple(elements // known if size == -1 else size for size in wanted)
    if known != elements or min(wanted, default=1) < 1:
        raise op.error(f"makes the shape {list(wanted)} from {elements} numbers")
    return wanted


CONVERTERS = {"RESHAPE": _reshape}
