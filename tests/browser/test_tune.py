"""`livematte build --tune` in the real browser, on a model that takes no time."""

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
from beside import in_a_thread
from onnx import TensorProto, helper, numpy_helper

from builder import paths
from builder.errors import TuneError
from builder.recipe import Input, Output, PathSource, Recipe, Title
from builder.tune.browser import open_track
from builder.tune.race import tune
from builder.tune.stored import read_tuning

HEIGHT, WIDTH = 32, 48


def network() -> onnx.ModelProto:
    """Two convolutions with an upsampling between them: frame → alpha."""
    rng = np.random.default_rng(0)
    shapes = {"a": (16, 3, 3, 3), "b": (1, 16, 1, 1)}
    constants = [
        numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32) / 4, name)
        for name, shape in shapes.items()
    ]
    constants.append(numpy_helper.from_array(np.array([1, 16, HEIGHT, WIDTH]), "size"))
    nodes = [
        helper.make_node("Conv", ["frame", "a"], ["small"], strides=[2, 2], pads=[1] * 4),
        helper.make_node("Resize", ["small", "", "", "size"], ["large"], mode="linear"),
        helper.make_node("Conv", ["large", "b"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["alpha"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, HEIGHT, WIDTH])
        for name, channels in (("frame", 3), ("alpha", 1))
    ]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def recipe(folder: Path) -> Recipe:
    (folder / "tiny.onnx").write_bytes(network().SerializeToString())
    return Recipe(
        name="tiny",
        title=Title(en="Tiny", zh="小"),
        licence="Apache-2.0",
        format="onnx",
        source=PathSource(path="tiny.onnx"),
        input=Input(width=WIDTH, height=HEIGHT, layout="NCHW"),
        output=Output(kind="alpha"),
        folder=folder,
    )


@in_a_thread
def test_rewrites_are_measured_and_stored(tmp_path: Path) -> None:
    lines: list[str] = []
    tuned = tune(recipe(tmp_path), lines.append, rounds=2, most_doubt=math.inf)
    assert read_tuning(recipe(tmp_path)) == tuned
    tried = {trial.rewrite: trial for trial in tuned.trials}
    assert {"pointwise_before_resize", "resize_matmul"} <= set(tried)
    assert set(tuned.rewrites) <= {name for name, trial in tried.items() if trial.kept}
    for times in (tuned.before_ms, tuned.after_ms, *(trial.ratio for trial in tuned.trials)):
        assert "1" in times
        assert all(0 < value < 1000 for value in times.values())
    assert tuned.runtime.startswith("onnxruntime-web 1.")
    assert "racing" in lines[0]
    assert "written to" in lines[-1]


@in_a_thread
def test_the_yardstick_runs_the_original_weights_on_one_thread_and_on_two() -> None:
    package = paths.node_modules() / "@mediapipe" / "selfie_segmentation"
    data = (package / "selfie_segmentation_landscape.tflite").read_bytes()
    with open_track((1, 2)) as track:
        track.load_yardstick("original", data)
        for threads in (1, 2):
            (times,) = track.race(["original"], threads, 2, 1).values()
            assert len(times) == 2
            assert all(0 < ms < 5000 for ms in times)


@in_a_thread
def test_a_model_that_the_runtime_refuses_ends_in_one_line() -> None:
    with open_track((1,)) as track, pytest.raises(TuneError, match="cannot measure") as caught:
        track.load("broken", b"no model")
    assert "\n" not in str(caught.value)
