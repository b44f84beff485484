"""Which variants are made and shipped, and which the page takes on which backend."""

import json
from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from contract_models import frames, matting
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from builder import golden, paths, pipeline
from builder.calibration import MOST_PICTURES, calibration_files, picture_frames
from builder.cli import main
from builder.cli.options import VARIANTS
from builder.errors import ContractError, MediaError, QuantizeError
from builder.quantize import fp16_compute, int8_qdq, int8_weights, spare_sensitive
from builder.quantize.blocks import BLOCK, quantise_blocks
from builder.recipe import load_recipe
from builder.variants import GATE_GOLDEN, KINDS, choose_variants, gate
from builder.verify import Comparison, compare


def ops(model):
    return [node.op_type for node in model.graph.node]


# fp16 compute


def test_fp16_compute_has_float32_ends_and_half_everything_between():
    model = matting()
    half = fp16_compute(model)
    assert half.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT
    assert ops(half).count("Cast") == 2
    assert {t.data_type for t in half.graph.initializer} == {TensorProto.FLOAT16}
    found = compare(model, half, frames(3))
    # fp16 has 11 bits; the sums of some hundred products before the sigmoid lose a few of them.
    assert 0 < found.max_abs_diff < 0.05
    assert model == matting()


# int8 weights in blocks


def test_blocks_by_hand():
    values = np.zeros(BLOCK + 2, np.float32)
    values[:3] = 1.27, -0.635, 0.004
    values[-1] = 100
    numbers, scales = quantise_blocks(values)
    assert numbers.shape == (2, BLOCK)
    np.testing.assert_array_equal(numbers[0, :3], [127, -63, 0])  # −63.49 with the scale in fp16
    np.testing.assert_array_equal(numbers[1, :2], [0, 127])
    np.testing.assert_allclose(scales[:, 0], [0.01, 100 / 127], rtol=1e-3)


def test_a_block_of_zeros_stays_zero():
    numbers, scales = quantise_blocks(np.zeros(BLOCK, np.float32))
    assert not numbers.any()
    assert scales.all()


@pytest.mark.parametrize("channels", [32, 25])  # 25 · 27 weights do not fill the last block
def test_int8_weights_are_near_and_smaller(channels):
    model = matting(channels=channels, gain=0.3)
    small = int8_weights(model)
    onnx.checker.check_model(small, full_check=True)
    stored = {t.name: t.data_type for t in small.graph.initializer}
    assert stored["w1_q"] == TensorProto.INT8
    assert stored["w2"] == TensorProto.FLOAT  # too small to gain
    found = compare(model, small, frames(3))
    # A weight is off by half a step of its block at most: 1/254 of the block's largest.
    assert 0 < found.mean_abs_diff < 0.01
    assert numpy_helper.to_array(small.graph.initializer[0]).nbytes < channels * 27 + BLOCK


# int8, with what it harms most left in float32


