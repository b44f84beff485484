"""The answer's head: whatever the model says, alpha is what its author would have made of it."""

import numpy as np
import onnx
import pytest
from contract_networks import (
    bilinear,
    build,
    frames,
    ops,
    run,
    segmenter,
    sigmoid,
    softmax,
    value,
    weight,
)
from recipe_maker import make_recipe

from builder.contract import check_contract, to_contract
from builder.errors import ContractError

ROUNDING = 2e-6
CLASSES = 6


def plain(answer):
    return answer


def probabilities(*person):
    return lambda answer: answer[:, list(person)].sum(1, keepdims=True)


def from_logits(*person):
    return lambda answer: probabilities(*person)(softmax(answer.astype(np.float64), 1))


def from_numbers(*person):
    return lambda answer: np.isin(answer, person).astype(np.float64)


# name: (the recipe's output, the network's classes and last op, what its author would do)
HEADS = {
    "alpha": ({"kind": "alpha"}, 1, "Sigmoid", plain),
    "logit": ({"kind": "logit"}, 1, "Identity", sigmoid),
    "softmax": ({"kind": "softmax", "person": 1}, 2, "Softmax", probabilities(1)),
    "softmax, person first": ({"kind": "softmax", "person": 0}, 2, "Softmax", probabilities(0)),
    "softmax, many": ({"kind": "softmax", "person": (1, 4)}, CLASSES, "Softmax",
                      probabilities(1, 4)),
    "logits": ({"kind": "logits", "person": 1}, 2, "Identity", from_logits(1)),
    "logits, person first": ({"kind": "logits", "person": 0}, 2, "Identity", from_logits(0)),
    "logits, one of many": ({"kind": "logits", "person": 5}, CLASSES, "Identity", from_logits(5)),
    "logits, some of many": ({"kind": "logits", "person": (0, 2, 5)}, CLASSES, "Identity",
                             from_logits(0, 2, 5)),
    "argmax": ({"kind": "argmax", "person": 1}, 2, "ArgMax", from_numbers(1)),
    "argmax, many": ({"kind": "argmax", "person": (1, 4)}, CLASSES, "ArgMax", from_numbers(1, 4)),
}  # fmt: skip
# The stride says at which size the answer comes.
SIZES = {"full": {"pads": [1, 1, 1, 1]}, "half": {"pads": [1, 1, 1, 1], "strides": [2, 2]},
         "uneven": {"pads": [1, 1, 1, 1], "strides": [3, 3]}}  # fmt: skip


def shaped(model, shape, transpose=None):
    """Let a network answer in another layout or with fewer dimensions."""
    kind = model.graph.output[0].type.tensor_type.elem_type
    for node in model.graph.node:
        node.output[:] = ["y_nchw" if name == "y" else name for name in node.output]
    last = "y_nchw"
    if transpose:
        model.graph.node.append(onnx.helper.make_node("Transpose", [last], ["t"], perm=transpose))
        last = "t"
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array(shape), "y_shape"))
    model.graph.node.append(onnx.helper.make_node("Reshape", [last, "y_shape"], ["y"]))
    model.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("y", kind, shape))
    return model


def compare(model, original, output, author, *, recipe=None):
    kept = to_contract(model, recipe or make_recipe(output=output))
    assert check_contract(kept) == (16, 24)
    moved = 0.0
    for frame in frames():
        wanted = bilinear(author(run(original, {"x": frame})[0]), (16, 24))
        found = run(kept, {"frame": frame})[0]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=ROUNDING)
        moved = max(moved, float(np.ptp(found)))
    assert moved > 0.05  # the networks do say something
    return kept


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", HEADS)
def test_alpha_is_what_the_author_makes_of_the_answer(name, size):
    output, classes, head, author = HEADS[name]
    model = segmenter(classes=classes, head=head, conv=SIZES[size])
    kept = compare(model, model, output, author)
    assert ("Resize" in ops(kept)) == (size != "full")


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("size", ["full", "half"])
@pytest.mark.parametrize("name", HEADS)
def test_answers_in_nhwc(name, size, said):
    """The layout is in the recipe, or the answer's proportions show it."""
    output, classes, head, author = HEADS[name]
    original = segmenter(classes=classes, head=head, conv=SIZES[size])
    _, channels, height, width = run(original, {"x": frames(1)[0]})[0].shape
    model = shaped(
        segmenter(classes=classes, head=head, conv=SIZES[size]),
        [1, height, width, channels], [0, 2, 3, 1],
    )  # fmt: skip
    compare(model, original, {**output, **({"layout": "NHWC"} if said else {})}, author)


