"""AVERAGE_POOL_2D, MAX_POOL_2D and MEAN."""

from builder.importers.tflite_model import PoolOptions, ReduceOptions
from builder.importers.tflite_op import Op
from builder.importers.tflite_ops.padding import pads

_NHWC_AXES_IN_NCHW = (0, 2, 3, 1)
_HEIGHT_AND_WIDTH = (1, 2)


def _average_pool_2d(op: Op) -> None:
    # Both TFLite and ONNX (count_include_pad = 0) divide by the real pixels alone.
    _pool(op, "AveragePool", whole="GlobalAveragePool")


def _max_pool_2d(op: Op) -> None:
    _pool(op, "MaxPool", whole="GlobalMaxPool")


def _pool(op: Op, kind: str, whole: str) -> None:
    options = op.options(PoolOptions)
    op.check_positive(strides=options.strides, kernel=options.kernel)
    _, height, width, _ = op.shape(0, rank=4)
    sizes = (height, width)
    around = pads(op, options.padding, sizes, options.kernel, options.strides)
    if options.kernel == sizes and not any(around):
        value = op.node(whole, [op.value(0)])
    else:
        value = op.node(
            kind,
            [op.value(0)],
            kernel_shape=options.kernel,
            strides=options.strides,
            pads=around,
        )
    op.write(op.activate(value, options.activation))


def _mean(op: Op) -> None:
    shape = op.shape(0)
    axes = sorted({axis + len(shape) if axis < 0 else axis for axis in op.integers(1)})
    if not axes or not 0 <= axes[0] <= axes[-1] < len(shape):
        raise op.error(f"takes the mean over the axes {axes} of {list(shape)}")
    if len(shape) == 4 and tuple(axes) == _HEIGHT_AND_WIDTH:
        value = op.node("GlobalAveragePool", [op.value(0)])
    else:
        own = [_NHWC_AXES_IN_NCHW[axis] for axis in axes] if len(shape) == 4 else axes
        value = op.node("ReduceMean", [op.value(0)], axes=sorted(own), keepdims=1)
    if not op.options(ReduceOptions).keep_dims:
        kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
        left = [size for axis, size in enumerate(shape) if axis not in axes]
        value = op.emitter.reshape(value, kept, left)
    op.write(value)


CONVERTERS = {
    "AVERAGE_POOL_2D": _average_pool_2d,
    "MAX_POOL_2D": _max_pool_2d,
    "MEAN": _mean,
}
