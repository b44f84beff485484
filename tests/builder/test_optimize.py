"""The runtime's own optimisations, made by the builder: the same answers, and the same bytes."""

import subprocess
import sys

import numpy as np
import onnx
import pytest
from contract_models import frames, matting
from onnx import TensorProto, helper, numpy_helper

from builder import pipeline, variants
from builder.errors import ContractError, QuantizeError
from builder.optimize import optimize
from builder.quantize import fp16_weights
from builder.recipe import load_recipe
from builder.variants import KINDS, choose_variants, make_variants
from builder.verify import compare


def ops(model):
    return {node.op_type for node in model.graph.node}


def test_it_computes_the_same_with_nothing_left_to_fold():
    stored = fp16_weights(matting(channels=32))
    assert "Cast" in ops(stored)
    ready = optimize(stored)
    assert ops(ready) == {"FusedConv"}
    # What follows a sum is applied where the sum is made: float32 rounding, if anything.
    assert compare(stored, ready, frames(3)).max_abs_diff < 1e-6
    assert [(entry.domain, entry.version) for entry in ready.opset_import] == [
        ("", 17), ("com.microsoft", 1),
    ]  # fmt: skip


SCRIPT = """
import hashlib
from builder.optimize import optimize
from builder.pipeline import convert
from builder.fetch import fetch
from builder.recipe import load_recipe
recipe = load_recipe("selfie-landscape")
model = optimize(convert(recipe, fetch(recipe)))
print(hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest())
"""


def test_two_processes_write_the_same_bytes():
    """The runtime keeps weights in tables whose order changes from process to process."""
    command = [sys.executable, "-c", SCRIPT]
    made = {subprocess.run(command, capture_output=True, check=True).stdout for _ in range(3)}
    assert len(made) == 1
    assert len(made.pop().strip()) == 64


def gelu():
    """What the runtime fuses to an op of its own that is not known to run in browsers."""
    constants = {"half": 0.5, "one": 1.0, "root": np.sqrt(2.0)}
    nodes = [
        helper.make_node("Conv", ["frame", "w"], ["x"]),
        helper.make_node("Div", ["x", "root"], ["d"]),
        helper.make_node("Erf", ["d"], ["e"]),
        helper.make_node("Add", ["e", "one"], ["a"]),
        helper.make_node("Mul", ["x", "a"], ["m"]),
        helper.make_node("Mul", ["m", "half"], ["g"]),
        helper.make_node("Sigmoid", ["g"], ["alpha"]),
    ]
    value = helper.make_tensor_value_info
    weights = np.full((1, 3, 1, 1), 0.3, np.float32)
    graph = helper.make_graph(
        nodes, "gelu",
        [value("frame", TensorProto.FLOAT, [1, 3, 8, 12])],
        [value("alpha", TensorProto.FLOAT, [1, 1, 8, 12])],
        [numpy_helper.from_array(weights, "w"),
         *(numpy_helper.from_array(np.float32(v), n) for n, v in constants.items())],
    )  # fmt: skip
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def test_what_browsers_may_not_have_is_refused():
    with pytest.raises(QuantizeError, match="fuses it to Gelu, which is not proved on the web"):
        optimize(gelu())


def test_a_model_that_breaks_the_contract_is_refused():
    model = matting()
    model.graph.output[0].name = "mask"
    with pytest.raises(ContractError):
        optimize(model)


def test_a_model_that_cannot_be_optimised_has_its_other_variants():
    lines = []
    made = [each.name for each in make_variants(gelu(), gelu(), frames(2), lines.append)]
    assert made == ["fp32", "fp16", "int8-weights", "fp16-compute", "int8"]
    assert any("optimized is not made: onnxruntime fuses it to Gelu" in line for line in lines)


@pytest.mark.parametrize(
    ("size", "order"),
    [
        (1_000_000 + variants.START_BYTES, ("optimized", "fp16", "fp32")),
        (1_000_001 + variants.START_BYTES, ("fp16", "optimized", "fp32")),
    ],
)
def test_it_is_taken_on_wasm_unless_it_is_much_larger(size, order):
    class Fake:
        def __init__(self, name, size):
            self.name, self.bytes, self.mean_abs_diff = name, size, 1e-5

    shipped = [Fake("fp32", 2_000_000), Fake("fp16", 1_000_000), Fake("optimized", size)]
    choice = choose_variants(shipped, {})
    assert choice.order["wasm"] == order
    assert "optimized" not in choice.order["webgpu"]
    assert "larger" in choice.reasons["optimized"]


def test_the_default_model_is_shipped_so():
    model = pipeline.build_model(load_recipe("selfie-landscape"), lambda _: None)
    assert model.preferred == "optimized"
    assert KINDS[model.preferred].is_optimized
    ready = onnx.ModelProto.FromString(model.data("optimized"))
    fp16 = onnx.ModelProto.FromString(model.data("fp16"))
    assert len(ready.graph.node) < 0.8 * len(fp16.graph.node)