@pytest.mark.parametrize("shape", [[16, 24], [1, 16, 24], [16, 24, 1], [1, 16, 24, 1]])
@pytest.mark.parametrize("name", ["alpha", "logit", "argmax"])
def test_single_answers_with_dimensions_left_out(name, shape):
    output, classes, head, author = HEADS[name]
    original = segmenter(classes=classes, head=head)
    model = shaped(segmenter(classes=classes, head=head), shape)
    compare(model, original, output, author)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("name", ["softmax", "logits, one of many"])
def test_class_answers_without_the_frames_dimension(name, layout):
    output, classes, head, author = HEADS[name]
    original = segmenter(classes=classes, head=head)
    shape, turn = (
        ([classes, 16, 24], None) if layout == "NCHW" else ([16, 24, classes], [0, 2, 3, 1])
    )
    model = shaped(segmenter(classes=classes, head=head), shape, turn)
    compare(model, original, {**output, "layout": layout}, author)


def test_a_square_frames_layout_shows_too():
    original = segmenter((24, 24), classes=2, head="Softmax")
    model = shaped(segmenter((24, 24), classes=2, head="Softmax"), [1, 24, 24, 2], [0, 2, 3, 1])
    kept = to_contract(model, make_recipe(24, 24, output={"kind": "softmax", "person": 1}))
    for frame in frames(size=(24, 24)):
        wanted = run(original, {"x": frame})[0][:, 1:]
        np.testing.assert_allclose(run(kept, {"frame": frame})[0], wanted, atol=ROUNDING)


def many_outputs():
    """A picture, the answer and a half-sized answer, as matting networks give them."""
    return build(
        [
            ("Conv", ["x", "w"], ["c"], {"pads": [1, 1, 1, 1]}),
            ("Sigmoid", ["c"], ["coarse"], {}),
            ("Conv", ["c", "v"], ["d"], {"pads": [1, 1, 1, 1]}),
            ("Sigmoid", ["d"], ["fine"], {}),
            ("Mul", ["x", "fine"], ["person"], {}),
        ],
        [value("x", [1, 3, 16, 24])],
        [value("person", [1, 3, 16, 24]), value("fine", [1, 1, 16, 24]),
         value("coarse", [1, 1, 16, 24])],
        {"w": weight(1, 3, 3, 3), "v": weight(1, 1, 3, 3, seed=3)},
    )  # fmt: skip


@pytest.mark.parametrize("said", [{"name": "fine"}, {"index": 1}])
def test_one_of_several_outputs_and_nothing_that_only_the_others_need(said):
    model = many_outputs()
    kept = to_contract(model, make_recipe(output=said))
    assert [output.name for output in kept.graph.output] == ["alpha"]
    assert ops(kept) == ["Conv", "Conv", "Sigmoid"]
    for frame in frames():
        wanted = run(model, {"x": frame}, ["fine"])[0]
        np.testing.assert_array_equal(run(kept, {"frame": frame})[0], wanted)


def test_an_output_that_is_read_further_on_keeps_its_readers():
    """The coarse answer is inside the fine one's way in no case; here the other way round."""
    model = many_outputs()
    model.graph.node[2].input[0] = "coarse"
    kept = to_contract(model, make_recipe(output={"name": "fine"}))
    for frame in frames():
        wanted = run(model, {"x": frame}, ["fine"])[0]
        np.testing.assert_array_equal(run(kept, {"frame": frame})[0], wanted)


def test_a_constant_input():
    model = build(
        [
            ("Conv", ["x", "w"], ["c"], {}),
            ("Mul", ["c", "gain"], ["scaled"], {}),
            ("Sigmoid", ["scaled"], ["y"], {}),
            ("Reshape", ["y", "shape"], ["z"], {}),
        ],
        [value("x", [1, 3, 16, 24]), value("gain", [1]), value("shape", ["n"], "int64")],
        [value("z", ["a", "b", "c", "d"])],
        {"w": weight(1, 3, 1, 1)},
    )
    constants = (
        {"input": "gain", "value": 2.5},
        {"input": "shape", "value": (1, 1, 16, 24)},
    )
    kept = to_contract(model, make_recipe(constant=constants))
    assert [given.name for given in kept.graph.input] == ["frame"]
    for frame in frames():
        feeds = {"x": frame, "gain": np.float32([2.5]), "shape": np.array([1, 1, 16, 24])}
        np.testing.assert_allclose(
            run(kept, {"frame": frame})[0], run(model, feeds)[0], rtol=0, atol=ROUNDING
        )


