"""Small networks for the tests of rewrites, and the comparison of what they answer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import onnxruntime
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]

# A rewritten network adds the same products in another order: a few hundred float32 roundings of
# 6e-8 each, so 1e-5 of the largest value leaves headroom; a wrong weight is off by far more.
TOLERANCE = 1e-5

# The same cases in every run, few enough for the ordinary one.
property_settings = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class Net:
    """Builds a model node by node; constants are drawn from one seed."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self._shape = shape
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self.input = "x"

    def add(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        output = f"{op_type}{len(self._nodes)}"
        self._nodes.append(helper.make_node(op_type, list(inputs), [output], **attributes))
        return output

    def constant(self, array: Any, dtype: Any = np.float32) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def ints(self, *numbers: int) -> str:
        return self.constant(numbers, np.int64)

    def random(self, *shape: int) -> str:
        return self.constant(self.rng.standard_normal(shape))

    def conv(
        self, value: str, outputs: int, inputs: int, kernel: Any = 1, **attributes: Any
    ) -> str:
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        per_group = inputs // attributes.get("group", 1)
        weights = self.random(outputs, per_group, height, width)
        return self.add("Conv", value, weights, self.random(outputs), **attributes)

    def resize(self, value: str, *sizes: int, **attributes: Any) -> str:
        settings = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        return self.add("Resize", value, "", "", self.ints(*sizes), **(settings | attributes))

    def model(self, *outputs: str, opset: int = 17) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes,
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(self._shape))],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self._constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8
        )
        inferred: onnx.ModelProto = onnx.shape_inference.infer_shapes(model)
        del inferred.graph.value_info[:]
        return inferred

    def picture(self) -> Array:
        return self.rng.standard_normal(self._shape).astype(np.float32)


def ops(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def run(model: onnx.ModelProto, picture: Array) -> list[Array]:
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    answers: list[Array] = session.run(None, {"x": picture})
    return answers


def rewritten(
    apply: Callable[[onnx.ModelProto], onnx.ModelProto], net: Net, *outputs: str, opset: int = 17
) -> onnx.ModelProto:
    """Apply a rewrite and check that nothing but the speed has changed."""
    model = net.model(*outputs, opset=opset)
    bytes_before = model.SerializeToString(deterministic=True)
    after = apply(model)
    assert model.SerializeToString(deterministic=True) == bytes_before, "the model was changed"
    assert [o.name for o in after.graph.output] == [o.name for o in model.graph.output]
    assert apply(after) is after, "applies to what it made"
    picture = net.picture()
    for old, new in zip(run(model, picture), run(after, picture), strict=True):
        assert new.shape == old.shape
        largest = max(1.0, float(np.abs(old).max()))
        np.testing.assert_allclose(new, old, rtol=0, atol=TOLERANCE * largest)
    return after


def untouched(
    apply: Callable[[onnx.ModelProto], onnx.ModelProto], net: Net, *outputs: str, opset: int = 17
) -> None:
    """Check that a rewrite hands back the very model where it does not apply."""
    model = net.model(*outputs, opset=opset)
    assert apply(model) is model
