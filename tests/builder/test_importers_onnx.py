import numpy as np
import onnx
import pytest
from contract_models import matting, model, value
from onnx import TensorProto, helper

from builder.errors import ModelImportError
from builder.importers import import_model


def outcome(data: bytes) -> str:
    try:
        import_model(data, "onnx", "odd.onnx")
    except ModelImportError as error:
        message = str(error)
        assert message.startswith("odd.onnx: ")
        assert "\n" not in message
        return message
    return "valid"


def test_a_model_comes_back_as_it_is():
    whole = matting()
    assert import_model(whole.SerializeToString(), "onnx", "whole.onnx") == whole


@pytest.mark.parametrize("twentieth", range(1, 20))
def test_a_truncated_file_is_refused(twentieth):
    data = matting(channels=64).SerializeToString()
    assert outcome(data[: len(data) * twentieth // 20]) != "valid"


@pytest.mark.parametrize("size", [1, 8, 100, 10_000])
def test_random_bytes_are_refused(size):
    assert outcome(np.random.default_rng(size).bytes(size)) != "valid"


def test_a_tflite_file_is_no_onnx_file():
    assert "not an ONNX file" in outcome(b"\x1c\0\0\0TFL3\x14\0\x20\0" + bytes(100))


def test_mutated_files_are_valid_or_refused():
    data = matting().SerializeToString()
    rng = np.random.default_rng(5)
    messages = []
    for _ in range(400):
        changed = bytearray(data)
        for _ in range(rng.integers(1, 6)):
            changed[rng.integers(len(data))] = rng.integers(256)
        messages.append(outcome(bytes(changed)))
    assert "valid" in messages
    assert len(set(messages)) > 5


def test_a_graph_that_breaks_onnx_rules_is_refused_with_the_rule():
    broken = matting()
    broken.graph.node[1].input[0] = "nowhere"
    assert "not a valid model" in (message := outcome(broken.SerializeToString()))
    assert "nowhere" in message


def test_shapes_that_contradict_each_other_are_refused():
    broken = matting()
    broken.graph.output[0].type.tensor_type.shape.dim[2].dim_value = 99
    assert "not a valid model" in outcome(broken.SerializeToString())


@pytest.mark.parametrize("name", [b"relu", b"positive", b"w1"])
def test_names_that_are_no_text_are_refused(name):
    data = matting().SerializeToString()
    assert name in data
    broken = data.replace(name, b"\xff" + name[1:])
    assert "not an ONNX file, or a damaged one" in outcome(broken)


def test_the_name_of_an_unused_tensor_that_is_no_text_is_refused():
    spare = matting()
    spare.graph.initializer.append(helper.make_tensor("unused", TensorProto.FLOAT, [1], [0.0]))
    broken = spare.SerializeToString().replace(b"unused", b"unuse\xff")
    assert "not an ONNX file, or a damaged one" in outcome(broken)


def test_types_that_onnx_does_not_have_are_refused():
    odd = matting()
    odd.graph.input[0].type.tensor_type.elem_type = 55
    assert "not a valid model (Invalid tensor data type 55" in outcome(odd.SerializeToString())


def external(tensor: onnx.TensorProto) -> onnx.TensorProto:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/hostname"
    return tensor


def test_weights_in_another_file_are_refused():
    outside = matting()
    external(outside.graph.initializer[0])
    assert "keeps its weights in another file ('w1')" in outcome(outside.SerializeToString())


def test_weights_in_another_file_are_found_in_constants_and_branches():
    hidden = external(helper.make_tensor("hidden", TensorProto.FLOAT, [1], [0.0]))
    constant = helper.make_node("Constant", [], ["c"], value=hidden)
    branch = helper.make_graph([constant], "branch", [], [value("c", 1)])
    choice = helper.make_node("If", ["which"], ["alpha"], then_branch=branch, else_branch=branch)
    which = value("which", kind=TensorProto.BOOL)
    outside = model([choice], [which], [value("alpha", 1)])
    assert "another file ('hidden')" in outcome(outside.SerializeToString())