@pytest.mark.parametrize(
    ("shape", "numbers", "wanted"),
    [
        ([], 2.0, ()), ([1], 2.0, (1,)), ([2, 3], 2.0, (2, 3)), (["n"], (1, 2, 3), (3,)),
        ([1, "n"], (1, 2), (1, 2)), (["a", "b"], 2, (1, 1)), ([2, 2], (1, 2, 3, 4), (2, 2)),
    ],
)  # fmt: skip
def test_a_constant_takes_the_shape_of_its_input(shape, numbers, wanted):
    model = build(
        [("ReduceSum", ["gain"], ["sum"], {"keepdims": 0}), ("Mul", ["x", "sum"], ["p"], {}),
         ("ReduceMean", ["p"], ["y"], {"axes": [1]})],
        [value("x", [1, 3, 16, 24]), value("gain", shape)], [value("y", [1, 1, 16, 24])], {},
    )  # fmt: skip
    kept = to_contract(model, make_recipe(constant=({"input": "gain", "value": numbers},)))
    (stored,) = [onnx.numpy_helper.to_array(t) for t in kept.graph.initializer if t.name == "gain"]
    assert stored.shape == wanted
    np.testing.assert_array_equal(stored.ravel(), np.broadcast_to(numbers, stored.size))


def refusal(model, **tables):
    with pytest.raises(ContractError) as caught:
        to_contract(model, make_recipe(**tables))
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ({}, "3 outputs that could be the answer ('person', 'fine', 'coarse'); name the right one"),
        ({"name": "finer"}, "output.name 'finer' is no output of the model; its outputs are"),
        ({"index": 3}, "output.index 3 is beyond the model's 3 outputs"),
        ({"name": "person"}, "the answer is [1, 3, 16, 24], which is no NCHW or NHWC picture of one"
                             " frame with one class"),
    ],
)  # fmt: skip
def test_an_output_that_does_not_fit_is_refused(output, complaint):
    assert complaint in refusal(many_outputs(), output=output)


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        ({"kind": "softmax", "person": 2}, "[1, 2, 16, 24], which is no NCHW or NHWC picture of one"
                                           " frame with classes up to 2; correct output.kind"),
        ({"kind": "softmax", "person": 1, "layout": "NHWC"}, None),
        ({"kind": "argmax", "person": 1}, "with one class"),
        ({"kind": "logit"}, "with one class"),
    ],
)  # fmt: skip
def test_classes_that_the_answer_does_not_have_are_refused(output, complaint):
    model = segmenter(classes=2, head="Softmax")
    if complaint:
        assert complaint in refusal(model, output=output)
    else:  # the recipe's own layout is taken as it stands: 24 classes of a 2×16 picture
        assert check_contract(to_contract(model, make_recipe(output=output))) == (16, 24)


def test_logits_of_one_class_are_refused():
    assert "classes up to 0" in refusal(segmenter(), output={"kind": "logits", "person": 0})


def test_a_shape_that_is_no_picture_is_refused():
    model = shaped(segmenter(), [1, 1, 1, 16, 24])
    assert "[1, 1, 1, 16, 24], which is no" in refusal(model)
    assert "[384]" in refusal(shaped(segmenter(), [384]))


@pytest.mark.parametrize(
    ("constant", "complaint"),
    [
        ((), "2 inputs that could be the picture ('x', 'gain'); name the picture in input.name"),
        (({"input": "gains", "value": 1},), "constant input 'gains' is no input of the model"),
        (({"input": "gain", "value": (1, 2, 3)},), "'gain' is float32 [2]; the recipe's 3 numbers"),
    ],
)
def test_constants_that_do_not_fit_are_refused(constant, complaint):
    model = build(
        [("ReduceSum", ["gain"], ["sum"], {"keepdims": 0}), ("Mul", ["x", "sum"], ["p"], {}),
         ("ReduceMean", ["p"], ["y"], {"axes": [1]})],
        [value("x", [1, 3, 16, 24]), value("gain", [2])], [value("y", [1, 1, 16, 24])], {},
    )  # fmt: skip
    assert complaint in refusal(model, constant=constant)


def test_an_input_without_a_value_is_refused():
    model = build(
        [("Add", ["x", "z"], ["s"], {}), ("ReduceMean", ["s"], ["y"], {"axes": [1]})],
        [value("x", [1, 3, 16, 24]), value("z", [1])], [value("y", [1, 1, 16, 24])], {},
    )  # fmt: skip
    assert "its inputs 'z' get no value" in refusal(model, input={"name": "x"})
    message = refusal(model, input={"name": "z"}, constant=({"input": "z", "value": 1},))
    assert "input.name 'z' has another use" in message


def test_whole_numbers_stay_whole():
    model = build(
        [("Cast", ["n"], ["f"], {"to": 1}), ("Mul", ["x", "f"], ["p"], {}),
         ("ReduceMean", ["p"], ["y"], {"axes": [1]})],
        [value("x", [1, 3, 16, 24]), value("n", [1], "int64")], [value("y", [1, 1, 16, 24])], {},
    )  # fmt: skip
    message = refusal(model, constant=({"input": "n", "value": 1.5},))
    assert "the constant 'n' is int64 [1]" in message
