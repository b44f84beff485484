"""Each quantised op, imported as float and as QDQ, against the TFLite interpreter."""

import numpy as np
import pytest
import tflite_numpy as plain
from tflite_maker import ACTIVATION, PADDING, Steps, conv_options, pool_options
from tflite_quantised import Stored, check_quantised, signed, stored

INPUT = Steps((0.05,), (120,))  # −6 … 6.75, as uint8 has it
TYPES = ["uint8", "int8"]
WINDOWS = [
    ((3, 3), (1, 1), (1, 1), "SAME"),
    ((3, 3), (2, 2), (1, 1), "SAME"),
    ((2, 3), (2, 1), (1, 1), "VALID"),
    ((3, 2), (1, 1), (2, 2), "SAME"),
    ((1, 1), (1, 1), (1, 1), "VALID"),
]


def weights_of(shape, dtype, axis, per_channel):
    """uint8 weights have a zero point; int8 ones are symmetric, and may have many scales."""
    if dtype == "uint8":
        return stored(shape, dtype, Steps((0.01,), (117,)), 1, fixed=True)
    count = shape[axis] if per_channel else 1
    scales = tuple(0.004 * (1 + i) for i in range(count))
    return stored(shape, dtype, Steps(scales, (0,) * count, axis), 1, fixed=True, low=-127)


def bias_of(x, weights, channels):
    scales = tuple(x.steps.scales[0] * scale for scale in weights.steps.scales)
    return stored(
        (channels,), "int32", Steps(scales, (0,) * len(scales)), 2, fixed=True, low=-800, high=800
    )


KINDS = [("uint8", False), ("int8", False), ("int8", True)]


@pytest.mark.parametrize(("kernel", "strides", "dilations", "padding"), WINDOWS)
@pytest.mark.parametrize(("dtype", "per_channel"), KINDS)
@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_convolutions(name, dtype, per_channel, kernel, strides, dilations, padding):
    x = stored((1, 7, 9, 3), dtype, signed(INPUT, dtype))
    deep = name == "CONV_2D"
    weights = weights_of(
        (4, *kernel, 3) if deep else (1, *kernel, 6), dtype, 0 if deep else 3, per_channel
    )
    channels = 4 if deep else 6
    rows = len(plain.windows(7, kernel[0], strides[0], dilations[0], padding))
    columns = len(plain.windows(9, kernel[1], strides[1], dilations[1], padding))
    more = {} if deep else {"DepthMultiplier": 2}
    kind = "Conv2DOptions" if deep else "DepthwiseConv2DOptions"
    check_quantised(
        name,
        [x, weights, bias_of(x, weights, channels)],
        (1, rows, columns, channels),
        signed(Steps((0.1,), (130,)), dtype),
        dtype,
        conv_options(kind, padding, strides, dilations, **more),
    )


@pytest.mark.parametrize("zero_point", [0, 20])
@pytest.mark.parametrize("scale", [6 / 255, 0.1, 0.01])
@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("dtype", TYPES)
def test_activations_and_the_types_own_ends(dtype, activation, scale, zero_point):
    """Converters leave a RELU6 out where the output's type ends at 0 and 6 by itself."""
    x = stored((1, 4, 5, 2), dtype, signed(INPUT, dtype))
    weights = weights_of((3, 1, 1, 2), dtype, 0, per_channel=False)
    check_quantised(
        "CONV_2D",
        [x, weights, bias_of(x, weights, 3)],
        (1, 4, 5, 3),
        signed(Steps((scale,), (zero_point,)), dtype),
        dtype,
        conv_options("Conv2DOptions", "SAME", activation=activation),
    )


@pytest.mark.parametrize(("dtype", "per_channel"), KINDS)
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_transpose_conv(dtype, per_channel, padding):
    x = stored((1, 4, 3, 3), dtype, signed(INPUT, dtype))
    weights = weights_of((4, 3, 3, 3), dtype, 0, per_channel)
    target = (1, 8, 6, 4) if padding == "SAME" else (1, 9, 7, 4)
    check_quantised(
        "TRANSPOSE_CONV",
        [np.array(target, np.int32), weights, x, bias_of(x, weights, 4)],
        target,
        signed(Steps((0.1,), (130,)), dtype),
        dtype,
        ("TransposeConvOptions", {"Padding": PADDING[padding], "StrideH": 2, "StrideW": 2}),
    )


@pytest.mark.parametrize(("dtype", "per_channel"), KINDS)
def test_fully_connected(dtype, per_channel):
    x = stored((3, 6), dtype, signed(INPUT, dtype))
    weights = weights_of((5, 6), dtype, 0, per_channel)
    check_quantised(
        "FULLY_CONNECTED",
        [x, weights, bias_of(x, weights, 5)],
        (3, 5),
        signed(Steps((0.1,), (130,)), dtype),
        dtype,
        ("FullyConnectedOptions", {}),
    )


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("second", [(1, 4, 5, 3), (1, 1, 1, 3)])
@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("dtype", TYPES)
def test_arithmetic(dtype, name, second, fixed):
    a = stored((1, 4, 5, 3), dtype, signed(INPUT, dtype))
    b = stored(second, dtype, signed(Steps((0.03,), (100,)), dtype), 1, fixed=fixed)
    options = (f"{name.capitalize()}Options", {"FusedActivationFunction": ACTIVATION.RELU})
    out = signed(Steps((0.06,), (60,)), dtype)
    check_quantised(name, [a, b], (1, 4, 5, 3), out, dtype, options)


