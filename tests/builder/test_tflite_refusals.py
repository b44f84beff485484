"""What the TFLite importer refuses: one line that names the op, its number and the file."""

import struct

import numpy as np
import pytest
from tflite_maker import ACTIVATION, Maker, conv_options, pool_options

from builder.errors import ModelImportError
from builder.importers import import_model


def refused(maker, inputs, outputs):
    with pytest.raises(ModelImportError) as info:
        import_model(maker.write(inputs, outputs), "tflite", "made.tflite")
    message = str(info.value)
    assert message.startswith("made.tflite: ")
    assert "\n" not in message
    return message


def test_an_unknown_op_is_named_with_its_index_and_file():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(3)]
    maker.op("RELU", tensors[:1], tensors[1:2])
    maker.op("WHILE", tensors[1:2], tensors[2:])
    assert "op 1 (WHILE): this op is not known" in refused(maker, [0], [2])


def test_an_unknown_custom_op_is_named_on_one_line():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(2)]
    maker.op("Odd\nName", tensors[:1], tensors[1:])
    assert "op 0 (custom op 'Odd\\nName')" in refused(maker, [0], [1])


def test_an_unknown_fused_activation_is_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(3)]
    options = ("AddOptions", {"FusedActivationFunction": ACTIVATION.SIGN_BIT})
    maker.op("ADD", tensors[:2], tensors[2:], options)
    assert "op 0 (ADD): has the fused activation SIGN_BIT" in refused(maker, [0, 1], [2])


def test_integers_without_a_scale_are_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3, dtype="uint8", name="q") for _ in range(2)]
    maker.op("RELU", tensors[:1], tensors[1:])
    assert "tensor 0 ('q') is uint8; only float32 and quantised" in refused(maker, [0], [1])


def test_integer_weights_without_a_scale_are_refused():
    maker = Maker()
    ins = [maker.tensor(1, 4, 4, 3), maker.constant(np.ones((2, 1, 1, 3)), "int8")]
    out = maker.tensor(1, 4, 4, 2)
    maker.op("CONV_2D", ins, [out], conv_options("Conv2DOptions", "SAME"))
    assert "op 0 (CONV_2D): tensor 1 ('tensor 1') is int8" in refused(maker, ins[:1], [out])


def test_weights_that_are_computed_are_refused():
    maker = Maker()
    ins = [maker.tensor(1, 4, 4, 3), maker.tensor(2, 1, 1, 3)]
    out = maker.tensor(1, 4, 4, 2)
    maker.op("CONV_2D", ins, [out], conv_options("Conv2DOptions", "SAME"))
    assert "must be a constant" in refused(maker, ins, [out])


def test_a_picture_op_on_another_rank_is_refused():
    maker = Maker()
    source, out = maker.tensor(4, 6), maker.tensor(4, 6)
    maker.op("AVERAGE_POOL_2D", [source], [out], pool_options("SAME", (1, 1), (2, 2)))
    assert "has the shape [4, 6], not 4 dimensions" in refused(maker, [source], [out])


def test_four_and_five_dimensions_do_not_mix():
    maker = Maker()
    ins, out = [maker.tensor(2, 1, 4, 5, 3), maker.tensor(1, 4, 5, 3)], maker.tensor(2, 1, 4, 5, 3)
    maker.op("ADD", ins, [out], ("AddOptions", {}))
    assert "mixes tensors of 4 and of 5 dimensions" in refused(maker, ins, [out])


@pytest.mark.parametrize(
    ("weights", "complaint"),
    [((4, 3, 3, 2), "do not fit 3 input channels"), ((4, 3, 3, 4), "do not fit 3 input channels")],
)
def test_weights_of_the_wrong_shape_are_refused(weights, complaint):
    maker = Maker()
    ins = [maker.tensor(1, 4, 4, 3), maker.constant(np.ones(weights))]
    out = maker.tensor(1, 4, 4, 4)
    maker.op("CONV_2D", ins, [out], conv_options("Conv2DOptions", "SAME"))
    assert complaint in refused(maker, ins[:1], [out])


