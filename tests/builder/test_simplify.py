import numpy as np
import pytest
from contract_models import frames, matting, model, value
from onnx import helper

from builder.contract import check_contract
from builder.errors import ContractError, ModelImportError
from builder.simplify import simplify
from builder.verify import compare


def detour():
    """The shape arithmetic that exporters leave behind, a dead end and an identity."""
    nodes = [
        helper.make_node("Shape", ["frame"], ["shape"]),
        helper.make_node("Slice", ["shape", "two", "four"], ["size"]),
        helper.make_node("Concat", ["ones", "size"], ["target"], axis=0),
        helper.make_node("ReduceMean", ["frame"], ["grey"], axes=[1], keepdims=1),
        helper.make_node("Identity", ["grey"], ["same"]),
        helper.make_node("Exp", ["grey"], ["unused"]),
        helper.make_node("Reshape", ["same", "target"], ["shaped"]),
        helper.make_node("Sigmoid", ["shaped"], ["alpha"]),
    ]
    for node in nodes:
        node.doc_string = "made by hand"
    ints = [("two", [2]), ("four", [4]), ("ones", [1, 1])]
    ends = [value("frame", 1, 3, 8, 12)], [value("alpha", 1, 1, 8, 12)]
    return model(nodes, *ends, [(name, np.array(v, np.int64)) for name, v in ints])


def test_detours_disappear_and_the_answer_stays():
    before = detour()
    original = before.SerializeToString()
    after = simplify(before)
    assert [node.op_type for node in after.graph.node] == ["ReduceMean", "Sigmoid"]
    assert compare(before, after, frames(3)).max_abs_diff < 1e-6
    assert check_contract(after) == (8, 12)
    assert before.SerializeToString() == original


def test_notes_for_editors_are_left_out():
    after = simplify(detour())
    assert not after.graph.value_info
    assert not any(node.doc_string for node in after.graph.node)


def test_two_runs_are_byte_identical():
    first, second = (simplify(detour()).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def test_a_model_without_the_contract_is_refused():
    with pytest.raises(ContractError):
        simplify(matting(names=("x", "y")))


def test_a_graph_that_cannot_be_read_is_refused_on_one_line():
    broken = matting()
    broken.graph.node[1].input[0] = "nowhere"
    with pytest.raises(ModelImportError, match="onnxsim cannot simplify the model") as info:
        simplify(broken)
    assert "\n" not in str(info.value)