# What the specification fixes: LOGISTIC and SOFTMAX end in 256 steps from 0 to 1, TANH from −1.
UNIT, BOTH = Steps((1 / 256,), (0,)), Steps((1 / 128,), (128,))
SAME_PADDED = np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32)
ALONE = [
    ("LOGISTIC", [], (1, 4, 6, 3), UNIT, None),
    ("TANH", [], (1, 4, 6, 3), BOTH, None),
    ("SOFTMAX", [], (1, 4, 6, 3), UNIT, ("SoftmaxOptions", {"Beta": 1.0})),
    ("RELU", [], (1, 4, 6, 3), INPUT, None),
    ("RELU6", [], (1, 4, 6, 3), Steps((6 / 255,), (0,)), None),
    ("HARD_SWISH", [], (1, 4, 6, 3), Steps((0.04,), (20,)), None),
    ("LEAKY_RELU", [], (1, 4, 6, 3), INPUT, ("LeakyReluOptions", {"Alpha": 0.2})),
    ("QUANTIZE", [], (1, 4, 6, 3), Steps((0.03,), (10,)), None),
    ("AVERAGE_POOL_2D", [], (1, 2, 3, 3), INPUT, pool_options("SAME", (2, 2), (3, 3))),
    ("MAX_POOL_2D", [], (1, 2, 3, 3), INPUT, pool_options("SAME", (2, 2), (3, 3))),
    ("MEAN", [[1, 2]], (1, 1, 1, 3), INPUT, ("ReducerOptions", {"KeepDims": True})),
    ("REDUCE_MAX", [[1]], (1, 6, 3), INPUT, ("ReducerOptions", {})),
    ("RESHAPE", [[1, 12, 6]], (1, 12, 6), INPUT, ("ReshapeOptions", {})),
    ("TRANSPOSE", [[0, 2, 1, 3]], (1, 6, 4, 3), INPUT, ("TransposeOptions", {})),
    ("PAD", [SAME_PADDED], (1, 7, 7, 3), INPUT, ("PadOptions", {})),
    ("RESIZE_BILINEAR", [[7, 9]], (1, 7, 9, 3), INPUT, ("ResizeBilinearOptions", {})),
    (
        "RESIZE_NEAREST_NEIGHBOR",
        [[8, 9]],
        (1, 8, 9, 3),
        INPUT,
        ("ResizeNearestNeighborOptions", {}),
    ),
    ("SPACE_TO_DEPTH", [], (1, 2, 3, 12), INPUT, ("SpaceToDepthOptions", {"BlockSize": 2})),
    ("GATHER", [[2, 0]], (1, 4, 6, 2), INPUT, ("GatherOptions", {"Axis": 3})),
    ("SLICE", [[0, 1, 0, 0], [1, 2, 6, 2]], (1, 2, 6, 2), INPUT, ("SliceOptions", {})),
]


@pytest.mark.parametrize(("name", "lists", "shape", "steps", "options"), ALONE)
@pytest.mark.parametrize("dtype", TYPES)
def test_ops_with_one_picture(dtype, name, lists, shape, steps, options):
    x = stored((1, 4, 6, 3), dtype, signed(INPUT, dtype))
    operands = [x, *(np.array(numbers, np.int32) for numbers in lists)]
    check_quantised(name, operands, shape, signed(steps, dtype), dtype, options)


def test_sum():
    """In uint8: the interpreter's int8 sums are off by up to half of the range."""
    x = stored((1, 4, 6, 3), "uint8", INPUT)
    operands = [x, np.array([3], np.int32)]
    out = Steps((0.1,), (120,))
    check_quantised("SUM", operands, (1, 4, 6), out, "uint8", ("ReducerOptions", {}))


@pytest.mark.parametrize("dtype", TYPES)
def test_prelu(dtype):
    x = stored((1, 4, 6, 3), dtype, signed(INPUT, dtype))
    slopes = stored((1, 1, 3), dtype, signed(Steps((0.004,), (90,)), dtype), 1, fixed=True)
    check_quantised("PRELU", [x, slopes], (1, 4, 6, 3), signed(INPUT, dtype), dtype)


def test_concatenation_of_other_scales():
    """Only uint8 may mix scales; the output's type cuts the wider operand off."""
    a = stored((1, 4, 6, 3), "uint8", INPUT)
    b = stored((1, 4, 6, 2), "uint8", Steps((0.1,), (100,)), 1)
    options = ("ConcatenationOptions", {"Axis": 3})
    check_quantised("CONCATENATION", [a, b], (1, 4, 6, 5), INPUT, "uint8", options)


def test_int16_activations_come_as_float():
    x = stored((1, 5, 6, 3), "int16", Steps((0.0002,), (0,)))
    weights = weights_of((4, 3, 3, 3), "int8", 0, per_channel=True)
    bias = bias_of(x, weights, 4)
    bias = Stored(bias.data.astype(np.int64), bias.steps, fixed=True)
    out = Steps((0.0005,), (0,))
    options = conv_options("Conv2DOptions", "SAME")
    operands = [x, weights, bias]
    check_quantised("CONV_2D", operands, (1, 5, 6, 4), out, "int16", options, modes=("float",))
