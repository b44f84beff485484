"""Quantised TFLite models as a whole: small networks, hybrid ones, both forms, refusals."""

import math

import numpy as np
import onnx
import onnxruntime
import pytest
from tflite_maker import Maker, Steps, conv_options
from tflite_quantised import MODES, put, real, signed, stored
from tflite_runs import by_importer, by_interpreter, numbers

from builder.errors import ModelImportError
from builder.importers import import_model

PIXELS = Steps((1 / 128,), (128,))  # −1 … 1
HIDDEN = Steps((6 / 255,), (0,))  # what RELU6 leaves
LOGITS = Steps((0.06,), (128,))
ALPHA = Steps((1 / 256,), (0,))


def network(dtype):
    """A small U-Net: stride 2 and back, a skip, a head; returns the file and its picture."""
    maker = Maker()
    x = stored((1, 16, 12, 3), dtype, signed(PIXELS, dtype))

    def hidden(*shape, steps=HIDDEN):
        return maker.tensor(*shape, dtype=dtype, steps=signed(steps, dtype))

    def layer(name, source, steps, shape, axis, options, out):
        count = shape[axis] if dtype == "int8" else 1
        wide = 3 / math.sqrt(math.prod(shape) / shape[axis])  # keeps the numbers' size
        scales = tuple(wide / 127 * (1 + i / count) for i in range(count))
        zeros = (0,) * count if dtype == "int8" else (128,)
        weights = stored(
            shape,
            dtype,
            Steps(scales, zeros, axis),
            axis,
            fixed=True,
            low=-127 if count > 1 else None,
        )
        products = tuple(steps.scales[0] * scale for scale in scales)
        bias = stored(
            (shape[axis],),
            "int32",
            Steps(products, (0,) * count),
            3,
            fixed=True,
            low=-2000,
            high=4000,
        )
        maker.op(name, [source, put(maker, weights), put(maker, bias)], [out], options)
        return out

    def conv(name, padding="SAME", strides=(1, 1), **more):
        kind = "Conv2DOptions" if name == "CONV_2D" else "DepthwiseConv2DOptions"
        return conv_options(kind, padding, strides, **more)

    source = put(maker, x)
    first = layer(
        "CONV_2D",
        source,
        PIXELS,
        (8, 3, 3, 3),
        0,
        conv("CONV_2D", activation="RELU6"),
        hidden(1, 16, 12, 8),
    )
    options = conv("DEPTHWISE_CONV_2D", strides=(2, 2), activation="RELU6", DepthMultiplier=1)
    down = layer("DEPTHWISE_CONV_2D", first, HIDDEN, (1, 3, 3, 8), 3, options, hidden(1, 8, 6, 8))
    # No activation: the type's own ends are a RELU6.
    mixed = layer("CONV_2D", down, HIDDEN, (8, 1, 1, 8), 0, conv("CONV_2D"), hidden(1, 8, 6, 8))
    wide = hidden(1, 16, 12, 8)
    sizes = maker.constant([16, 12], "int32")
    options = ("ResizeBilinearOptions", {"HalfPixelCenters": True})
    maker.op("RESIZE_BILINEAR", [mixed, sizes], [wide], options)
    joined = hidden(1, 16, 12, 16)
    maker.op("CONCATENATION", [wide, first], [joined], ("ConcatenationOptions", {"Axis": 3}))
    logits = layer(
        "CONV_2D",
        joined,
        HIDDEN,
        (1, 3, 3, 16),
        0,
        conv("CONV_2D"),
        hidden(1, 16, 12, 1, steps=LOGITS),
    )
    alpha = hidden(1, 16, 12, 1, steps=ALPHA)
    maker.op("LOGISTIC", [logits], [alpha])
    return maker.write([source], [alpha]), x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_a_network_answers_as_in_the_interpreter(dtype, mode):
    data, x = network(dtype)
    expected = real(by_interpreter(data, [x.data])[0], signed(ALPHA, dtype))
    (got,) = by_importer(data, [x.real], mode)
    assert expected.std() > 0.1
    difference = np.abs(got - expected) / ALPHA.scales[0]
    # Without rounding, or with ties rounded another way, a logit may come out a step away: 0.06,
    # which the sigmoid's slope of ¼ makes 3.8 steps of alpha, itself rounded to one.
    assert difference.max() <= 5
    assert difference.mean() <= 1


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_as_float_nothing_is_rounded_and_as_qdq_everything(dtype):
    data, _ = network(dtype)
    plain, qdq = (import_model(data, "tflite", "made.tflite", quantized=mode) for mode in MODES)
    kinds = [node.op_type for node in plain.graph.node]
    clipped = ["Conv", "Clip"]
    assert kinds == [*clipped * 3, "Resize", "Concat", *clipped, "Sigmoid"]
    kinds = [node.op_type for node in qdq.graph.node]
    assert kinds.count("QuantizeLinear") == 8  # the picture and what each of the 7 ops writes
    assert kinds.count("DequantizeLinear") == 8 + 4 * 2  # and the weights and biases
    assert "Clip" not in kinds  # QuantizeLinear saturates at the same ends
    whole = {"int8": onnx.TensorProto.INT8, "uint8": onnx.TensorProto.UINT8}[dtype]
    big = {tensor.data_type for tensor in qdq.graph.initializer if math.prod(tensor.dims) > 16}
    assert big == {whole}
    for model in (plain, qdq):
        for value in (*model.graph.input, *model.graph.output):
            assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_the_runtime_computes_the_qdq_form_in_integers(tmp_path):
    data, _ = network("uint8")
    model = import_model(data, "tflite", "made.tflite", quantized="qdq")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    onnxruntime.InferenceSession(model.SerializeToString(), options)
    kinds = [node.op_type for node in onnx.load(tmp_path / "optimised.onnx").graph.node]
    assert kinds.count("QLinearConv") == 4
    assert "Conv" not in kinds