def test_a_bias_of_the_wrong_length_is_refused():
    maker = Maker()
    ins = [maker.tensor(1, 4, 4, 3), maker.constant(np.ones((2, 1, 1, 3))), maker.constant([1.0])]
    out = maker.tensor(1, 4, 4, 2)
    maker.op("CONV_2D", ins, [out], conv_options("Conv2DOptions", "SAME"))
    assert "a bias of 1 does not fit 2 output channels" in refused(maker, ins[:1], [out])


@pytest.mark.parametrize("field", ["StrideH", "StrideW", "DilationHFactor", "DilationWFactor"])
@pytest.mark.parametrize("value", [0, -1, 1 << 30])
def test_options_that_are_no_sizes_are_refused(field, value):
    maker = Maker()
    ins = [maker.tensor(1, 4, 4, 3), maker.constant(np.ones((2, 2, 2, 3)))]
    out = maker.tensor(1, 4, 4, 2)
    maker.op("CONV_2D", ins, [out], conv_options("Conv2DOptions", "SAME", **{field: value}))
    assert "the file is damaged" in refused(maker, ins[:1], [out])


def test_an_op_without_its_options_is_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(3)]
    maker.op("ADD", tensors[:2], tensors[2:])
    assert "op 0 (ADD): has no options" in refused(maker, [0, 1], [2])


def test_an_op_that_lacks_an_input_is_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(2)]
    maker.op("ADD", tensors[:1], tensors[1:], ("AddOptions", {}))
    assert "op 0 (ADD): lacks its input 1" in refused(maker, [0], [1])


def test_an_output_shape_that_the_op_does_not_make_is_refused():
    maker = Maker()
    source, out = maker.tensor(1, 4, 4, 3), maker.tensor(1, 4, 5, 3)
    maker.op("RELU", [source], [out])
    assert "not a valid model" in refused(maker, [source], [out])


def test_ops_in_the_wrong_order_are_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(3)]
    maker.op("RELU", tensors[1:2], tensors[2:])
    maker.op("RELU", tensors[:1], tensors[1:2])
    assert "is read before any op has written it" in refused(maker, [0], [2])


def test_a_tensor_written_twice_is_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(2)]
    maker.op("RELU", tensors[:1], tensors[1:])
    maker.op("LOGISTIC", tensors[:1], tensors[1:])
    assert "op 1 (LOGISTIC): tensor 1 ('tensor 1') is written twice" in refused(maker, [0], [1])


def test_an_output_that_no_op_writes_is_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(2)]
    assert "output tensor 1 ('tensor 1') is written by no op" in refused(maker, [0], tensors[1:])


@pytest.mark.parametrize("wanted", [(1, 5), (-1, -1), (0, -1), (-2, 48), (-2, -24)])
def test_a_reshape_that_does_not_fit_is_refused(wanted):
    maker = Maker()
    source, out = maker.tensor(1, 4, 4, 3), maker.tensor(1, 48)
    maker.op("RESHAPE", [source, maker.constant(wanted, "int32")], [out])
    assert "op 0 (RESHAPE): makes the shape" in refused(maker, [source], [out])


def test_a_reshape_without_a_shape_is_refused():
    maker = Maker()
    source, out = maker.tensor(1, 4, 4, 3), maker.tensor(1, 48)
    maker.op("RESHAPE", [source], [out], ("ReshapeOptions", {}))
    assert "op 0 (RESHAPE): says no shape" in refused(maker, [source], [out])


def test_a_window_larger_than_the_picture_is_refused():
    maker = Maker()
    source, out = maker.tensor(1, 4, 6, 3), maker.tensor(1, 1, 1, 3)
    maker.op("MAX_POOL_2D", [source], [out], pool_options("VALID", (1, 1), (5, 5)))
    assert "op 0 (MAX_POOL_2D): slides a window of 5 over 4" in refused(maker, [source], [out])


