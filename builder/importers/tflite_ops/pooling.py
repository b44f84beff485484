"""AVERAGE_POOL_2D and MAX_POOL_2D."""

from builder.importers.tflite_model import PoolOptions
from builder.importers.tflite_op import Op
from builder.importers.tflite_ops.padding import pads


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


CONVERTERS = {
    "AVERAGE_POOL_2D": _average_pool_2d,
    "MAX_POOL_2D": _max_pool_2d,
}