def test_the_default_is_float():
    data, _ = network("int8")
    default = import_model(data, "tflite", "made.tflite")
    assert default == import_model(data, "tflite", "made.tflite", quantized="float")


def test_an_unknown_form_is_refused():
    data, _ = network("int8")
    with pytest.raises(
        ModelImportError, match=r"made\.tflite: quantized is 'int4'; it is float or"
    ):
        import_model(data, "tflite", "made.tflite", quantized="int4")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_integer_weights_with_float_activations(name, mode):
    """Dynamic range: the interpreter rounds the activations itself, to 255 steps a picture."""
    x = numbers((3, 12)) if name == "FULLY_CONNECTED" else numbers((1, 5, 6, 12))
    shape, axis, options = {
        "CONV_2D": ((4, 3, 3, 12), 0, conv_options("Conv2DOptions", "SAME")),
        "DEPTHWISE_CONV_2D": (
            (1, 3, 3, 12), 3, conv_options("DepthwiseConv2DOptions", "SAME", DepthMultiplier=1)
        ),
        "FULLY_CONNECTED": ((5, 12), 0, ("FullyConnectedOptions", {})),
    }[name]  # fmt: skip
    many = name != "FULLY_CONNECTED"
    scales = tuple(0.01 * (1 + i) for i in range(shape[axis])) if many else (0.01,)
    weights = stored(
        shape, "int8", Steps(scales, (0,) * len(scales), axis), 1, fixed=True, low=-127
    )
    bias = numbers((shape[axis],))
    out = (3, 5) if name == "FULLY_CONNECTED" else (1, 5, 6, shape[axis])
    maker = Maker()
    source = maker.tensor(*x.shape)
    result = maker.tensor(*out)
    maker.op(name, [source, put(maker, weights), maker.constant(bias)], [result], options)
    data = maker.write([source], [result])
    (got,) = by_importer(data, [x], mode)

    # The same file with the weights written out in float32 answers the same to float rounding.
    whole = Maker()
    ends = whole.tensor(*x.shape), whole.tensor(*out)
    whole.op(
        name, [ends[0], whole.constant(weights.real), whole.constant(bias)], [ends[1]], options
    )
    (exact,) = by_interpreter(whole.write([ends[0]], [ends[1]]), [x])
    np.testing.assert_allclose(got, exact, rtol=1e-5, atol=1e-4)

    # Half a step of the picture's rounding in each product.
    (hybrid,) = by_interpreter(data, [x])
    others = tuple(a for a in range(len(shape)) if a != axis)
    bound = np.abs(x).max() / 127 / 2 * np.abs(weights.real).sum(axis=others)
    assert (np.abs(got - hybrid) <= bound + 1e-4).all()
    assert (got != hybrid).any()


