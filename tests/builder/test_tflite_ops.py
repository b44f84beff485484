"""Each op of the TFLite importer against plain NumPy and against the TFLite interpreter."""

import itertools
import struct

import numpy as np
import pytest
import tflite_numpy as plain
from tflite_maker import ACTIVATION, Maker, conv_options, pool_options
from tflite_runs import TOLERANCE, by_importer, by_interpreter, numbers

from builder.importers import import_model


def check(maker, inputs, outputs, fed, expected, *, interpreter=True):
    """Import the file, run it, compare with NumPy's answer and with the interpreter's."""
    data = maker.write(inputs, outputs)
    (got,) = by_importer(data, fed)
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, **TOLERANCE)
    if interpreter:
        np.testing.assert_allclose(got, by_interpreter(data, fed)[0], **TOLERANCE)


WINDOWS = [
    (size, kernel, strides, dilations, padding)
    for size, kernel, strides, dilations, padding in itertools.product(
        [(7, 9), (8, 6)],
        [(1, 1), (3, 3), (2, 4), (5, 5)],
        [(1, 1), (2, 2), (3, 2)],
        [(1, 1), (2, 1)],
        ["SAME", "VALID"],
    )
    if padding == "SAME" or (kernel[0] - 1) * dilations[0] < size[0]
]


@pytest.mark.parametrize(("size", "kernel", "strides", "dilations", "padding"), WINDOWS)
def test_conv_2d(size, kernel, strides, dilations, padding):
    x, weights, bias = numbers((1, *size, 3)), numbers((4, *kernel, 3)), numbers((4,))
    expected = plain.conv_2d(x, weights, bias, strides, dilations, padding)
    maker = Maker()
    ins = [maker.tensor(*x.shape), maker.constant(weights), maker.constant(bias)]
    out = maker.tensor(*expected.shape)
    maker.op("CONV_2D", ins, [out], conv_options("Conv2DOptions", padding, strides, dilations))
    check(maker, ins[:1], [out], [x], expected)


@pytest.mark.parametrize(("size", "kernel", "strides", "dilations", "padding"), WINDOWS)
@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_conv_2d(size, kernel, strides, dilations, padding, multiplier):
    channels = 3 * multiplier
    x, weights = numbers((1, *size, 3)), numbers((1, *kernel, channels))
    bias = numbers((channels,))
    expected = plain.depthwise_conv_2d(x, weights, bias, strides, dilations, padding)
    maker = Maker()
    ins = [maker.tensor(*x.shape), maker.constant(weights), maker.constant(bias)]
    out = maker.tensor(*expected.shape)
    options = conv_options(
        "DepthwiseConv2DOptions", padding, strides, dilations, DepthMultiplier=multiplier
    )
    maker.op("DEPTHWISE_CONV_2D", ins, [out], options)
    check(maker, ins[:1], [out], [x], expected)


@pytest.mark.parametrize("bias", [[], [-1]])
def test_convolution_without_a_bias_in_groups_over_a_batch(bias):
    x, weights = numbers((2, 5, 4, 6)), numbers((4, 3, 3, 3))  # two groups
    expected = plain.conv_2d(x, weights, 0, (1, 1), (1, 1), "SAME")
    maker = Maker()
    ins = [maker.tensor(*x.shape), maker.constant(weights)]
    out = maker.tensor(*expected.shape)
    maker.op("CONV_2D", [*ins, *bias], [out], conv_options("Conv2DOptions", "SAME"))
    # The interpreter insists on a bias.
    check(maker, ins[:1], [out], [x], expected, interpreter=False)


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6", "RELU_N1_TO_1", "TANH"])
def test_fused_activations(activation):
    x, weights, bias = numbers((1, 4, 5, 2)), numbers((3, 1, 1, 2)), numbers((3,))
    linear = plain.conv_2d(x, weights, bias, (1, 1), (1, 1), "SAME")
    maker = Maker()
    ins = [maker.tensor(*x.shape), maker.constant(weights), maker.constant(bias)]
    out = maker.tensor(*linear.shape)
    options = conv_options("Conv2DOptions", "SAME", activation=activation)
    maker.op("CONV_2D", ins, [out], options)
    # TFLite's own float convolution ignores a fused TANH, which the schema has.
    known = activation != "TANH"
    check(maker, ins[:1], [out], [x], plain.ACTIVATIONS[activation](linear), interpreter=known)


