"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, ARG_MAX and ARG_MIN."""

from collections.abc import Callable

import numpy as np

from builder.importers.tflite_model import ReduceOptions
from builder.importers.tflite_op import Op

_HEIGHT_AND_WIDTH = [1, 2]


def _reduction(kind: str) -> Callable[[Op], None]:
    def convert(op: Op) -> None:
        shape = op.shape(0)
        axes = sorted({op.axis(axis, len(shape)) for axis in op.integers(1)})
        own = sorted(op.onnx_axis(axis, len(shape)) for axis in axes)
        if kind == "ReduceMean" and len(shape) == 4 and axes == _HEIGHT_AND_WIDTH:
            value = op.node("GlobalAveragePool", [op.value(0)])
        elif kind == "ReduceSum":  # the only one whose axes are an input in this opset
            name = "axes_" + "_".join(str(axis) for axis in own)
            listed = op.emitter.initializer(name, np.array(own, np.int64))
            value = op.node(kind, [op.value(0), listed], keepdims=1)
        else:
            value = op.node(kind, [op.value(0)], axes=own, keepdims=1)
        op.write(value if op.options(ReduceOptions).keep_dims else _without(op, value, axes))

    return convert


def _arg(kind: str) -> Callable[[Op], None]:
    """Convert to an ArgMax or ArgMin: the first of equals wins in TFLite too."""

    def convert(op: Op) -> None:
        rank, listed = len(op.shape(0)), op.integers(1)
        if len(listed) != 1:
            raise op.error(f"works along the axes {list(listed)}, not along one")
        axis = op.axis(listed[0], rank)
        value = op.node(kind, [op.value(0)], axis=op.onnx_axis(axis, rank), keepdims=1)
        value = _without(op, value, [axis])
        op.write(op.node("Cast", [value], to=op.emitter.type_of(op.output())))

    return convert


def _without(op: Op, value: str, axes: list[int]) -> str:
    """Drop the dimensions that have been reduced to 1."""
    shape = op.shape(0)
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    left = [size for axis, size in enumerate(shape) if axis not in axes]
    return op.emitter.reshape(value, kept, left)


CONVERTERS = {
    "ARG_MAX": _arg("ArgMax"),
    "ARG_MIN": _arg("ArgMin"),
    "MEAN": _reduction("ReduceMean"),
    "REDUCE_MAX": _reduction("ReduceMax"),
    "REDUCE_MIN": _reduction("ReduceMin"),
    "SUM": _reduction("ReduceSum"),
}