def test_integer_weights_behind_dequantize_are_folded():
    x, weights = numbers((3, 12)), stored((5, 12), "int8", Steps((0.02,), (3,)), 1, fixed=True)
    maker = Maker()
    source, whole, out = maker.tensor(3, 12), maker.tensor(5, 12), maker.tensor(3, 5)
    maker.op("DEQUANTIZE", [put(maker, weights)], [whole])
    options = ("FullyConnectedOptions", {})
    maker.op("FULLY_CONNECTED", [source, whole, maker.constant(np.zeros(5))], [out], options)
    data = maker.write([source], [out])
    np.testing.assert_allclose(by_importer(data, [x])[0], x @ weights.real.T, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(by_importer(data, [x])[0], by_interpreter(data, [x])[0], 1e-5, 1e-4)


def test_one_zero_point_stands_for_all_scales():
    models = []
    for zeros in [(0,), (0,) * 5]:
        scales = tuple(0.01 * (1 + i) for i in range(5))
        maker = Maker()
        source, out = maker.tensor(3, 12), maker.tensor(3, 5)
        weights = put(maker, stored((5, 12), "int8", Steps(scales, zeros), 1, fixed=True))
        maker.op("FULLY_CONNECTED", [source, weights], [out], ("FullyConnectedOptions", {}))
        data = maker.write([source], [out])
        models.append(import_model(data, "tflite", "made.tflite", quantized="qdq"))
    assert models[0] == models[1]


@pytest.mark.parametrize("mode", MODES)
def test_float_ends_around_a_quantised_middle(mode):
    x = numbers((1, 4, 6, 3))
    maker = Maker()
    source, out = maker.tensor(*x.shape), maker.tensor(*x.shape)
    low, high = (maker.tensor(*x.shape, dtype="int8", steps=signed(PIXELS, "int8")) for _ in "ab")
    maker.op("QUANTIZE", [source], [low])
    maker.op("RELU", [low], [high])
    maker.op("DEQUANTIZE", [high], [out])
    data = maker.write([source], [out])
    (got,), (expected,) = by_importer(data, [x], mode), by_interpreter(data, [x])
    assert expected.max() == 127 / 128  # saturated
    assert np.abs(got - expected).max() <= (0.5 + 1e-3) / 128


@pytest.mark.parametrize("mode", MODES)
def test_the_class_map_of_a_quantised_model(mode):
    x = stored((1, 4, 6, 3), "uint8", PIXELS)
    maker = Maker()
    source, out = put(maker, x), maker.tensor(1, 4, 6, dtype="int32")
    axis = maker.constant(3, "int32")
    maker.op("ARG_MAX", [source, axis], [out], ("ArgMaxOptions", {"OutputType": 2}))
    data = maker.write([source], [out])
    np.testing.assert_array_equal(
        by_importer(data, [x.real], mode)[0], by_interpreter(data, [x.data])[0]
    )


def refused(maker, inputs, outputs, **more):
    with pytest.raises(ModelImportError) as info:
        import_model(maker.write(inputs, outputs), "tflite", "made.tflite", **more)
    assert "\n" not in str(info.value)
    return str(info.value)


@pytest.mark.parametrize(
    ("dtype", "steps", "complaint"),
    [
        ("uint8", Steps((0.0,)), "a damaged TFLite file (tensor 0 has scales that are no sizes)"),
        ("uint8", Steps((math.nan,)), "scales that are no sizes"),
        ("uint8", Steps((-0.1,)), "scales that are no sizes"),
        ("uint8", Steps((0.1,), (256,)), "zero points that are none"),
        ("int8", Steps((0.1,), (-129,)), "zero points that are none"),
        ("uint8", Steps((0.1,), (1, 2)), "zero points that are none"),
        ("uint8", Steps((0.1, 0.2), (0, 0), 3), "tensor 0 has 2 scales along dimension 3"),
        ("uint8", Steps((0.1,) * 3, (0,) * 3, 4), "tensor 0 has 3 scales along dimension 4"),
        ("uint8", Steps((0.1,) * 3, (0,) * 3, 3), "tensor 0 ('tensor 0') has many scales"),
    ],
)
def test_scales_that_are_none_are_refused(dtype, steps, complaint):
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3, dtype=dtype, steps=steps) for _ in range(2)]
    maker.op("RELU", tensors[:1], tensors[1:])
    assert complaint in refused(maker, [0], [1])


def test_int16_activations_have_no_qdq_form():
    maker = Maker()
    steps = Steps((0.1,))
    tensors = [maker.tensor(1, 4, 4, 3, dtype="int16", steps=steps) for _ in range(2)]
    maker.op("RELU", tensors[:1], tensors[1:])
    message = refused(maker, [0], [1], quantized="qdq")
    assert "tensor 0 ('tensor 0') is int16, which has no QDQ form; import the model as" in message


def test_an_integer_bias_of_a_float_convolution_is_refused():
    maker = Maker()
    bias = maker.constant([1, 2], "int32")
    ins = [maker.tensor(1, 4, 4, 3), maker.constant(np.ones((2, 1, 1, 3))), bias]
    out = maker.tensor(1, 4, 4, 2)
    options = conv_options("Conv2DOptions", "SAME")
    maker.op("CONV_2D", ins, [out], options)
    message = refused(maker, ins[:1], [out])
    assert "op 0 (CONV_2D): an int32 bias goes with quantised input and weights" in message
