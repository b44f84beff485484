"""SLICE and STRIDED_SLICE."""

import numpy as np

from builder.importers.tflite_model import StridedSliceOptions
from builder.importers.tflite_op import Op

_BEFORE_THE_START = -(1 << 31)  # an end that lets a backward slice reach the first element


def _slice(op: Op) -> None:
    shape, begins, sizes = op.shape(0), op.integers(1), op.integers(2)
    if not len(shape) == len(begins) == len(sizes):
        raise op.error(f"slices {list(sizes)} at {list(begins)} from {list(shape)}")
    cuts = []
    for length, begin, size in zip(shape, begins, sizes, strict=True):
        end = length if size == -1 else begin + size
        if not 0 <= begin < end <= length:
            raise op.error(f"slices {list(sizes)} at {list(begins)} from {list(shape)}")
        cuts.append(slice(begin, end, 1))
    op.write(_cut(op, cuts))


def _strided_slice(op: Op) -> None:
    options, shape = op.options(StridedSliceOptions), op.shape(0)
    if options.ellipsis_mask or options.new_axis_mask or options.offset:
        raise op.error("has an ellipsis, a new axis or offsets, which are not known")
    listed = [op.integers(position) for position in (1, 2, 3)]
    count = len(listed[0])
    if {len(part) for part in listed} != {count} or count > len(shape) or 0 in listed[2]:
        raise op.error(f"slices {list(shape)} by {[list(part) for part in listed]}")
    cuts = [slice(0, size, 1) for size in shape]
    for axis, (begin, end, step) in enumerate(zip(*listed, strict=True)):
        if options.shrink_axis_mask >> axis & 1:  # one element, whatever the end and the step
            at = begin + shape[axis] if begin < 0 else begin
            wanted = slice(at, at + 1, 1)
        else:
            first = None if options.begin_mask >> axis & 1 else begin
            last = None if options.end_mask >> axis & 1 else end
            wanted = slice(first, last, step)
        cuts[axis] = slice(*wanted.indices(shape[axis]))
    lengths = [len(range(part.start, part.stop, part.step)) for part in cuts]
    if not all(lengths):
        raise op.error(f"slices nothing from {list(shape)}")
    left = [n for axis, n in enumerate(lengths) if not options.shrink_axis_mask >> axis & 1]
    op.write(op.emitter.reshape(_cut(op, cuts), lengths, left))


def _cut(op: Op, cuts: list[slice]) -> str:
    """Slice input 0; only the dimensions that get shorter or turn round are named."""
    shape = op.shape(0)
    named = [axis for axis, cut in enumerate(cuts) if cut != slice(0, shape[axis], 1)]
    if not named:
        return op.value(0)
    columns = {
        "starts": [cuts[axis].start for axis in named],
        "ends": [_BEFORE_THE_START if cuts[a].stop < 0 else cuts[a].stop for a in named],
        "axes": [op.onnx_axis(axis, len(shape)) for axis in named],
        "steps": [cuts[axis].step for axis in named],
    }
    inputs = [
        op.emitter.initializer(
            f"{role}_" + "_".join(str(number) for number in numbers), np.array(numbers, np.int64)
        )
        for role, numbers in columns.items()
    ]
    return op.node("Slice", [op.value(0), *inputs])


CONVERTERS = {"SLICE": _slice, "STRIDED_SLICE": _strided_slice}
