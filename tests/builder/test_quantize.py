import logging
import stat
import tempfile

import numpy as np
import onnx
import pytest
from contract_models import frames, matting, recurrent
from onnx import TensorProto, numpy_helper

from builder.contract import check_contract, to_contract
from builder.errors import ContractError, QuantizeError
from builder.importers import import_model
from builder.paths import node_modules
from builder.portraits import calibration_frames
from builder.quantize import fp16_weights, int8_qdq
from builder.recipe import load_recipe
from builder.simplify import simplify
from builder.verify import compare


@pytest.fixture(scope="module")
def landscape() -> onnx.ModelProto:
    file = node_modules() / "@mediapipe/selfie_segmentation/selfie_segmentation_landscape.tflite"
    imported = import_model(file.read_bytes(), "tflite", file.name)
    return simplify(to_contract(imported, load_recipe("selfie-landscape")))


@pytest.fixture(scope="module")
def pictures():
    return calibration_frames(144, 256, count=4, seed=2)


def test_fp16_halves_the_default_model_and_changes_nothing(landscape, pictures):
    """Its weights were fp16 in the source file, so storing them so again loses nothing at all."""
    small = fp16_weights(landscape)
    comparison = compare(landscape, small, pictures)
    assert small.ByteSize() < 0.55 * landscape.ByteSize()
    assert comparison.max_abs_diff == 0
    assert check_contract(small) == (144, 256)


def test_fp16_computes_in_float32():
    """Rounding the weights is all that happens: no activation passes through fp16."""
    model = matting(channels=16)
    rounded = matting(channels=16)
    for tensor in rounded.graph.initializer:
        halves = numpy_helper.to_array(tensor).astype(np.float16).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(halves, tensor.name))
    small = fp16_weights(model)
    assert compare(rounded, small, frames(3)).max_abs_diff == 0
    assert compare(model, small, frames(3)).max_abs_diff > 0
    onnx.checker.check_model(small, full_check=True)


def test_fp16_leaves_small_and_wide_tensors_alone():
    model = matting(channels=16)
    wide = numpy_helper.to_array(model.graph.initializer[0]).copy()
    wide[0, 0, 0, 0] = 70_000  # fp16 ends at 65504
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(wide, "w1"))
    model.graph.initializer.append(numpy_helper.from_array(np.ones(63, np.float32), "short"))
    model.graph.initializer.append(numpy_helper.from_array(np.ones(64, np.int64), "whole"))
    kinds = {tensor.name: tensor.data_type for tensor in fp16_weights(model).graph.initializer}
    assert kinds == {
        "w1": TensorProto.FLOAT,
        "w2_h": TensorProto.FLOAT16,
        "short": TensorProto.FLOAT,
        "whole": TensorProto.INT64,
    }


def test_variants_leave_the_model_as_it_is():
    model = matting()
    before = model.SerializeToString(deterministic=True)
    fp16_weights(model)
    int8_qdq(model, frames(2))
    assert model.SerializeToString(deterministic=True) == before


def test_int8_is_static_qdq_per_channel_and_near(landscape, pictures, capsys):
    small = int8_qdq(landscape, calibration_frames(144, 256, count=8, seed=1))
    comparison = compare(landscape, small, pictures)
    with capsys.disabled():
        print(f"\n  int8: {small.ByteSize()} bytes, {comparison}")  # noqa: T201
    kinds = {node.op_type for node in small.graph.node}
    scales = [t for t in small.graph.initializer if t.name.endswith("_scale")]
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert "DynamicQuantizeLinear" not in kinds
    assert any(len(t.dims) == 1 and t.dims[0] > 1 for t in scales)
    assert any(t.data_type == TensorProto.INT8 for t in small.graph.initializer)
    assert check_contract(small) == (144, 256)
    assert small.ByteSize() < 0.55 * landscape.ByteSize()
    # A broken one scores below a half; whether it is good enough to ship is the gate's business.
    assert 0.9 < comparison.iou < 1
    assert comparison.mean_abs_diff < 0.02


def test_two_quantisations_are_byte_identical():
    first, second = (
        int8_qdq(matting(), frames(2)).SerializeToString(deterministic=True) for _ in range(2)
    )
    assert first == second


def test_calibration_depends_on_the_frames():
    dark = [frame * np.float32(0.1) for frame in frames(2)]
    assert int8_qdq(matting(), frames(2)) != int8_qdq(matting(), dark)


def test_a_recurrent_model_is_calibrated_on_the_states_that_it_meets():
    bright = [np.full((1, 3, 8, 12), 0.9, np.float32)] * 6
    small = int8_qdq(recurrent(), bright)
    assert check_contract(small) == (8, 12)
    # The last answers near 0.9 are out of reach for scales made of zero states (0.45).
    assert compare(recurrent(), small, bright).max_abs_diff < 0.01
    assert check_contract(fp16_weights(recurrent())) == (8, 12)


def test_int8_says_nothing_and_leaves_nothing_behind(tmp_path, monkeypatch, capfd, caplog):
    """Also in a folder that cannot be written to (root can, so look at what is there after)."""
    folder, scratch = tmp_path / "here", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.chdir(folder)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with caplog.at_level(logging.DEBUG):
            int8_qdq(matting(), frames(2))
    finally:
        folder.chmod(stat.S_IRWXU)
    assert not list(folder.iterdir())
    assert not list(scratch.iterdir())
    assert not [record for record in caplog.records if record.name == "root"]
    assert capfd.readouterr() == ("", "")


def test_other_loggers_are_heard_again_afterwards(caplog):
    int8_qdq(matting(), frames(1))
    logging.getLogger().warning("heard")
    assert "heard" in caplog.text


def test_no_frames_are_refused():
    with pytest.raises(QuantizeError, match="needs pictures to calibrate on"):
        int8_qdq(matting(), [])


def test_no_folder_for_temporary_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(QuantizeError, match="set TMPDIR"):
        int8_qdq(matting(), frames(1))


@pytest.mark.parametrize("quantise", [fp16_weights, lambda m: int8_qdq(m, frames(1))])
def test_a_model_without_the_contract_is_refused(quantise):
    with pytest.raises(ContractError):
        quantise(matting(names=("x", "y")))