def test_fp16_weights_behind_dequantize():
    x, weights, bias = numbers((1, 5, 5, 2)), numbers((3, 3, 3, 2)), numbers((3,))
    half = weights.astype(np.float16), bias.astype(np.float16)
    expected = plain.conv_2d(x, *(h.astype(np.float32) for h in half), (1, 1), (1, 1), "SAME")
    maker = Maker()
    source = maker.tensor(*x.shape)
    ins = [source]
    for contents in half:
        stored, whole = maker.constant(contents, "float16"), maker.tensor(*contents.shape)
        maker.op("DEQUANTIZE", [stored], [whole])
        ins.append(whole)
    out = maker.tensor(*expected.shape)
    maker.op("CONV_2D", ins, [out], conv_options("Conv2DOptions", "SAME"))
    check(maker, [source], [out], [x], expected)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (3, 3), (2, 4), (7, 9)])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize(
    ("name", "reduce"), [("AVERAGE_POOL_2D", np.mean), ("MAX_POOL_2D", np.max)]
)
def test_pooling(name, reduce, strides, kernel, padding):
    x = numbers((2, 7, 9, 3))
    expected = plain.pool(x, kernel, strides, padding, reduce)
    maker = Maker()
    source, out = maker.tensor(*x.shape), maker.tensor(*expected.shape)
    maker.op(name, [source], [out], pool_options(padding, strides, kernel))
    check(maker, [source], [out], [x], expected)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 5, 7, 3), (1, 2)),
        ((1, 5, 7, 3), (-3, -2)),
        ((2, 5, 7, 3), (1,)),
        ((2, 5, 7, 3), (2,)),
        ((2, 5, 7, 3), (3,)),
        ((2, 5, 7, 3), (3, 1)),
        ((2, 5, 7, 3), (0, 1, 2)),
        ((2, 1, 7, 1), (0,)),
        ((4, 6), (1,)),
        ((4, 6, 5), (0, 2)),
    ],
)
def test_mean(shape, axes, keep):
    x = numbers(shape)
    expected = x.mean(axis=axes, keepdims=keep)
    maker = Maker()
    source, out = maker.tensor(*shape), maker.tensor(*expected.shape)
    options = ("ReducerOptions", {"KeepDims": keep})
    maker.op("MEAN", [source, maker.constant(axes, "int32")], [out], options)
    check(maker, [source], [out], [x], expected)


@pytest.mark.parametrize("target", [(14, 18), (13, 7), (4, 20), (1, 1), (7, 9)])
@pytest.mark.parametrize(
    ("align_corners", "half_pixel_centers"), [(False, True), (True, False), (False, False)]
)
def test_resize_bilinear(target, align_corners, half_pixel_centers):
    x = numbers((2, 7, 9, 3))
    expected = plain.resize_bilinear(
        x, *target, align_corners=align_corners, half_pixel_centers=half_pixel_centers
    )
    maker = Maker()
    source, out = maker.tensor(*x.shape), maker.tensor(*expected.shape)
    options = {"AlignCorners": align_corners, "HalfPixelCenters": half_pixel_centers}
    sizes = maker.constant(target, "int32")
    maker.op("RESIZE_BILINEAR", [source, sizes], [out], ("ResizeBilinearOptions", options))
    check(maker, [source], [out], [x], expected)


BROADCASTS = [
    ((1, 4, 5, 3), (1, 4, 5, 3)),
    ((1, 4, 5, 3), (1, 1, 1, 3)),
    ((1, 4, 5, 3), (1, 4, 5, 1)),
    ((1, 4, 5, 3), (3,)),  # the channels, which are last in NHWC
    ((1, 4, 3, 3), (3, 3)),  # width and channels
    ((2, 4, 5, 3), ()),
    ((1,), (1, 4, 5, 3)),
    ((6, 3), (3,)),
    ((5, 6, 3), (6, 1)),
]


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize(("first", "second"), BROADCASTS)
@pytest.mark.parametrize(
    ("name", "function"),
    [("ADD", np.add), ("SUB", np.subtract), ("MUL", np.multiply), ("DIV", np.divide)],
)
def test_arithmetic_broadcasts_as_in_nhwc(name, function, first, second, constant):
    a, b = numbers(first), np.asarray(np.abs(numbers(second, 1)) + 1)
    expected = plain.ACTIVATIONS["RELU6"](function(a, b))
    maker = Maker()
    ins = [maker.tensor(*first), maker.constant(b) if constant else maker.tensor(*second)]
    out = maker.tensor(*expected.shape)
    options = {"FusedActivationFunction": ACTIVATION.RELU6}
    maker.op(name, ins, [out], (f"{name.capitalize()}Options", options))
    fed = [a] if constant else [a, b]
    check(maker, ins[: len(fed)], [out], fed, expected)


@pytest.mark.parametrize(
    "name", ["RELU", "RELU6", "RELU_N1_TO_1", "TANH", "LOGISTIC", "HARD_SWISH"]
)
@pytest.mark.parametrize("shape", [(1, 4, 5, 3), (2, 6)])
def test_activations(name, shape):
    x = numbers(shape)
    maker = Maker()
    source, out = maker.tensor(*shape), maker.tensor(*shape)
    maker.op(name, [source], [out])
    check(maker, [source], [out], [x], plain.ACTIVATIONS[name](x))


