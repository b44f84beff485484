"""Ops that compute, beyond the default models' own, against NumPy and the TFLite interpreter."""

import itertools

import numpy as np
import pytest
import tflite_numpy as plain
from tflite_maker import ACTIVATION, PADDING
from tflite_runs import Fixed, check_op, numbers

SHAPES = [(2, 5, 7, 3), (4, 6), (3, 4, 5)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_softmax_runs_over_the_channels(shape, beta):
    x = numbers(shape)
    powers = np.exp(beta * (x - x.max(-1, keepdims=True)))
    expected = (powers / powers.sum(-1, keepdims=True)).astype(np.float32)
    check_op("SOFTMAX", [x], expected, ("SoftmaxOptions", {"Beta": beta}))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("name", "function", "positive"),
    [
        ("ABS", np.abs, False),
        ("EXP", np.exp, False),
        ("LOG", np.log, True),
        ("NEG", np.negative, False),
        ("RSQRT", lambda x: 1 / np.sqrt(x), True),
        ("SQRT", np.sqrt, True),
        ("SQUARE", np.square, False),
    ],
)
def test_functions(name, function, positive, shape):
    x = np.abs(numbers(shape)) + np.float32(0.1) if positive else numbers(shape)
    check_op(name, [x], function(x).astype(np.float32))


@pytest.mark.parametrize("shape", SHAPES)
def test_leaky_relu(shape):
    x = numbers(shape)
    expected = np.where(x > 0, x, np.float32(0.3) * x)
    check_op("LEAKY_RELU", [x], expected, ("LeakyReluOptions", {"Alpha": 0.3}))


@pytest.mark.parametrize(
    ("shape", "slopes"), [((2, 5, 7, 3), (1, 1, 3)), ((2, 5, 3, 3), (3,)), ((2, 5, 6), (1, 6))]
)
@pytest.mark.parametrize("wrap", [Fixed, np.asarray])
def test_prelu(shape, slopes, wrap):
    x, alpha = numbers(shape), numbers(slopes, 1)
    check_op("PRELU", [x, wrap(alpha)], np.where(x > 0, x, alpha * x))


@pytest.mark.parametrize(
    ("first", "second"),
    [((1, 4, 5, 3), (1, 4, 5, 3)), ((1, 4, 3, 3), (3,)), ((2, 4, 5, 3), (4, 1, 1)), ((6, 3), (3,))],
)
@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("MAXIMUM", np.maximum),
        ("MINIMUM", np.minimum),
        ("SQUARED_DIFFERENCE", lambda a, b: np.square(a - b)),
    ],
)
def test_pairs_broadcast_as_in_nhwc(name, function, first, second):
    a, b = numbers(first), numbers(second, 1)
    check_op(name, [a, b], function(a, b))
    check_op(name, [Fixed(a), b], function(a, b))


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((2, 5, 7, 3), (1, 2)),
        ((2, 5, 7, 3), (-1,)),
        ((2, 5, 7, 3), (1,)),
        ((2, 5, 7, 3), (3, 2)),
        ((4, 6, 5), (0, -1)),
    ],
)
@pytest.mark.parametrize(
    ("name", "reduce"), [("SUM", np.sum), ("REDUCE_MAX", np.max), ("REDUCE_MIN", np.min)]
)
def test_reductions(name, reduce, shape, axes, keep):
    x = numbers(shape)
    expected = reduce(x, axis=axes, keepdims=keep)
    check_op(name, [x, Fixed(axes)], expected, ("ReducerOptions", {"KeepDims": keep}))


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((2, 5, 7, 3), 3), ((2, 5, 7, 3), -1), ((2, 5, 7, 3), 1), ((2, 5, 7, 3), 0), ((4, 6), 1)],
)
@pytest.mark.parametrize(("name", "function"), [("ARG_MAX", np.argmax), ("ARG_MIN", np.argmin)])
def test_arg_max_and_min_take_the_first(name, function, shape, axis, dtype):
    x = np.round(numbers(shape))  # so that some are equal
    kind = {"ARG_MAX": "ArgMaxOptions", "ARG_MIN": "ArgMinOptions"}[name]
    options = (kind, {"OutputType": {np.int32: 2, np.int64: 4}[dtype]})
    check_op(name, [x, Fixed(axis)], function(x, axis).astype(dtype), options)