@pytest.mark.parametrize("axes", [[4], [-5], [1, 9]])
def test_a_mean_over_axes_that_are_not_there_is_refused(axes):
    maker = Maker()
    source, out = maker.tensor(1, 4, 6, 3), maker.tensor(1, 4, 6, 3)
    ins = [source, maker.constant(axes, "int32")]
    maker.op("MEAN", ins, [out], ("ReducerOptions", {"KeepDims": True}))
    assert "op 0 (MEAN): works along the axis" in refused(maker, [source], [out])


@pytest.mark.parametrize("sizes", [[8], [8, 12, 3], [0, 12], [8, -1]])
def test_a_resize_to_sizes_that_are_none_is_refused(sizes):
    maker = Maker()
    source, out = maker.tensor(1, 4, 6, 3), maker.tensor(1, 8, 12, 3)
    ins = [source, maker.constant(sizes, "int32")]
    maker.op("RESIZE_BILINEAR", ins, [out], ("ResizeBilinearOptions", {}))
    assert "op 0 (RESIZE_BILINEAR): resizes to" in refused(maker, [source], [out])


def test_a_resize_with_both_conventions_is_refused():
    maker = Maker()
    source, out = maker.tensor(1, 4, 6, 3), maker.tensor(1, 8, 12, 3)
    options = {"AlignCorners": True, "HalfPixelCenters": True}
    ins = [source, maker.constant([8, 12], "int32")]
    maker.op("RESIZE_BILINEAR", ins, [out], ("ResizeBilinearOptions", options))
    assert "which exclude each other" in refused(maker, [source], [out])


def test_sizes_that_are_computed_are_refused():
    maker = Maker()
    ins, out = [maker.tensor(1, 4, 6, 3), maker.tensor(2)], maker.tensor(1, 8, 12, 3)
    maker.op("RESIZE_BILINEAR", ins, [out], ("ResizeBilinearOptions", {}))
    assert "must be a constant list of integers" in refused(maker, ins, [out])


def test_weights_that_change_their_shape_on_the_way_are_refused():
    maker = Maker()
    stored, whole = maker.constant(np.ones((2, 3)), "float16"), maker.tensor(3, 2)
    maker.op("DEQUANTIZE", [stored], [whole])
    out = maker.tensor(3, 2)
    maker.op("RELU", [whole], [out])
    message = refused(maker, [maker.tensor(1)], [out])
    assert "op 0 (DEQUANTIZE): makes [3, 2] of a constant [2, 3]" in message


def test_an_op_with_an_output_too_many_is_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(3)]
    maker.op("RELU", tensors[:1], tensors[1:])
    assert "op 0 (RELU): does not write tensor 2" in refused(maker, [0], [1])


def test_options_of_another_op_are_refused():
    maker = Maker()
    tensors = [maker.tensor(1, 4, 4, 3) for _ in range(3)]
    maker.op("ADD", tensors[:2], tensors[2:], ("Pool2DOptions", {"StrideW": 1}))
    assert "op 0 (ADD): has no options" in refused(maker, [0, 1], [2])


@pytest.mark.parametrize(
    ("custom", "complaint"),
    [
        (None, "has no options"),
        (b"\1\0\0\0", "has no options"),
        (struct.pack("<3i", 0, 2, 2), "padding number 0"),
        (struct.pack("<3i", 1, 0, 2), "strides [2, 0]"),
    ],
)
def test_damaged_custom_options_are_refused(custom, complaint):
    maker = Maker()
    ins = [maker.tensor(1, 4, 4, 3), maker.constant(np.ones((2, 2, 2, 3)))]
    out = maker.tensor(1, 8, 8, 2)
    maker.op("Convolution2DTransposeBias", ins, [out], custom=custom)
    assert complaint in refused(maker, ins[:1], [out])
