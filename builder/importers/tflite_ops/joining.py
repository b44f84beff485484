"""CONCATENATION, SPLIT, SPLIT_V, PACK, UNPACK and GATHER."""

import numpy as np

from builder.importers.tflite_model import AxisOptions, ConcatenationOptions
from builder.importers.tflite_op import Op


def _concatenation(op: Op) -> None:
    options, ranks = op.options(ConcatenationOptions), {len(op.shape(i)) for i in _all(op)}
    if len(ranks) != 1:
        raise op.error(f"joins tensors of {sorted(ranks)} dimensions")
    axis = op.onnx_axis(options.axis, ranks.pop())
    values = [op.value(position) for position in _all(op)]
    value = op.node("Concat", values, axis=axis) if len(values) > 1 else values[0]
    op.write(op.activate(value, options.activation))


def _all(op: Op) -> range:
    return range(len(op.operator.inputs))


def _split(op: Op) -> None:
    """Cut input 1 along input 0 into as many equal parts as the op has outputs."""
    axis, size = _axis(op, 0, value=1)
    count = len(op.operator.outputs)
    if not count or size % count:
        raise op.error(f"splits {size} into {count} equal parts")
    _cut(op, 1, axis, [size // count] * count)


def _split_v(op: Op) -> None:
    """Cut input 0 along input 2 into parts of the sizes that input 1 lists; one may be −1."""
    axis, size = _axis(op, 2, value=0)
    sizes = list(op.integers(1))
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = size - sum(sizes) - 1
    if min(sizes, default=0) < 1 or sum(sizes) != size or len(sizes) != len(op.operator.outputs):
        raise op.error(f"splits {size} into {sizes}")
    _cut(op, 0, axis, sizes)


def _axis(op: Op, position: int, value: int) -> tuple[int, int]:
    """Return a constant axis, counted from the front, and the input's size along it."""
    listed, shape = op.integers(position), op.shape(value)
    if len(listed) != 1:
        raise op.error(f"works along the axes {list(listed)}, not along one")
    axis = op.axis(listed[0], len(shape))
    return axis, shape[axis]


def _cut(op: Op, position: int, axis: int, sizes: list[int]) -> None:
    own = op.onnx_axis(axis, len(op.shape(position)))
    for output, part in enumerate(_parts(op, op.value(position), own, sizes)):
        op.write(part, output)


def _parts(op: Op, value: str, axis: int, sizes: list[int]) -> list[str]:
    if len(sizes) == 1:
        return [value]
    name = "shape_" + "x".join(str(size) for size in sizes)
    listed = op.emitter.initializer(name, np.array(sizes, np.int64))
    return op.emitter.outputs_of("Split", [value, listed], len(sizes), axis=axis)


def _pack(op: Op) -> None:
    shape = op.shape(0)
    axis = op.axis(op.options(AxisOptions).axis, len(shape) + 1)
    where = op.emitter.initializer(f"axes_{axis}", np.array([axis], np.int64))
    parts = [op.node("Unsqueeze", [op.in_file_order(i), where]) for i in _all(op)]
    op.write_in_file_order(op.node("Concat", parts, axis=axis))


def _unpack(op: Op) -> None:
    shape, count = op.shape(0), len(op.operator.outputs)
    axis = op.axis(op.options(AxisOptions).axis, len(shape))
    if shape[axis] != count:
        raise op.error(f"unpacks {shape[axis]} slices into {count} outputs")
    one, left = [*shape], [*shape[:axis], *shape[axis + 1 :]]
    one[axis] = 1
    own = op.onnx_axis(axis, len(shape))
    for output, part in enumerate(_parts(op, op.value(0), own, [1] * count)):
        op.write(op.emitter.reshape(part, one, left), output)


def _gather(op: Op) -> None:
    options, shape, rank = op.options(AxisOptions), op.shape(0), len(op.shape(1))
    if options.batch_dims:
        raise op.error(f"gathers with batch_dims {options.batch_dims}, which is not known")
    if rank == 1:  # the number of dimensions stays, so the layout can too
        own = op.onnx_axis(options.axis, len(shape))
        op.write(op.node("Gather", [op.value(0), op.value(1)], axis=own))
        return
    axis = op.axis(options.axis, len(shape))
    value = op.node("Gather", [op.in_file_order(0), op.in_file_order(1)], axis=axis)
    op.write_in_file_order(value)


CONVERTERS = {
    "CONCATENATION": _concatenation,
    "GATHER": _gather,
    "PACK": _pack,
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "UNPACK": _unpack,
}
