import numpy as np
import pytest
from contract_models import frames, matting, model, value
from onnx import helper

from builder.contract import check_contract, to_contract
from builder.errors import ContractError
from builder.recipe import Recipe
from builder.verify import compare


def recipe(height, width, **source) -> Recipe:
    return Recipe.model_validate(
        {
            "name": "small",
            "title": {"en": "Small", "zh": "小"},
            "licence": "Apache-2.0",
            "homepage": "https://example.org",
            "format": "onnx",
            "source": {"path": "small.onnx"},
            "input": {"width": width, "height": height, "layout": "NCHW", **source},
            "output": {"kind": "alpha"},
        }
    )


def refusal(candidate, own_recipe) -> str:
    with pytest.raises(ContractError) as info:
        to_contract(candidate, own_recipe)
    message = str(info.value)
    assert "\n" not in message
    return message


def test_a_model_that_keeps_the_contract_stays_as_it_is():
    kept = matting(16, 24)
    assert to_contract(kept, recipe(16, 24)) == kept
    assert check_contract(kept) == (16, 24)


def test_other_names_are_replaced_and_the_model_is_not_changed():
    other = matting(16, 24, names=("input_1", "activation_10"))
    before = other.SerializeToString()
    renamed = to_contract(other, recipe(16, 24))
    assert check_contract(renamed) == (16, 24)
    assert other.SerializeToString() == before
    assert compare(renamed, matting(16, 24), frames(2, 16, 24)).max_abs_diff == 0


def test_inner_values_called_frame_and_alpha_make_room():
    tricky = matting(16, 24, names=("alpha", "frame"))
    for node in tricky.graph.node:
        node.input[:] = ["frame_" if name == "hidden" else name for name in node.input]
        node.output[:] = ["frame_" if name == "hidden" else name for name in node.output]
    kept = to_contract(tricky, recipe(16, 24))
    assert compare(kept, matting(16, 24), frames(2, 16, 24)).max_abs_diff == 0

    inner = matting(16, 24, names=("x", "y"))
    for node in inner.graph.node:
        node.input[:] = ["frame" if name == "hidden" else name for name in node.input]
        node.output[:] = ["frame" if name == "hidden" else name for name in node.output]
    kept = to_contract(inner, recipe(16, 24))
    assert compare(kept, matting(16, 24), frames(2, 16, 24)).max_abs_diff == 0


def test_names_change_in_branches_too():
    body = helper.make_graph(
        [helper.make_node("ReduceMean", ["x"], ["m"], axes=[1], keepdims=1)],
        "body",
        [],
        [value("m", 1, 1, 16, 24)],
    )
    nodes = [helper.make_node("If", ["yes"], ["y"], then_branch=body, else_branch=body)]
    ends = [value("x", 1, 3, 16, 24)], [value("y", 1, 1, 16, 24)]
    branching = model(nodes, *ends, [("yes", np.bool_(True))])
    kept = to_contract(branching, recipe(16, 24))
    assert compare(kept, kept, frames(1, 16, 24)).frames == 1  # it runs at all


def test_weights_that_are_listed_as_inputs_are_no_inputs():
    listed = matting(16, 24)
    listed.graph.input.extend(value(t.name, *t.dims) for t in listed.graph.initializer)
    assert to_contract(listed, recipe(16, 24)) == matting(16, 24)


def test_a_model_without_ends_is_refused():
    message = refusal(model([], [], []), recipe(16, 24))
    assert "it has 0 inputs that could be the picture (none)" in message
    assert "it has 0 outputs that could be the answer (none)" in message


def test_the_check_names_wrong_tensor_names():
    with pytest.raises(ContractError, match=r"called 'x' and 'y', not frame and alpha.*convert"):
        check_contract(matting(names=("x", "y")))


def test_the_check_refuses_open_sizes():
    open_sizes = matting()
    open_sizes.graph.input[0].type.tensor_type.shape.dim[3].dim_param = "W"
    with pytest.raises(ContractError, match=r"float32 \[1, 3, 8, W\], not float32 \[1, 3, H, W\]"):
        check_contract(open_sizes)


def test_the_check_refuses_a_model_without_ends():
    with pytest.raises(ContractError, match="it has 0 inputs"):
        check_contract(model([], [], []))
