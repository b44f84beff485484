"""The default models against MediaPipe's own runtime.

The golden file holds its answers: ``in0``/``mask0`` for the square model, ``in1``/``mask1`` for
the landscape one. The picture is NASA's portrait of Eileen Collins, in the public domain.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest

from builder.contract import check_contract, to_contract
from builder.errors import ModelImportError
from builder.importers import import_model
from builder.paths import node_modules
from builder.recipe import load_recipe
from builder.simplify import simplify
from builder.verify import run

GOLDEN = Path(__file__).parent / "data" / "selfie-segmentation.npz"
PACKAGE = node_modules() / "@mediapipe" / "selfie_segmentation"
MODELS = [
    ("selfie", "selfie_segmentation.tflite", 0),
    ("selfie-landscape", "selfie_segmentation_landscape.tflite", 1),
]


@pytest.mark.parametrize(("recipe_name", "file", "number"), MODELS)
def test_the_default_models_answer_as_in_their_own_runtime(recipe_name, file, number, capsys):
    recipe = load_recipe(recipe_name)
    imported = import_model((PACKAGE / file).read_bytes(), "tflite", file)
    model = simplify(to_contract(imported, recipe))
    with np.load(GOLDEN) as golden:
        picture, mask = golden[f"in{number}"], golden[f"mask{number}"]
    frame = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    (alpha,) = run(model, [frame])
    difference = np.abs(alpha[0, 0].astype(np.float64) - mask)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n  {recipe_name}: {len(model.graph.node)} nodes, {model.ByteSize()} bytes,"
            f" max |Δalpha| {difference.max():.1e}, mean {difference.mean():.1e}"
        )
    assert check_contract(model) == mask.shape
    assert mask.max() > 0.99  # there is a person to be wrong about
    assert difference.max() <= 1e-3
    assert difference.mean() <= 1e-5


@pytest.mark.parametrize(("recipe_name", "file", "number"), MODELS)
def test_the_default_models_become_one_node_an_op(recipe_name, file, number):
    model = import_model((PACKAGE / file).read_bytes(), "tflite", file)
    kinds = {node.op_type for node in model.graph.node}
    assert len(model.graph.node) == 136  # 246 ops, 110 of them DEQUANTIZE of weights
    assert "Transpose" not in kinds
    assert "Cast" not in kinds
    assert model.opset_import[0].version == 17
    assert {tensor.data_type for tensor in model.graph.initializer} <= {
        onnx.TensorProto.FLOAT,
        onnx.TensorProto.INT64,
    }


def test_two_imports_are_byte_identical():
    data = (PACKAGE / MODELS[1][1]).read_bytes()
    first = import_model(data, "tflite", "a").SerializeToString(deterministic=True)
    again = import_model(data, "tflite", "b").SerializeToString(deterministic=True)
    assert first == again


def test_an_unknown_format_is_refused_with_the_known_ones():
    known = r"'keras' is not known; it is one of tflite, onnx, paddle"
    with pytest.raises(ModelImportError, match=known):
        import_model(b"x", "keras", "model.keras")


@pytest.mark.parametrize("format_", ["tflite", "onnx"])
def test_an_empty_file_is_refused(format_):
    with pytest.raises(ModelImportError, match=r"model\.bin: an empty file; fetch it again"):
        import_model(b"", format_, "model.bin")


def test_a_file_too_large_for_a_browser_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("builder.importers.MAX_BYTES", 1000)
    with pytest.raises(ModelImportError, match="has at most"):
        import_model(bytes(1001), "onnx", "huge.onnx")