@pytest.mark.parametrize("by_input", [True, False])
@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ((1, 4, 6, 3), (1, 2, 12, 3)),
        ((1, 4, 6, 3), (1, -1)),
        ((1, 4, 6, 3), (24, 3)),
        ((1, 1, 1, 8), (1, 8)),
        ((1, 8), (1, 1, 1, 8)),
        ((24, 3), (1, 4, 6, 3)),
        ((1, 4, 6, 1), (1, 6, 4, 1)),
        ((2, 3, 4, 5), (2, 12, 5)),
        ((1, 4, 6, 3), (1, 4, 6, 3)),
    ],
)
def test_reshape_keeps_the_order_of_nhwc(shape, wanted, by_input):
    x = numbers(shape)
    expected = x.reshape(wanted)
    maker = Maker()
    source, out = maker.tensor(*shape), maker.tensor(*expected.shape)
    ins = [source, maker.constant(wanted, "int32")] if by_input else [source]
    options = None if by_input else ("ReshapeOptions", {"NewShape": wanted})
    maker.op("RESHAPE", ins, [out], options)
    check(maker, [source], [out], [x], expected)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("kernel", [(2, 2), (3, 3), (1, 1), (4, 3), (5, 2)])
@pytest.mark.parametrize("size", [(4, 5), (3, 3)])
def test_convolution_2d_transpose_bias(size, kernel, strides, padding):
    x, weights, bias = numbers((1, *size, 3)), numbers((2, *kernel, 3)), numbers((2,))
    expected = plain.transpose_conv_bias(x, weights, bias, strides, padding)
    maker = Maker()
    ins = [maker.tensor(*x.shape), maker.constant(weights), maker.constant(bias)]
    out = maker.tensor(*expected.shape)
    custom = struct.pack("<3i", {"SAME": 1, "VALID": 2}[padding], strides[1], strides[0])
    maker.op("Convolution2DTransposeBias", ins, [out], custom=custom)
    # MediaPipe's own op: the bare interpreter does not have it.
    check(maker, ins[:1], [out], [x], expected, interpreter=False)


def test_a_chain_of_ops_with_two_outputs():
    x = numbers((1, 4, 6, 2))
    maker = Maker()
    source, hidden = maker.tensor(*x.shape, name="picture"), maker.tensor(*x.shape)
    first, second = maker.tensor(*x.shape, name="first"), maker.tensor(1, 2, name="second")
    maker.op("RELU", [source], [hidden])
    maker.op("LOGISTIC", [hidden], [first])
    axes = maker.constant([1, 2], "int32")
    maker.op("MEAN", [first, axes], [second], ("ReducerOptions", {"KeepDims": False}))
    data = maker.write([source], [second, first])
    got = by_importer(data, [x])
    expected = plain.ACTIVATIONS["LOGISTIC"](np.maximum(x, 0))
    np.testing.assert_allclose(got[0], expected.mean(axis=(1, 2)), **TOLERANCE)
    np.testing.assert_allclose(got[1], expected, **TOLERANCE)


def test_global_pooling_and_small_shapes_need_no_transposition():
    """Where NHWC and NCHW are the same in memory, a Reshape does, which costs nothing."""
    maker = Maker()
    source, pooled, flat = maker.tensor(1, 4, 6, 3), maker.tensor(1, 3), maker.tensor(1, 1, 1, 3)
    axes = maker.constant([1, 2], "int32")
    maker.op("MEAN", [source, axes], [pooled], ("ReducerOptions", {"KeepDims": False}))
    maker.op("RESHAPE", [pooled], [flat], ("ReshapeOptions", {"NewShape": [1, 1, 1, 3]}))
    model = import_model(maker.write([source], [flat]), "tflite", "made.tflite")
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == ["GlobalAveragePool", "Reshape", "Reshape"]


@pytest.mark.parametrize("name", ["", "v0", "t2", "scalar_6", "tensor_9", "a\nb", "input:0", "out"])
def test_any_names_of_inputs_and_outputs_become_valid_ones(name):
    x = numbers((1, 4, 6, 3))
    maker = Maker()
    source, hidden = maker.tensor(*x.shape, name=name), maker.tensor(*x.shape)
    out = maker.tensor(*x.shape, name="out")
    maker.op("RELU6", [source], [hidden])
    factor = maker.constant(numbers((3,)))
    maker.op("MUL", [hidden, factor], [out], ("MulOptions", {}))
    check(maker, [source], [out], [x], x.clip(0, 6) * numbers((3,)))


def test_an_output_that_only_changes_its_shape_keeps_its_name():
    x = numbers((1, 4, 6, 3))
    maker = Maker()
    source, out = maker.tensor(*x.shape, name="picture"), maker.tensor(*x.shape, name="same")
    maker.op("RESHAPE", [source], [out], ("ReshapeOptions", {"NewShape": x.shape}))
    data = maker.write([source], [out])
    model = import_model(data, "tflite", "made.tflite")
    assert [value.name for value in model.graph.output] == ["same"]
    np.testing.assert_array_equal(by_importer(data, [x])[0], x)
