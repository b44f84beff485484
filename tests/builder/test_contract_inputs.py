"""The picture's convention, folded or in front: always what the model's author would have fed."""

import logging

import numpy as np
import onnx
import pytest
from contract_networks import build, frames, ops, prepared, run, segmenter, value, weight
from onnx import helper, numpy_helper
from recipe_maker import make_recipe

from builder.contract import check_contract, front, to_contract
from builder.errors import ContractError

# Folding changes the order of float32 sums.
ROUNDING = 2e-6
# A half has 11 bits; the model's own sums round to them, the widened one's do not.
HALF_ROUNDING = 4e-3

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
CONVENTIONS = {
    "plain": {},
    "bgr": {"channels": "BGR"},
    "imagenet": IMAGENET,
    "signed": {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
    "caffe": {"channels": "BGR", "scale": 255.0, "mean": (123.0, 117.0, 104.0),
              "std": (58.0, 57.0, 57.5)},
    "bytes-as-floats": {"scale": 255.0, "std": (255.0, 255.0, 128.0)},
}  # fmt: skip
PADDINGS = {
    "none": {},
    "all": {"pads": [1, 1, 1, 1]},
    "one-sided": {"pads": [0, 0, 1, 1], "strides": [2, 2]},
    "same": {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    "valid": {"auto_pad": "VALID"},
    "dilated": {"pads": [2, 2, 2, 2], "dilations": [2, 2]},
}


def answers(model, kept, convention, **keys):
    """Yield the answer that the author would get and the one by the contract, frame by frame."""
    for frame in frames():
        wanted = run(model, {"x": prepared(frame, **convention, **keys)})[0]
        yield wanted, run(kept, {"frame": frame})[0]


def kept_by(model, convention, **keys):
    """Bring a model whose answer has its own size; compare before that is resized."""
    recipe = make_recipe(input={**convention, **keys})
    kept = to_contract(model, recipe)
    assert check_contract(kept) == (16, 24)
    if ops(kept)[-1] == "Resize":
        own_size = kept.graph.node[-1].input[0]
        kept.graph.output.insert(0, onnx.ValueInfoProto(name=own_size))
        kept.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    return kept


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("name", CONVENTIONS)
def test_folded_or_not_the_answer_is_the_authors(name, padding, layout):
    convention = CONVENTIONS[name]
    model = segmenter(layout=layout, conv=PADDINGS[padding])
    kept = kept_by(model, convention, layout=layout)
    for wanted, found in answers(model, kept, convention, layout=layout):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)
    # One subtraction stays where the border is padded with zeros and there is a mean.
    moved = "mean" in convention and padding not in ("none", "valid")
    assert ops(kept)[: 2 if moved else 1] == (["Sub", "Conv"] if moved else ["Conv"])
    assert not {"Mul", "Add", "Gather", "Transpose"} & set(ops(kept))


def test_a_mean_folded_into_the_bias_would_be_wrong_at_a_padded_border_only(monkeypatch):
    """What the subtraction in front is for, and that the comparison above would see its lack."""
    model = segmenter(conv=PADDINGS["all"])
    monkeypatch.setattr(front, "_is_padded", lambda _: False)
    monkeypatch.setattr(front, "_same", lambda *_: True)
    wrong = kept_by(model, IMAGENET)
    assert ops(wrong)[0] == "Conv"
    (wanted, found), *_ = answers(model, wrong, IMAGENET)
    error = np.abs(wanted - found)[0, 0]
    np.testing.assert_allclose(error[1:-1, 1:-1], 0, atol=ROUNDING)
    for border in (error[0], error[-1], error[:, 0], error[:, -1]):
        assert border.max() > 0.01


def test_a_wrong_fold_is_noticed_and_not_used(monkeypatch, caplog):
    monkeypatch.setattr(front, "_is_padded", lambda _: False)
    model = segmenter(conv=PADDINGS["all"])
    with caplog.at_level(logging.WARNING):
        kept = kept_by(model, IMAGENET)
    assert "not folded" in caplog.text
    assert ops(kept)[:3] == ["Mul", "Add", "Conv"]
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_a_convolution_without_a_bias_gets_one():
    model = segmenter(conv={}, bias=False)
    kept = kept_by(model, IMAGENET)
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_model_that_does_not_begin_with_a_convolution_gets_ops_in_front(name, layout):
    axis = 1 if layout == "NCHW" else 3
    shape = [1, 3, 16, 24] if layout == "NCHW" else [1, 16, 24, 3]
    out = [1, 1, 16, 24] if layout == "NCHW" else [1, 16, 24, 1]
    model = build(
        [
            ("Mul", ["x", "w"], ["weighted"], {}),
            ("ReduceSum", ["weighted", "axis"], ["y"], {"keepdims": 1}),
        ],
        [value("x", shape)],
        [value("y", out)],
        {"w": weight(3).reshape(-1, *[1] * (3 - axis)),
         "axis": np.array([axis])},
    )  # fmt: skip
    convention = CONVENTIONS[name]
    kept = to_contract(model, make_recipe(input={**convention, "layout": layout}))
    for wanted, found in answers(model, kept, convention, layout=layout):
        np.testing.assert_allclose(found.ravel(), wanted.ravel(), rtol=1e-5, atol=ROUNDING)


def test_a_second_reader_of_the_picture_gets_it_by_the_convention_too():
    """As in networks that add the picture to their features: folding would change that sum."""
    model = build(
        [
            ("Conv", ["x", "w"], ["c"], {"pads": [1, 1, 1, 1]}),
            ("Add", ["c", "x"], ["sum"], {}),
            ("Conv", ["sum", "v"], ["raw"], {}),
            ("Sigmoid", ["raw"], ["y"], {}),
        ],
        [value("x", [1, 3, 16, 24])],
        [value("y", [1, 1, 16, 24])],
        {"w": weight(3, 3, 3, 3), "v": weight(1, 3, 1, 1, seed=1)},
    )
    kept = kept_by(model, IMAGENET)
    assert ops(kept)[:2] == ["Mul", "Add"]
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_several_convolutions_may_read_the_picture_and_share_their_weights():
    model = build(
        [
            ("Conv", ["x", "w", "b"], ["c"], {}),
            ("Conv", ["x", "w", "b"], ["d"], {"dilations": [1, 1]}),
            ("Conv", ["c", "w"], ["e"], {"pads": [2, 2, 2, 2]}),  # the same weights, no picture
            ("ReduceMean", ["e"], ["y"], {"axes": [1]}),
        ],
        [value("x", [1, 3, 16, 24])],
        [value("y", [1, 1, 16, 24])],
        {"w": weight(3, 3, 3, 3), "b": weight(3, seed=1)},
    )
    kept = to_contract(model, make_recipe(input=IMAGENET))
    assert ops(kept)[0] == "Conv"
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", ["depthwise", "computed weights", "computed bias"])
def test_a_first_convolution_that_cannot_be_folded_gets_ops_in_front(kind):
    depthwise = kind == "depthwise"
    inputs = {
        "depthwise": ["x", "w"],
        "computed weights": ["x", "minus_w"],
        "computed bias": ["x", "w", "minus_b"],
    }
    model = build(
        [
            ("Neg", ["w"], ["minus_w"], {}),
            ("Neg", ["b"], ["minus_b"], {}),
            ("Conv", inputs[kind], ["c"], {"group": 3 if depthwise else 1}),
            ("ReduceMean", ["c"], ["m"], {"axes": [1]}),
            ("Sigmoid", ["m"], ["y"], {}),
        ],
        [value("x", [1, 3, 16, 24])],
        [value("y", [1, 1, 14, 22])],
        {"w": weight(3, 1, 3, 3) if depthwise else weight(2, 3, 3, 3), "b": weight(2, seed=1)},
    )
    kept = kept_by(model, CONVENTIONS["caffe"])
    assert {"Mul", "Add", "Gather"} < set(ops(kept))
    for wanted, found in answers(model, kept, CONVENTIONS["caffe"]):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_a_branch_may_read_the_picture_too():
    body = helper.make_graph(
        [helper.make_node("ReduceMean", ["x"], ["m"], axes=[1])],
        "body", [], [value("m", [1, 1, 16, 24])],
    )  # fmt: skip
    model = build(
        [
            ("Conv", ["x", "w"], ["c"], {"pads": [1, 1, 1, 1]}),
            ("If", ["yes"], ["level"], {"then_branch": body, "else_branch": body}),
            ("Add", ["c", "level"], ["raw"], {}),
            ("Sigmoid", ["raw"], ["y"], {}),
        ],
        [value("x", [1, 3, 16, 24])],
        [value("y", [1, 1, 16, 24])],
        {"w": weight(1, 3, 3, 3), "yes": np.bool_(True)},
    )
    kept = kept_by(model, IMAGENET)
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_a_picture_that_is_turned_in_another_way_is_not_folded(caplog):
    model = segmenter((24, 24), layout="NHWC")
    model.graph.node[0].attribute[0].ints[:] = [0, 3, 2, 1]  # sides swapped as well
    kept = to_contract(model, make_recipe(24, 24, input={"layout": "NHWC", **IMAGENET}))
    assert "Transpose" in ops(kept)
    assert not caplog.text  # it was not even tried
    for frame in frames(size=(24, 24)):
        wanted = run(model, {"x": prepared(frame, layout="NHWC", **IMAGENET)})[0]
        np.testing.assert_allclose(run(kept, {"frame": frame})[0], wanted, rtol=0, atol=ROUNDING)


def test_weights_in_constant_nodes_are_weights():
    """As some exporters write them; the convention is folded into them all the same."""
    model = segmenter(conv={})
    for tensor in list(model.graph.initializer):
        node = helper.make_node("Constant", [], [tensor.name], value=tensor)
        model.graph.node.insert(0, node)
    del model.graph.initializer[:]
    kept = kept_by(model, IMAGENET)
    assert ops(kept)[0] == "Conv"
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_folding_leaves_no_old_weights_behind():
    kept = kept_by(segmenter(), IMAGENET)
    used = {name for node in kept.graph.node for name in node.input}
    assert {tensor.name for tensor in kept.graph.initializer} <= used


@pytest.mark.parametrize("channels", ["RGB", "BGR"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_uint8_takes_the_pictures_bytes(layout, channels):
    model = segmenter(layout=layout, dtype="uint8")
    keys = {"layout": layout, "channels": channels}
    kept = to_contract(model, make_recipe(input={**keys, "dtype": "uint8"}))
    for wanted, found in answers(model, kept, {**keys, "dtype": "uint8", "scale": 255}):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_uint8_rounds_and_clips_what_is_between_two_bytes():
    model = segmenter(dtype="uint8")
    kept = to_contract(model, make_recipe())
    frame = np.linspace(-0.1, 1.1, 3 * 16 * 24, dtype=np.float32).reshape(1, 3, 16, 24)
    wanted = run(model, {"x": prepared(frame, dtype="uint8", scale=255)})[0]
    np.testing.assert_allclose(run(kept, {"frame": frame})[0], wanted, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", ["plain", "signed", "caffe"])
def test_float16_becomes_float32(name):
    model = segmenter(dtype="float16", classes=2, head="Softmax")
    convention = CONVENTIONS[name]
    output = {"kind": "softmax", "person": (1,)}
    kept = to_contract(model, make_recipe(input={**convention, "dtype": "float16"}, output=output))
    assert not any(
        tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in kept.graph.initializer
    )
    for wanted, found in answers(model, kept, convention, dtype="float16"):
        np.testing.assert_allclose(found, wanted[:, 1:], rtol=0, atol=HALF_ROUNDING)


def test_float16_inside_becomes_float32_too():
    """Casts, constants and branches as an exporter of mixed precision writes them."""
    half = onnx.TensorProto.FLOAT16
    one = numpy_helper.from_array(np.float16([1]))
    body = helper.make_graph(
        [
            helper.make_node("Constant", [], ["one"], value=one),
            helper.make_node("Mul", ["half", "one"], ["inner"]),
        ],
        "body", [], [helper.make_tensor_value_info("inner", half, [1, 3, 16, 24])],
    )  # fmt: skip
    model = build(
        [
            ("Cast", ["x"], ["half"], {"to": half}),
            ("If", ["yes"], ["branch"], {"then_branch": body, "else_branch": body}),
            ("Conv", ["branch", "w"], ["raw"], {}),
            ("Sigmoid", ["raw"], ["z"], {}),
            ("Cast", ["z"], ["y"], {"to": onnx.TensorProto.FLOAT}),
        ],
        [value("x", [1, 3, 16, 24])],
        [value("y", [1, 1, 16, 24])],
        {"w": weight(1, 3, 1, 1, dtype=np.float16), "yes": np.bool_(True)},
    )
    kept = to_contract(model, make_recipe())
    assert b"\x0a" not in [
        node.attribute[0].i for node in kept.graph.node if node.op_type == "Cast"
    ]
    for wanted, found in answers(model, kept, {}):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=HALF_ROUNDING)
    exact = run(kept, {"frame": frames(1)[0]})[0]
    assert (exact.astype(np.float16) != exact).any()  # nothing rounds to halves any more


def open_sizes(opset=17):
    """Halve, then back to the picture's own size, which the graph works out itself."""
    return build(
        [
            ("Conv", ["x", "w"], ["c"], {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
            ("Shape", ["x"], ["shape"], {}),
            ("Gather", ["shape", "sides"], ["size"], {}),
            ("Shape", ["c"], ["c_shape"], {}),
            ("Gather", ["c_shape", "first"], ["c_first"], {}),
            ("Concat", ["c_first", "size"], ["full"], {"axis": 0}),
            ("Resize", ["c", "none", "none", "full"], ["y0"],
             {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
            ("Sigmoid", ["y0"], ["y"], {}),
        ],
        [value("x", ["batch", 3, "height", "width"])],
        [value("y", ["batch", 1, "height", "width"])],
        {"w": weight(1, 3, 3, 3), "sides": np.array([2, 3]), "first": np.array([0, 1]),
         "none": np.zeros(0, np.float32)},
        opset,
    )  # fmt: skip


@pytest.mark.parametrize("opset", [11, 12, 13, 17, 18])
def test_open_shapes_are_fixed_and_old_opsets_raised(opset):
    model = open_sizes(opset)
    kept = to_contract(model, make_recipe(input=IMAGENET))
    assert check_contract(kept) == (16, 24)
    assert kept.opset_import[0].version == max(opset, 17)
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_an_opset_that_changes_the_answer_is_not_used(monkeypatch, caplog):
    """Softmax before opset 13 takes all axes from the given one on together."""

    def careless(model, opset):
        raised = onnx.ModelProto.FromString(model.SerializeToString())
        raised.opset_import[0].version = opset
        return raised

    monkeypatch.setattr(onnx.version_converter, "convert_version", careless)
    model = segmenter(classes=2, head="Softmax", opset=11)
    recipe = make_recipe(output={"kind": "softmax", "person": (1,)})
    with pytest.raises(ContractError, match=r"opset 11 is too old .*answer would change"):
        to_contract(model, recipe)


def test_a_model_that_does_not_look_at_the_picture():
    model = build(
        [("Identity", ["always"], ["y"], {})],
        [value("x", [1, 3, 16, 24])], [value("y", [1, 1, 16, 24])],
        {"always": np.full((1, 1, 16, 24), 0.25, np.float32)},
    )  # fmt: skip
    kept = to_contract(model, make_recipe(input=IMAGENET))
    assert (run(kept, {"frame": frames(1)[0]})[0] == 0.25).all()


@pytest.mark.parametrize("number", [np.nan, np.inf, 3e38])
def test_weights_that_are_no_ordinary_numbers_are_not_folded(number):
    model = segmenter()
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == "w1"]
    spoilt = numpy_helper.to_array(tensor).copy()
    spoilt[0, 0, 0, 0] = number
    tensor.CopyFrom(numpy_helper.from_array(spoilt, "w1"))
    assert ops(kept_by(model, IMAGENET))[:3] == ["Mul", "Add", "Conv"]


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_damaged_weights_are_refused(dtype):
    model = segmenter(dtype=dtype)
    model.graph.initializer[0].dims[0] = 4
    convention = {"mean": (0.5, 0.5, 0.5)}
    with pytest.raises(ContractError, match=r"^small: the tensor 'w1' is damaged: "):
        to_contract(model, make_recipe(input=convention))


def test_functions_of_the_models_own_are_written_out():
    double = helper.make_function(
        "own", "Double", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    model = segmenter()
    model.graph.node[-1].input[:] = ["doubled"]
    model.graph.node.insert(3, helper.make_node("Double", ["raw"], ["doubled"], domain="own"))
    model.functions.append(double)
    model.opset_import.append(helper.make_opsetid("own", 1))
    kept = to_contract(model, make_recipe(input=IMAGENET))
    assert not kept.functions
    for wanted, found in answers(model, kept, IMAGENET):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)


def test_tflite_models_have_been_turned_to_nchw_by_their_importer():
    recipe = make_recipe(format="tflite", input={"layout": "NHWC"}, output={"layout": "NHWC"})
    model = segmenter()
    for wanted, found in answers(model, to_contract(model, recipe), {}):
        np.testing.assert_array_equal(found, wanted)


def refusal(model, recipe):
    before = model.SerializeToString()
    with pytest.raises(ContractError) as caught:
        to_contract(model, recipe)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("small: ")
    assert model.SerializeToString() == before
    return message


@pytest.mark.parametrize(
    ("model", "tables", "complaint"),
    [
        (segmenter((32, 24)), {}, "the input 'x' is float32 [1, 3, 32, 24], but the recipe makes"
                                  " it [1, 3, 16, 24] (NCHW)"),
        (segmenter(layout="NHWC"), {}, "[1, 16, 24, 3], but the recipe makes it [1, 3, 16, 24]"
                                       " (NCHW); input.layout NHWC would fit"),
        (segmenter(), {"input": {"dtype": "uint8"}}, "the input 'x' is float32, not uint8"),
        (segmenter(), {"input": {"name": "z"}}, "input.name 'z' is no input of the model; its"
                                                " inputs are 'x'"),
    ],
)  # fmt: skip
def test_a_picture_that_does_not_fit_is_refused(model, tables, complaint):
    assert complaint in refusal(model, make_recipe(**tables))


def test_a_type_that_no_picture_has_is_refused():
    model = build(
        [("Cast", ["x"], ["y"], {"to": onnx.TensorProto.FLOAT})],
        [value("x", [1, 3, 16, 24], "int64")], [value("y", [1, 3, 16, 24])], {},
    )  # fmt: skip
    assert "is int64, not float32, float16 or uint8" in refusal(model, make_recipe())


def test_all_that_does_not_fit_is_said_at_once():
    message = refusal(
        segmenter((32, 24)),
        make_recipe(
            input={"dtype": "uint8"},
            output={"name": "none"},
            state=({"input": "s", "output": "y"},),
        ),
    )
    for complaint in ("state input 's'", "output.name 'none'", "not uint8", "[1, 3, 32, 24]"):
        assert complaint in message


def test_a_model_that_cannot_be_run_is_refused():
    model = build(
        [("Reshape", ["x", "shape"], ["y"], {})],
        [value("x", [1, 3, "h", "w"])], [value("y", [1, 1, "h", "w"])],
        {"shape": np.array([1, 1, 7, -1])},
    )  # fmt: skip
    assert "onnxruntime cannot run the model" in refusal(model, make_recipe())