def test_cast():
    x = numbers((2, 5, 7, 3))
    expected = x.astype(np.int32)
    check_op("CAST", [x], expected, ("CastOptions", {"InDataType": 0, "OutDataType": 2}))


@pytest.mark.parametrize("target", [(10, 14), (13, 9), (4, 20), (3, 3), (1, 1), (5, 7)])
@pytest.mark.parametrize(
    ("align_corners", "half_pixel_centers"), [(False, True), (True, False), (False, False)]
)
def test_resize_nearest_neighbor(target, align_corners, half_pixel_centers):
    x = numbers((2, 5, 7, 3))
    settings = {"align_corners": align_corners, "half_pixel_centers": half_pixel_centers}
    options = {"AlignCorners": align_corners, "HalfPixelCenters": half_pixel_centers}
    expected = plain.resize_nearest(x, *target, **settings)
    check_op(
        "RESIZE_NEAREST_NEIGHBOR",
        [x, Fixed(target)],
        expected,
        ("ResizeNearestNeighborOptions", options),
    )


TRANSPOSED = [
    (size, kernel, strides, padding, odd)
    for size, kernel, strides, padding, odd in itertools.product(
        [(4, 5), (3, 2)],
        [(1, 1), (2, 2), (3, 3), (4, 3), (2, 5)],
        [(1, 1), (2, 2), (3, 2)],
        ["SAME", "VALID"],
        [0, 1],
    )
    if odd < min(strides)
]


@pytest.mark.parametrize(("size", "kernel", "strides", "padding", "odd"), TRANSPOSED)
def test_transpose_conv(size, kernel, strides, padding, odd):
    """``odd``: outputs of which a convolution makes the same size too."""
    x, weights, bias = numbers((2, *size, 3)), numbers((4, *kernel, 3)), numbers((4,))
    if padding == "SAME":
        target = [n * stride - odd for n, stride in zip(size, strides, strict=True)]
    else:
        target = [
            (n - 1) * stride + reach + odd
            for n, stride, reach in zip(size, strides, kernel, strict=True)
        ]
    expected = plain.transpose_conv(x, weights, bias, strides, target, padding)
    fields = {"Padding": PADDING[padding], "StrideH": strides[0], "StrideW": strides[1]}
    check_op(
        "TRANSPOSE_CONV",
        [Fixed([2, *target, 4]), Fixed(weights), x, Fixed(bias)],
        expected.astype(np.float32),
        ("TransposeConvOptions", fields),
    )


@pytest.mark.parametrize(
    ("shape", "keep"),
    [((4, 6), False), ((1, 1, 1, 6), False), ((2, 3, 4, 6), False), ((2, 3, 4, 6), True)],
)
def test_fully_connected(shape, keep):
    x, weights, bias = numbers(shape), numbers((5, 6)), numbers((5,))
    expected = np.maximum(x @ weights.T + bias, 0)
    expected = expected if keep else expected.reshape(-1, 5)
    fields = {"FusedActivationFunction": ACTIVATION.RELU, "KeepNumDims": keep}
    check_op(
        "FULLY_CONNECTED",
        [x, Fixed(weights), Fixed(bias)],
        expected,
        ("FullyConnectedOptions", fields),
    )


def test_fully_connected_flattens_in_the_order_of_nhwc():
    x, weights = numbers((2, 3, 4, 5)), numbers((3, 60))
    expected = x.reshape(2, 60) @ weights.T
    bias = Fixed(np.zeros(3))
    options = ("FullyConnectedOptions", {})
    check_op("FULLY_CONNECTED", [x, Fixed(weights), bias], expected, options)


@pytest.mark.parametrize("batch", [(2, 3), (3,), ()])
@pytest.mark.parametrize(
    ("adjoint_x", "adjoint_y"), list(itertools.product([False, True], repeat=2))
)
def test_batch_matmul(batch, adjoint_x, adjoint_y):
    x = numbers((*batch, 6, 4) if adjoint_x else (*batch, 4, 6))
    y = numbers((*batch, 5, 6) if adjoint_y else (*batch, 6, 5), 1)
    a, b = x.swapaxes(-1, -2) if adjoint_x else x, y.swapaxes(-1, -2) if adjoint_y else y
    options = ("BatchMatMulOptions", {"AdjX": adjoint_x, "AdjY": adjoint_y})
    check_op("BATCH_MATMUL", [x, y], a @ b, options)
    check_op("BATCH_MATMUL", [x, Fixed(y)], a @ b, options)
