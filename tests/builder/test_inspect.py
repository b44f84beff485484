"""What ``inspect`` says of model files, good and bad."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from builder import paths
from builder.errors import ContractError, ModelImportError
from builder.inspect import ModelFacts, TensorFacts, inspect_file
from builder.inspect.web_ops import lacking_ops, web_ops

TFLITE = (
    paths.node_modules() / "@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite"
)


def save(folder: Path, shape: list[int | str], name: str = "frame", out: str = "alpha") -> Path:
    """A 1×1 convolution and a sigmoid: three weights, one bias."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Conv", [name, "weights", "bias"], ["sum"]),
            helper.make_node("Sigmoid", ["sum"], [out]),
        ],
        "tiny",
        [value(name, TensorProto.FLOAT, shape)],
        [value(out, TensorProto.FLOAT, [1, 1, *shape[2:]])],
        [
            numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "weights"),
            numpy_helper.from_array(np.zeros(1, np.float32), "bias"),
        ],
    )
    path = folder / "tiny.onnx"
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path
    )
    return path


def test_the_default_model() -> None:
    facts = inspect_file(TFLITE)
    assert facts.format == "TFLite"
    assert facts.bytes == TFLITE.stat().st_size
    assert facts.inputs == (TensorFacts("input_1", "float32", (1, 144, 256, 3), "NHWC"),)
    assert facts.outputs[0].shape == (1, 144, 256, 1)
    assert facts.ops["Convolution2DTransposeBias"] == 1
    assert facts.picture_input() == (144, 256, "NHWC")
    assert facts.macs == pytest.approx(33.3e6, rel=0.01)  # docs: 33.3 million
    assert facts.lacking == {"wasm": (), "webgpu": (), "untried": ()}
    # Half of the file's bytes are weights of two bytes each; the rest is names and structure.
    assert facts.weight_bytes == pytest.approx(2 * facts.parameters, rel=0.01)
    assert 0.75 * facts.bytes < facts.weight_bytes < facts.bytes


def test_an_onnx_file_that_keeps_the_contract(tmp_path: Path) -> None:
    facts = inspect_file(save(tmp_path, [1, 3, 16, 32]))
    assert facts.version == "opset ai.onnx 17"
    assert facts.parameters == 4
    assert facts.ops == {"Conv": 1, "Sigmoid": 1}
    assert facts.keeps_contract
    assert facts.picture_input() == (16, 32, "NCHW")
    assert facts.to_json()["keepsContract"] is True


def test_an_onnx_file_that_does_not(tmp_path: Path) -> None:
    assert not inspect_file(save(tmp_path, [1, 3, 16, 32], name="x")).keeps_contract


def test_an_open_size_cannot_be_guessed(tmp_path: Path) -> None:
    facts = inspect_file(save(tmp_path, [1, 3, "height", "width"]))
    assert facts.inputs[0].shape == (1, 3, "height", "width")
    with pytest.raises(ContractError, match="write a recipe"):
        facts.picture_input()


def test_no_picture() -> None:
    facts = ModelFacts("a.onnx", "ONNX", "", 0, (), (), 0, {}, False)
    with pytest.raises(ContractError, match="none"):
        facts.picture_input()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.pb", b"", "the endings are"),
        ("a.onnx", b"not protobuf", "not an ONNX file"),
        ("a.onnx", b"", "empty file"),
        ("a.tflite", b"", "a.tflite"),
        ("a.tflite", b"x" * 1000, "a.tflite"),
        ("a.tflite", None, "cannot be read"),
    ],
)
def test_files_that_are_no_models(
    tmp_path: Path, name: str, data: bytes | None, message: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ModelImportError, match=message) as caught:
        inspect_file(tmp_path / name)
    assert "\n" not in str(caught.value)


def one_op(op: str, opset: int, domain: str = "") -> onnx.ModelProto:
    graph = helper.make_graph([helper.make_node(op, ["a"], ["b"], domain=domain)], "g", [], [])
    opsets = {domain: 1, "": opset}
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(*o) for o in opsets.items()])


@pytest.mark.parametrize(
    ("op", "opset", "domain", "lacking"),
    [
        ("Conv", 17, "", {}),
        ("Gelu", 20, "", {}),
        ("Gelu", 17, "", {"webgpu": ("Gelu",)}),  # there from opset 20 on
        ("Det", 17, "", {"webgpu": ("Det",)}),
        ("ImageDecoder", 20, "", {"wasm": ("ImageDecoder",), "webgpu": ("ImageDecoder",)}),
        ("Mine", 17, "org.mine", {"webgpu": ("org.mine.Mine",), "untried": ("org.mine.Mine",)}),
    ],
)
def test_what_the_web_runtime_lacks(
    op: str, opset: int, domain: str, lacking: dict[str, tuple[str, ...]]
) -> None:
    found = lacking_ops(one_op(op, opset, domain))
    assert {backend: ops for backend, ops in found.items() if ops} == lacking


def test_the_table_of_the_web_runtime_is_that_of_the_version_in_use() -> None:
    package = paths.node_modules() / "onnxruntime-web" / "package.json"
    version = json.loads(package.read_text("utf-8"))["version"]
    assert web_ops()["runtime"] == f"onnxruntime-web {version}"


def test_macs_by_hand(tmp_path: Path) -> None:
    facts = inspect_file(save(tmp_path, [1, 3, 16, 32]))
    assert facts.macs == 16 * 32 * 3  # a 1×1 convolution of three channels to one
    assert facts.weight_bytes == 4 * 4
    assert inspect_file(save(tmp_path, [1, 3, "height", 32])).macs is None