def fragile():
    """Two convolutions that int8 does no harm, and one whose answer hangs on fine steps."""
    rng = np.random.default_rng(0)
    weights = {
        "a": rng.normal(size=(8, 3, 3, 3)).astype(np.float32),
        "b": rng.normal(size=(8, 8, 1, 1)).astype(np.float32),
        # Channels of very different size through one scale: the small ones vanish in uint8.
        "spread": np.float32([1000, *[0.5] * 7]).reshape(1, 8, 1, 1),
        "c": np.float32([1e-6, *[1.0] * 7]).reshape(1, 8, 1, 1),
    }
    nodes = [
        helper.make_node("Conv", ["frame", "a"], ["x"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["x"], ["xr"]),
        helper.make_node("Conv", ["xr", "b"], ["y"]),
        helper.make_node("Mul", ["y", "spread"], ["z"]),
        helper.make_node("Conv", ["z", "c"], ["l"]),
        helper.make_node("Sigmoid", ["l"], ["alpha"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "fragile",
        [value("frame", TensorProto.FLOAT, [1, 3, 8, 12])],
        [value("alpha", TensorProto.FLOAT, [1, 1, 8, 12])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )  # fmt: skip
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def test_the_most_sensitive_layer_is_found_and_spared():
    model, seen = fragile(), frames(4)
    assert compare(model, int8_qdq(model, seen), seen).iou < 0.95
    spared = spare_sensitive(model, seen, lambda found: found.iou > 0.95)
    assert spared.kept == ("Conv_4",)
    assert spared.layers[0].node == "Conv_4"
    assert spared.layers[0].mean_abs_diff > 5 * spared.layers[1].mean_abs_diff
    assert compare(model, spared.model, seen).iou > 0.95
    assert "QuantizeLinear" in ops(spared.model)


def test_nothing_is_spared_without_need():
    spared = spare_sensitive(matting(), frames(2), lambda _: True)
    assert (spared.kept, spared.layers) == ((), ())
    assert spared.model.graph.node


def test_what_sparing_cannot_mend_is_given_back_whole():
    spared = spare_sensitive(fragile(), frames(2), lambda _: False)
    assert spared.kept == ()
    assert len(spared.layers) == 3


# The gates


def tiny(folder):
    """The recipe of the small network."""
    onnx.save(matting(16, 24), folder / "tiny.onnx")
    (folder / "tiny.toml").write_text(
        'name = "tiny"\nlicence = "MIT"\nformat = "onnx"\ntitle = { en = "T", zh = "小" }\n'
        'source = { path = "tiny.onnx" }\noutput = { kind = "alpha" }\n'
        'input = { width = 24, height = 16, layout = "NCHW" }\n'
    )
    return load_recipe(folder / "tiny.toml")


@pytest.mark.parametrize(
    ("iou", "mean", "distance", "reason"),
    [
        (0.995, 1e-3, 0.01, None),
        (0.9899, 1e-3, 0.001, "IoU"),
        (0.995, 5e-3, 0.001, "mean |Δalpha| is"),
        (0.995, 1e-3, 0.0101, "mean |Δalpha| on the golden frame is 0.0101"),
    ],
)
def test_the_gates(iou, mean, distance, reason):
    said = gate(Comparison(1, 0.1, mean, iou), distance)
    assert said is None if reason is None else said.startswith(reason)


def test_the_page_and_the_build_refuse_by_the_same_figure():
    source = (paths.template_dir() / "worker" / "golden.js").read_text("utf-8")
    assert f"GOLDEN_TOLERANCE = {GATE_GOLDEN};" in source


def test_what_the_page_would_refuse_is_not_shipped(tmp_path, monkeypatch):
    """Through the whole pipeline, with half precision that misses the golden frame."""
    monkeypatch.setattr(pipeline.paths, "cache_dir", lambda: tmp_path / "cache")
    lines = []

    def distance(model, frame):
        assert len(frame) == 4 * 16 * 24
        return 0.02 if TensorProto.FLOAT16 in {t.data_type for t in model.graph.initializer} else 0

    monkeypatch.setattr(golden, "golden_distance", distance)
    built = pipeline.build_model(tiny(tmp_path), lines.append)
    assert "fp32" in {v.name for v in built.variants}
    refused = {v.name: v.reason for v in built.rejected}
    assert "0.0200, the page takes 0.01" in refused["fp16-compute"]
    assert any("fp16-compute" in line and "on the golden frame" in line for line in lines)


# The choice


@dataclass(frozen=True)
class Fake:
    name: str
    bytes: int
    mean_abs_diff: float = 1e-3


ALL = [Fake("fp32", 400, 0), Fake("fp16", 200, 1e-6), Fake("int8-weights", 120),
       Fake("fp16-compute", 200, 1e-5), Fake("int8", 110)]  # fmt: skip


def test_without_a_clock_the_page_takes_what_computes_as_fp32():
    choice = choose_variants(ALL, {})
    assert choice.order["wasm"][0] == "fp16"
    assert choice.order["webgpu"][:2] == ("fp16-compute", "fp16")
    assert "int8" not in choice.order["webgpu"]
    assert "not measured" in choice.reasons["int8"]
    assert set(choice.reasons) == {variant.name for variant in ALL}


@pytest.mark.parametrize(
    ("ratios", "first"),
    [({"1": 0.7, "2": 0.8}, "int8"), ({"1": 0.7, "2": 1.1}, "fp16"), ({"1": 0.96}, "fp16")],
)
def test_int8_is_taken_when_the_clock_says_so(ratios, first):
    choice = choose_variants(ALL, {"int8": ratios})
    assert choice.order["wasm"][0] == first
    assert f"{ratios['1']:.2f} on 1" in choice.reasons["int8"]


@pytest.mark.parametrize(
    ("small", "first"),
    [(Fake("int8-weights", 120, 5e-5), "int8-weights"), (Fake("int8-weights", 120), "fp16")],
)
def test_smaller_weights_are_taken_when_nobody_can_see_it(small, first):
    assert choose_variants([*ALL[:2], small], {}).order["wasm"][0] == first


def test_smaller_weights_are_taken_for_a_megabyte():
    large = [Fake("fp32", 4_000_000, 0), Fake("fp16", 2_000_000, 0), Fake("int8-weights", 999_000)]
    assert choose_variants(large, {}).order["wasm"] == ("int8-weights", "fp16", "fp32")


def test_what_was_rejected_is_not_chosen():
    order = choose_variants(ALL[:1], {"int8": {"1": 0.5}}).order
    assert order == {"wasm": ("fp32",), "webgpu": ("fp32",)}


def test_the_command_knows_all_kinds():
    assert set(VARIANTS) == set(KINDS)


# Somebody's own pictures


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "own"
    folder.mkdir()
    for number in range(3):
        array = rng.integers(0, 40, (30, 50, 3), np.uint8)  # a dark room
        Image.fromarray(array).save(folder / f"{number}.png")
    return folder


def test_pictures_become_frames(pictures):
    found = picture_frames(pictures, 16, 24)
    assert [frame.shape for frame in found] == [(1, 3, 16, 24)] * 3
    assert all(frame.dtype == np.float32 and 0 <= frame.min() <= frame.max() < 0.2
               for frame in found)  # fmt: skip


def test_many_pictures_are_thinned_out(tmp_path):
    for number in range(100):
        (tmp_path / f"{number:03}.png").touch()
    files = calibration_files(tmp_path)
    assert len(files) == MOST_PICTURES
    assert files[-1].name > "095.png"


def test_no_pictures(tmp_path):
    with pytest.raises(QuantizeError, match="holds no picture"):
        calibration_files(tmp_path)
    with pytest.raises(QuantizeError, match="--calibration takes a folder"):
        calibration_files(tmp_path / "missing")
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(MediaError):
        picture_frames(tmp_path, 16, 24)


def test_own_pictures_change_int8_alone(pictures, tmp_path, monkeypatch):
    """Through the whole pipeline, on the small network; each has its own place in the cache."""
    monkeypatch.setattr(pipeline.paths, "cache_dir", lambda: tmp_path / "cache")
    recipe = tiny(tmp_path)
    plain = pipeline.build_model(recipe, lambda _: None)
    own = pipeline.build_model(recipe, lambda _: None, pictures)
    assert plain.folder != own.folder
    digests = [{v.name: v.sha256 for v in (*b.variants, *b.rejected)} for b in (plain, own)]
    assert set(digests[0]) == set(KINDS)
    assert {name for name in KINDS if digests[0][name] != digests[1][name]} == {"int8"}


def test_convert_names_what_a_quantised_model_lacks(tmp_path):
    from test_quantized_choice import RECIPE, network

    (tmp_path / "bytes.tflite").write_bytes(network())
    (tmp_path / "bytes.toml").write_text(RECIPE.format("qdq"), "utf-8")
    done = CliRunner().invoke(
        main, ["convert", str(tmp_path / "bytes.toml"), "-o", str(tmp_path / "o.onnx"),
               "--variant", "int8"]
    )  # fmt: skip
    assert done.exit_code == 1
    assert "there is no int8" in done.stderr
    assert isinstance(done.exception, (SystemExit, ContractError))


def test_the_manifest_names_backends_and_needs():
    from tiny_site import model  # a site of files that are no models

    from builder.manifest import _model, _variant

    variant = model().variants[0]
    entry = _variant(variant, "m.onnx", b"x")
    assert entry["backends"] == ["wasm", "webgpu"]
    assert entry["needs"] == []
    whole = _model(
        model(prefer={"wasm": ("fp16",)}), {"a": b"", "b": b""},
        {"wide.fp32": "a", "wide.fp16": "b"} | {f"{model().name}.{n}": "a" for n in
                                                ("fp32", "fp16")},
    )  # fmt: skip
    assert json.loads(json.dumps(whole))["prefer"] == {"wasm": ["fp16"]}
